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
      if (of !== undefined) sheetOf(groups[group], of).add(of, side)
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

/** The sheet of just these conditions: versions of a policy may differ in them. */
const sheetOf = (sheets: Sheet[], values: Values): Sheet => {
  for (const sheet of sheets) if (sheet.isOf(values)) return sheet
  const sheet = new Sheet(Object.keys(values))
  sheets.push(sheet)
  return sheet
}

class Sheet {
  private readonly names: readonly string[]
  private readonly held: Record<Side, Uint32Array>
  private readonly failed: Record<Side, Uint32Array>

  constructor(names: readonly string[]) {
    this.names = names
    const counts = () => new Uint32Array(names.length)
    this.held = { before: counts(), after: counts(), both: counts() }
    this.failed = { before: counts(), after: counts(), both: counts() }
  }

  isOf(values: Values): boolean {
    return hasKeys(values, this.names)
  }

  /** Call with values of the sheet's own conditions. Most do not hold, and cost a look each. */
  add(values: Values, side: Side): void {
    const verdicts = Object.values(values)
    for (let i = 0; i < verdicts.length; i++) {
      const verdict = verdicts[i]
      if (verdict === false) continue
      const counts = verdict === true ? this.held[side] : this.failed[side]
      counts[i] = (counts[i] as number) + 1
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
