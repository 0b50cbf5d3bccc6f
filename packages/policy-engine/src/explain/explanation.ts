import type { JsonObject, JsonValue } from '@writ/kernel'
import type { AutonomyLevel, Ceiling, Outcome, Verdict, Voice, VoiceKind } from '../words.ts'

/** Who reads an explanation: the person it is about, who runs the system, or who examines it. */
export const AUDIENCES = ['subject', 'operator', 'auditor'] as const
export type Audience = (typeof AUDIENCES)[number]

/**
 * One field of the request changed. `<=` and `>=` say that a step further the same way keeps the promise, `==` that it
 * was not seen to; `absent` that the field is left out. A value that is absent is left out here too.
 */
export interface Change {
  /** JSON Pointer into the request. */
  readonly field: string
  readonly from?: JsonValue
  readonly to?: JsonValue
  readonly relation: '<=' | '>=' | '==' | 'absent'
}

/** A changed request that was decided again, whole, and came out as it says. */
export interface Counterfactual {
  readonly target: Outcome
  /** The level the system would act at; AL0 unless approved. */
  readonly level: AutonomyLevel
  readonly changes: readonly Change[]
  readonly verified: true
}

export interface CounterfactualTarget {
  readonly outcome: Outcome
  /** Approved, and needing no more than this level. */
  readonly levelMax?: AutonomyLevel
}

/** What the search for counterfactuals came to. */
export interface Search {
  /** Whole decisions that were re-run. */
  readonly tried: number
  /** True when a bound ended the search, so that there may be more to find. */
  readonly exhausted: boolean
  /** Found, but not shown to this audience. */
  readonly withheld: number
}

/** One clause with both sides, and which fields of the request it reads. */
export interface ExplainedAtom {
  readonly source: string
  readonly value: Verdict
  readonly left?: JsonValue
  readonly right?: JsonValue
  /** JSON Pointers into the request. */
  readonly fields: readonly string[]
  /** Whether a field that the asker may change has a part in it. */
  readonly actionable: boolean
}

/** A condition, clause by clause; of a sensitive one some audiences get only id, value and fields. */
export interface ExplainedCondition {
  readonly id: string
  readonly value: Verdict
  readonly fields: readonly string[]
  readonly sensitive?: true
  readonly when?: string
  readonly atoms?: readonly ExplainedAtom[]
  /** Why the value is 'error'; never shows input values. */
  readonly error?: string
}

export interface ExplainedTrace {
  readonly guardrails: readonly ExplainedCondition[]
  readonly rules: readonly ExplainedCondition[]
  readonly bands: readonly ExplainedCondition[]
}

export interface ExplainedCeiling extends Ceiling {
  /** The lowest: the one that bounds. */
  readonly binding: boolean
}

export interface ExplainedPolicy {
  readonly name: string
  readonly version: string
  readonly variant: string | null
  readonly ref: string
  readonly digest: string
  /** In force, the variant's overlay included. */
  readonly params: JsonObject
  /** What the variant changed, with the file's own value. */
  readonly overlay: Readonly<
    Record<string, { readonly base: JsonValue; readonly value: JsonValue }>
  >
}

/** What stands between a condition and the value that the target needs. */
export interface Obstacle {
  readonly kind: VoiceKind
  readonly id: string
  readonly code: string
  readonly message: string
  readonly sensitive?: true
  readonly fields: readonly string[]
  /** The fewest clauses that would have to turn. */
  readonly atoms?: readonly ExplainedAtom[]
}

/** A rule or band that would have led to the target, with the clauses that failed. */
export interface NearMiss {
  readonly id: string
  readonly sensitive?: true
  readonly fields: readonly string[]
  readonly atoms?: readonly ExplainedAtom[]
}

/** Something that no change of the request would move. */
export interface Beyond {
  readonly kind: 'ceiling' | 'evidence' | 'feature' | 'voice' | 'variant' | 'field' | 'policy'
  readonly id: string
  readonly message: string
}

export interface WhyNot {
  readonly target: Outcome
  readonly levelMax?: AutonomyLevel
  readonly against: readonly Obstacle[]
  /** Rules that say what the target needs, the nearest first. */
  readonly rules: readonly NearMiss[]
  /** Bands that could carry an approval, the lowest first. */
  readonly bands: readonly NearMiss[]
  readonly beyond: readonly Beyond[]
}

export interface ExplainedError {
  readonly kind: 'guardrail' | 'rule' | 'band'
  readonly id: string
  readonly reason: string
}

/** Everything that can be said about one decision, for one audience. */
export interface DecidedExplanation {
  readonly audience: Audience
  readonly outcome: Outcome
  readonly autonomyLevel: AutonomyLevel
  readonly neededLevel: AutonomyLevel | null
  readonly codes: readonly string[]
  readonly ceilings: readonly ExplainedCeiling[]
  readonly policy: ExplainedPolicy | null
  readonly voices: readonly Voice[]
  readonly trace: ExplainedTrace
  readonly errors: readonly ExplainedError[]
  /** Where no rule matched: the one with the fewest failing clauses. */
  readonly nearestRule: NearMiss | null
  readonly whyNot: WhyNot | null
  readonly counterfactuals: readonly Counterfactual[]
  readonly search: Search
}
