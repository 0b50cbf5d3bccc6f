import type { DecideInput } from '../types.ts'
import type { Speech } from '../voices.ts'
import { speech } from '../voices.ts'
import type { AutonomyLevel, Ceiling, Outcome } from '../words.ts'
import type { AtomTable } from './atom-table.ts'
import { ERROR, FALSE, type Formula, formulaOf, OPEN, TRUE, type Values } from './values.ts'

const OUTCOMES: readonly Outcome[] = ['approved', 'escalated', 'held', 'denied', 'blocked']
export const strictnessOf = (outcome: Outcome): number => OUTCOMES.indexOf(outcome)

/** Stricter than anything: the target's level cannot be had. */
const NEVER = 9

interface Source {
  readonly formula: Formula
  readonly holds: number
  readonly fails: number
}

/**
 * How strict a decision must at least come out, judged from atom values alone, some of which may still be open. Never
 * too strict, so nothing that could be found is passed over; what it lets through is decided in full afterwards.
 */
export class Forecast {
  readonly #guardrails: readonly Source[]
  readonly #rules: readonly Source[]
  readonly #bands: readonly (Source & { readonly level: AutonomyLevel })[]
  readonly #hit: 'strictest' | 'first' | 'unique'
  readonly #default: number
  readonly #ceiling: AutonomyLevel
  /** What was said whatever the request: an unknown variant, a voice from outside, evidence always required. */
  readonly standing: number

  constructor(table: AtomTable, input: DecideInput, standing: readonly Speech[]) {
    const { action } = table
    const source = ({ condition, tree }: AtomTable['rules'][number]): Source => ({
      formula: formulaOf(tree),
      holds: condition.holds.strictness,
      fails: condition.fails.strictness,
    })
    this.#guardrails = table.guardrails.map(source)
    this.#rules = table.rules.map(source)
    this.#bands = table.bands.map((each, i) => ({
      ...source(each),
      level: action.bands[i]?.level ?? 'AL3',
    }))
    this.#hit = action.hit
    this.#default = action.defaultSpeech.strictness
    this.#ceiling = lowest([{ source: 'policy', level: action.ceiling }, ...input.ceilings])
    const outside = (input.extraVoices ?? []).map((voice) => speech(voice))
    this.standing = Math.max(0, ...[...standing, ...outside].map(({ strictness }) => strictness))
  }

  /** Unit: place in the lattice, 0 approved to 4 blocked; more where `levelMax` cannot be met. */
  atLeast(values: Values, target: number, levelMax: AutonomyLevel | undefined): number {
    let least = this.standing
    for (const { formula, holds, fails } of this.#guardrails) {
      const value = formula(values)
      if (value === TRUE) least = Math.max(least, holds)
      else if (value === ERROR) least = Math.max(least, fails)
      if (least > target) return least
    }
    least = Math.max(least, this.#ofRules(values))
    if (least > target) return least
    return Math.max(least, this.#ofBands(values, levelMax))
  }

  #ofRules(values: Values): number {
    let least = 0
    let hits = 0
    let open = false
    let mildest = NEVER
    for (const { formula, holds, fails } of this.#rules) {
      const value = formula(values)
      if (value === FALSE) continue
      if (value === ERROR) least = Math.max(least, fails)
      else if (value === OPEN) {
        open = true
        mildest = Math.min(mildest, holds)
      } else if (this.#hit !== 'first') {
        least = Math.max(least, holds)
        hits++
      } else if (++hits === 1) mildest = Math.min(mildest, holds)
    }
    if (this.#hit === 'first')
      return Math.max(least, hits > 0 ? mildest : this.#without(open, mildest))
    if (hits > 1 && this.#hit === 'unique') least = Math.max(least, 1)
    return hits > 0 ? least : Math.max(least, this.#without(open, mildest))
  }

  #without(open: boolean, mildest: number): number {
    return open ? Math.min(mildest, this.#default) : this.#default
  }

  #ofBands(values: Values, levelMax: AutonomyLevel | undefined): number {
    let least = NEVER
    let error = false
    let settled = false
    for (const { formula, level } of this.#bands) {
      const value = formula(values)
      if (value === ERROR) error = true
      if (settled || value === FALSE || value === ERROR) continue
      least = Math.min(least, this.#ofLevel(level, levelMax))
      settled = value === TRUE
    }
    if (!settled) least = Math.min(least, 1)
    return error ? Math.max(least, 1) : least
  }

  #ofLevel(level: AutonomyLevel, levelMax: AutonomyLevel | undefined): number {
    if (level > this.#ceiling) return 1
    return levelMax !== undefined && level > levelMax ? NEVER : 0
  }
}

/** The lowest of the ceilings; levels sort as text. */
export const lowest = (ceilings: readonly Ceiling[]): AutonomyLevel =>
  ceilings.map(({ level }) => level).toSorted()[0] ?? 'AL3'
