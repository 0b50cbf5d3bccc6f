import type { JsonObject, JsonValue } from '@writ/kernel'
import type { FaultCode } from './fault-codes.ts'
import type { AutonomyLevel, Ceiling, Outcome, Verdict, Voice } from './words.ts'

/**
 * The pure result of a decision, stored for ever and compared byte for byte on replay. Every field is JSON; what is
 * absent is left out, never `undefined`.
 */
export interface Decided {
  readonly outcome: Outcome
  /** The level the system acted at; AL0 whenever it did not approve by itself. */
  readonly autonomyLevel: AutonomyLevel
  /** The lowest band that matched, or null. */
  readonly neededLevel: AutonomyLevel | null
  /** Codes of all decisive voices, sorted, unique. */
  readonly codes: readonly string[]
  readonly voices: readonly Voice[]
  readonly values: {
    readonly guardrails?: Readonly<Record<string, Verdict>>
    readonly rules: Readonly<Record<string, Verdict>>
    readonly bands: Readonly<Record<string, Verdict>>
  }
  /** The policy's own ceiling first, then those the caller handed in. */
  readonly ceilings: readonly Ceiling[]
  /** When the effect may start; null unless approved. */
  readonly effectiveAt: string | null
  /** End of the veto window; AL2 approvals only. */
  readonly vetoUntil?: string
  readonly obligations: readonly string[]
}

/** A signed statement about the subject. Its age counts from `at`, the time it was signed, not from arrival. */
export interface EvidenceInput {
  readonly at: string
  readonly values?: JsonObject
}

export interface SubjectRef {
  readonly type: string
  readonly id: string
}

export interface DecideInput {
  readonly action: string
  /** null = the parameters of the file, without an overlay. */
  readonly variant: string | null
  readonly request: JsonObject
  /** From `bindRequest` of the same policy; saves binding twice. */
  readonly bound?: BoundRequest
  readonly subject: SubjectRef
  /** RFC 3339. The only clock that conditions see. */
  readonly at: string
  readonly features: Readonly<Record<string, JsonValue>>
  readonly evidence?: Readonly<Record<string, EvidenceInput>>
  readonly ceilings: readonly Ceiling[]
  /** Voices from outside the file: subject map, advice, control state. They can only tighten. */
  readonly extraVoices?: readonly Voice[]
}

/** A request that fits the action's schema, with integers as BigInt and times as Date. Opaque outside this package. */
export interface BoundRequest {
  readonly action: string
  readonly values: object
  /** The compiled action whose typed objects the values are; another load of the same policy has its own. */
  readonly owner: object
}

/** How often a band may approve. The store counts `name` per day of `timezone`, inside the append. */
export interface Limit {
  readonly name: string
  readonly perDay: number
  readonly timezone: 'UTC'
}

/** One clause of a condition, with both sides where it is a comparison. */
export interface TraceAtom {
  readonly source: string
  readonly value: Verdict
  readonly left?: JsonValue
  readonly right?: JsonValue
}

export interface TracedCondition {
  readonly id: string
  readonly value: Verdict
  readonly atoms: readonly TraceAtom[]
  /** Why the value is 'error'; never shows input values. */
  readonly error?: string
}

export interface Trace {
  readonly guardrails: readonly TracedCondition[]
  readonly rules: readonly TracedCondition[]
  readonly bands: readonly TracedCondition[]
}

/** One bad place of a policy document. Line and column count from 1. */
export interface PolicyFault {
  readonly code: FaultCode
  readonly pointer: string
  readonly message: string
  readonly line: number
  readonly column: number
  /** Characters into the expression, from 0; only for faults of an expression. */
  readonly offset?: number
  /** What the author may have meant, where a name is close to a known one. */
  readonly suggestion?: string
}

export interface TestFailure {
  readonly name: string
  readonly expected: JsonObject
  readonly actual: JsonObject
}

export interface PolicyTestRun {
  readonly total: number
  readonly failed: readonly TestFailure[]
}

export interface PolicyReference {
  readonly name: string
  readonly version: string
  readonly variant?: string
}
