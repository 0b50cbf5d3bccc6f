import { addSum, type ExactSum, noSum } from './exact-sum.ts'
import type { FirstDifference } from './first-difference.ts'
import type { ReplayPage } from './replay-page.ts'

/** How a replayed decision is classed: of fidelity, of what-if, or of both. */
export const FIDELITY_CLASSES = [
  'same',
  'different',
  'engine-changed',
  'error',
  'not-replayable',
] as const

/** Most cases a class shows in full. */
export const TOP_CASES_MAX = 20
/** Most decisions a report lists by position; how many there are is always told. */
export const CHANGES_MAX = 10_000

/** Outcome and level, before or after. */
export interface Result {
  readonly outcome: string
  readonly level: string
  readonly codes: readonly string[]
}

export interface Change {
  readonly position: number
  readonly decision: string
  readonly class: string
}

export interface TopCase extends Change {
  /** What it is sorted by: the first numeric field of the request that is not personal. */
  readonly field: string | null
  readonly amount: number | null
  readonly before: Result | null
  readonly after: Result | null
  /** Numeric fields of the request by pointer, none of them personal. */
  readonly facts: Readonly<Record<string, number>>
  readonly reason?: string
  readonly difference?: FirstDifference
}

export interface RuleCount {
  before: number
  after: number
  errorsBefore: number
  errorsAfter: number
}

export interface FieldSums {
  before: ExactSum
  after: ExactSum
  approvedBefore: number
  approvedAfter: number
}

export interface Agreement {
  agrees: number
  disagrees: number
  leftToPeople: number
}

/**
 * What a page came to, or many: everything in it may be added in any order with the same result, so that how many
 * threads judged, and which was first, leaves no mark. Plain data: it travels between threads.
 */
export interface ReplayTally {
  decisions: number
  equalUnderOtherEngine: number
  readonly classes: Map<string, number>
  /** By `class reason`. */
  readonly reasons: Map<string, number>
  /** By `outcome level outcome level`, before and after. */
  readonly matrix: Map<string, number>
  /** By `domain/action kind id`. */
  readonly rules: Map<string, RuleCount>
  /** By `domain/action pointer`. */
  readonly sums: Map<string, FieldSums>
  /** By `name@version digest` of the policy that decided. */
  readonly policies: Map<string, number>
  /** By `version source` of the engine that decided. */
  readonly engines: Map<string, number>
  readonly agreement: { readonly before: Agreement; readonly after: Agreement }
  changes: readonly Change[]
  top: ReadonlyMap<string, readonly TopCase[]>
}

const nobody = (): Agreement => ({ agrees: 0, disagrees: 0, leftToPeople: 0 })

export const emptyTally = (): ReplayTally => ({
  decisions: 0,
  equalUnderOtherEngine: 0,
  classes: new Map(),
  reasons: new Map(),
  matrix: new Map(),
  rules: new Map(),
  sums: new Map(),
  policies: new Map(),
  engines: new Map(),
  agreement: { before: nobody(), after: nobody() },
  changes: [],
  top: new Map(),
})

/** A page of which nothing was heard. */
export const failedTally = (page: ReplayPage, reason: string): ReplayTally => {
  const tally = emptyTally()
  tally.decisions = page.length
  count(tally.classes, 'error', page.length)
  count(tally.reasons, `error ${reason}`, page.length)
  tally.changes = page.map(({ position, id }) => ({ position, decision: id, class: 'error' }))
  return tally
}

export const count = (counts: Map<string, number>, name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

export const ruleCount = (rules: Map<string, RuleCount>, name: string): RuleCount => {
  let known = rules.get(name)
  if (known === undefined) {
    known = { before: 0, after: 0, errorsBefore: 0, errorsAfter: 0 }
    rules.set(name, known)
  }
  return known
}

export const fieldSums = (sums: Map<string, FieldSums>, name: string): FieldSums => {
  let known = sums.get(name)
  if (known === undefined) {
    known = { before: noSum(), after: noSum(), approvedBefore: 0, approvedAfter: 0 }
    sums.set(name, known)
  }
  return known
}

/** Adds one tally to another. The lists stay as short as a report needs them. */
export const addTally = (into: ReplayTally, from: ReplayTally): void => {
  into.decisions += from.decisions
  into.equalUnderOtherEngine += from.equalUnderOtherEngine
  for (const part of ['classes', 'reasons', 'matrix', 'policies', 'engines'] as const)
    for (const [name, n] of from[part]) count(into[part], name, n)
  for (const [name, rule] of from.rules) addNumbers(ruleCount(into.rules, name), rule)
  for (const [name, sums] of from.sums) {
    const known = fieldSums(into.sums, name)
    addSum(known.before, sums.before)
    addSum(known.after, sums.after)
    known.approvedBefore += sums.approvedBefore
    known.approvedAfter += sums.approvedAfter
  }
  for (const side of ['before', 'after'] as const)
    addNumbers(into.agreement[side], from.agreement[side])
  into.changes = [...into.changes, ...from.changes].sort(byPosition).slice(0, CHANGES_MAX)
  const top = new Map(into.top)
  for (const [name, cases] of from.top) top.set(name, topOf([...(top.get(name) ?? []), ...cases]))
  into.top = top
}

const addNumbers = <T extends RuleCount | Agreement>(into: T, from: T): void => {
  for (const name of Object.keys(into) as (keyof T)[])
    into[name] = ((into[name] as number) + (from[name] as number)) as T[keyof T]
}

const byPosition = (a: Change, b: Change): number => a.position - b.position

/** The largest first; those without an amount last; equal ones by position. */
export const topOf = (cases: readonly TopCase[]): readonly TopCase[] =>
  [...cases]
    .sort((a, b) =>
      a.amount === b.amount
        ? a.position - b.position
        : (b.amount ?? Number.NEGATIVE_INFINITY) - (a.amount ?? Number.NEGATIVE_INFINITY),
    )
    .slice(0, TOP_CASES_MAX)
