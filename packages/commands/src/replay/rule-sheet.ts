import type { Decided, Verdict } from '@writ/policy-engine'
import { hasKeys } from './decided-text.ts'
import { type RuleCount, ruleCount } from './replay-tally.ts'

type Values = Readonly<Record<string, Verdict>>

const GROUPS = ['guardrails', 'rules', 'bands'] as const
type Group = (typeof GROUPS)[number]
const KINDS: Readonly<Record<Group, string>> = {
  guardrails: 'guardrail',
  rules: 'rule',
  bands: 'band',
}

/** Sides of a comparison; where the result is the same one, both are counted at once. */
export type Side = 'before' | 'after' | 'both'

/**
 * Counts how often each condition held. A policy of a hundred rules is a hundred counts a decision, so they are kept in
 * arrays beside the names, not in a map by name, and are put under their names once a page.
 */
export class RuleSheets {
  /** By domain, action and group, one look-up each: names put together for each decision cost more than the count. */
  private readonly sheets = new Map<string, Map<string, Record<Group, Sheet[]>>>()

  count(
    domain: string,
    action: string,
    { values, side }: { readonly values: Decided['values']; readonly side: Side },
  ): void {
    const groups = this.groupsOf(domain, action)
    for (const group of GROUPS) {
      const of = values[group]
      if (of !== undefined) sheetOf(groups[group], of).add(side)
    }
  }

  /** Adds what was counted, under `domain/action kind id`. A condition that never held is told too. */
  addTo(rules: Map<string, RuleCount>): void {
    for (const [domain, actions] of this.sheets)
      for (const [action, groups] of actions)
        for (const group of GROUPS)
          for (const sheet of groups[group])
            sheet.addTo(rules, `${domain}/${action} ${KINDS[group]}`)
  }

  private groupsOf(domain: string, action: string): Record<Group, Sheet[]> {
    let actions = this.sheets.get(domain)
    if (actions === undefined) {
      actions = new Map()
      this.sheets.set(domain, actions)
    }
    let groups = actions.get(action)
    if (groups === undefined) {
      groups = { guardrails: [], rules: [], bands: [] }
      actions.set(action, groups)
    }
    return groups
  }
}

/** The sheet of just these conditions, holding their values: versions of a policy may differ in them. */
const sheetOf = (sheets: Sheet[], values: Values): Sheet => {
  for (const sheet of sheets) if (sheet.take(values)) return sheet
  const sheet = new Sheet(Object.keys(values))
  sheet.take(values)
  sheets.push(sheet)
  return sheet
}

const TRUE = 1
const ERROR = 2

class Sheet {
  private readonly names: readonly string[]
  /** Verdicts of the decision at hand. */
  private readonly taken: Uint8Array
  private readonly held: Record<Side, Uint32Array>
  private readonly failed: Record<Side, Uint32Array>

  constructor(names: readonly string[]) {
    this.names = names
    this.taken = new Uint8Array(names.length)
    const counts = () => new Uint32Array(names.length)
    this.held = { before: counts(), after: counts(), both: counts() }
    this.failed = { before: counts(), after: counts(), both: counts() }
  }

  /** False where these are values of other conditions. */
  take(values: Values): boolean {
    const { names, taken } = this
    if (!hasKeys(values, names)) return false
    const verdicts = Object.values(values)
    for (let i = 0; i < verdicts.length; i++) {
      const verdict = verdicts[i]
      taken[i] = verdict === false ? 0 : verdict === true ? TRUE : ERROR
    }
    return true
  }

  add(side: Side): void {
    const { taken } = this
    const held = this.held[side]
    const failed = this.failed[side]
    for (let i = 0; i < taken.length; i++) {
      if (taken[i] === TRUE) held[i] = (held[i] as number) + 1
      else if (taken[i] === ERROR) failed[i] = (failed[i] as number) + 1
    }
  }

  addTo(rules: Map<string, RuleCount>, kind: string): void {
    const of = (counts: Record<Side, Uint32Array>, side: Side, i: number): number =>
      (counts[side][i] as number) + (counts.both[i] as number)
    this.names.forEach((name, i) => {
      const known = ruleCount(rules, `${kind} ${name}`)
      known.before += of(this.held, 'before', i)
      known.after += of(this.held, 'after', i)
      known.errorsBefore += of(this.failed, 'before', i)
      known.errorsAfter += of(this.failed, 'after', i)
    })
  }
}
