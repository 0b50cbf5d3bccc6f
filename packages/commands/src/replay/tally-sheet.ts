import type { DecisionInputs } from '@writ/domain'
import type { Decided, LoadedPolicy } from '@writ/policy-engine'
import { addNumber } from './exact-sum.ts'
import type { FirstDifference } from './first-difference.ts'
import type { PeoplesWord, ReplayItem } from './replay-page.ts'
import {
  count,
  emptyTally,
  type FieldSums,
  fieldSums,
  type ReplayTally,
  type Result,
  type TopCase,
  topOf,
} from './replay-tally.ts'
import { covers, type NumericField, numberAt, numericFields } from './request-facts.ts'
import { RuleSheets } from './rule-sheet.ts'

/** What became of one decision that was judged again. */
export interface Judged {
  readonly class: string
  readonly reason?: string
  readonly before?: Decided
  readonly after?: Decided
  /** `version source` of the engine that decided. */
  readonly engine?: string
  readonly otherEngine?: boolean
  readonly difference?: FirstDifference
}

/** What a decision was about; absent where its entry could not be read. */
export interface About {
  readonly inputs: DecisionInputs
  /** Policies that tell which fields may be shown: a field is shown where none of them calls it personal. */
  readonly schemas: readonly LoadedPolicy[]
}

/** Tallies the decisions of one page. */
export class TallySheet {
  private readonly tallied = emptyTally()
  private readonly top = new Map<string, TopCase[]>()
  private readonly rules = new RuleSheets()
  private readonly policies = new Map<string, { readonly name: string; decisions: number }>()
  private readonly fields = new Map<object, readonly SummedField[]>()

  add(item: ReplayItem, judged: Judged, about: About | undefined): void {
    const { tallied } = this
    const { before, after } = judged
    tallied.decisions++
    count(tallied.classes, judged.class)
    if (judged.reason !== undefined) count(tallied.reasons, `${judged.class} ${judged.reason}`)
    if (judged.engine !== undefined) count(tallied.engines, judged.engine)
    if (judged.class === 'same' && judged.otherEngine === true) tallied.equalUnderOtherEngine++
    if (about !== undefined) this.countPolicy(about.inputs)
    if (about !== undefined && before !== undefined && after !== undefined) {
      this.compare(item, about, { before, after })
      if (item.people !== undefined) this.agree(item.people, before, after)
    }
    if (judged.class !== 'same') this.list(item, judged, about)
  }

  tally(): ReplayTally {
    this.rules.addTo(this.tallied.rules)
    for (const { name, decisions } of this.policies.values())
      count(this.tallied.policies, name, decisions)
    this.tallied.top = new Map([...this.top].map(([name, cases]) => [name, topOf(cases)]))
    return this.tallied
  }

  private countPolicy({ policy }: DecisionInputs): void {
    const digest = policy?.digest ?? 'none'
    const known = this.policies.get(digest)
    if (known !== undefined) known.decisions++
    else {
      const ref = policy === null ? 'none' : `${policy.name}@${policy.version}`
      this.policies.set(digest, { name: `${ref} ${digest}`, decisions: 1 })
    }
  }

  private compare(item: ReplayItem, about: About, { before, after }: Compared): void {
    count(
      this.tallied.matrix,
      `${before.outcome} ${before.autonomyLevel} ${after.outcome} ${after.autonomyLevel}`,
    )
    const { domain, action } = about.inputs
    if (before === after) this.rules.count(domain, action, { values: before.values, side: 'both' })
    else {
      this.rules.count(domain, action, { values: before.values, side: 'before' })
      this.rules.count(domain, action, { values: after.values, side: 'after' })
    }
    const approvedBefore = before.outcome === 'approved'
    const approvedAfter = after.outcome === 'approved'
    if (!approvedBefore && !approvedAfter) return
    for (const { field, sums } of this.fieldsOf(about)) {
      const value = shownNumber(item, about.inputs, field)
      if (value === undefined) continue
      if (approvedBefore) {
        addNumber(sums.before, value)
        sums.approvedBefore++
      }
      if (approvedAfter) {
        addNumber(sums.after, value)
        sums.approvedAfter++
      }
    }
  }

  /** Numeric fields that every policy at hand lets be shown; none where no policy is. */
  private fieldsOf({ inputs, schemas }: About): readonly SummedField[] {
    const [first, ...others] = schemas
    const compiled = first?.actions.get(inputs.action)
    if (first === undefined || compiled === undefined) return []
    // The others are the candidate, the same for the whole page.
    let fields = this.fields.get(compiled)
    if (fields === undefined) {
      const { domain, action } = inputs
      fields = numericFields(first, action)
        .filter(({ pointer }) => !others.some((policy) => isPersonal(policy, action, pointer)))
        .map((field) => ({
          field,
          sums: fieldSums(this.tallied.sums, `${domain}/${action} ${field.pointer}`),
        }))
      this.fields.set(compiled, fields)
    }
    return fields
  }

  private agree(people: PeoplesWord, before: Decided, after: Decided): void {
    const { agreement } = this.tallied
    for (const [side, { outcome }] of [
      ['before', before],
      ['after', after],
    ] as const) {
      const word = WORDS[outcome]
      if (word === undefined) agreement[side].leftToPeople++
      else if (word === people) agreement[side].agrees++
      else agreement[side].disagrees++
    }
  }

  private list(item: ReplayItem, judged: Judged, about: About | undefined): void {
    const change = { position: item.position, decision: item.id, class: judged.class }
    this.tallied.changes = [...this.tallied.changes, change]
    const fields = about === undefined ? [] : this.fieldsOf(about)
    const facts = fields.flatMap(({ field }) => {
      const value = about && shownNumber(item, about.inputs, field)
      return value === undefined ? [] : [{ pointer: field.pointer, value }]
    })
    const [first] = facts
    const shown: TopCase = {
      ...change,
      field: first?.pointer ?? null,
      amount: first?.value ?? null,
      before: resultOf(judged.before),
      after: resultOf(judged.after),
      facts: Object.fromEntries(facts.map(({ pointer, value }) => [pointer, value])),
      ...(judged.reason === undefined ? {} : { reason: judged.reason }),
      ...(judged.difference === undefined ? {} : { difference: judged.difference }),
    }
    const cases = this.top.get(judged.class)
    if (cases === undefined) this.top.set(judged.class, [shown])
    else cases.push(shown)
  }
}

interface SummedField {
  readonly field: NumericField
  readonly sums: FieldSums
}

interface Compared {
  readonly before: Decided
  readonly after: Decided
}

/** What an outcome says of the case itself; whoever escalates or holds leaves it to people. */
const WORDS: Readonly<Partial<Record<Decided['outcome'], PeoplesWord>>> = {
  approved: 'approved',
  denied: 'denied',
  blocked: 'denied',
}

const resultOf = (decided: Decided | undefined): Result | null =>
  decided === undefined
    ? null
    : { outcome: decided.outcome, level: decided.autonomyLevel, codes: decided.codes }

/** A number of the request; undefined where there is none, or where it lay sealed, whatever a schema says today. */
const shownNumber = (
  { sealed }: ReplayItem,
  { request }: DecisionInputs,
  field: NumericField,
): number | undefined =>
  sealed?.some((outer) => covers(outer, `/inputs/request${field.pointer}`)) === true
    ? undefined
    : numberAt(request, field)

const isPersonal = (policy: LoadedPolicy, action: string, pointer: string): boolean =>
  (policy.actions.get(action)?.personalPointers ?? []).some((outer) => covers(outer, pointer))
