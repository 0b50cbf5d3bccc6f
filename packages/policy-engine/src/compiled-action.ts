import type { JsonObject, ProblemPlace } from '@writ/kernel'
import type { ExprProgram } from './expr.ts'
import type { Binder, CompiledExpr } from './expr-engine.ts'
import type { ActionDocument } from './policy-document.ts'
import type { Judge } from './verdict.ts'
import type { Speech } from './voices.ts'
import type { AutonomyLevel, Verdict } from './words.ts'

/** One action, compiled once at load; deciding reads it and allocates only the result. */
export interface CompiledAction {
  readonly name: string
  readonly document: ActionDocument
  readonly irreversible: boolean
  readonly personalPointers: readonly string[]
  /** Checks a request against its schema and makes what conditions read. */
  bindRequest(request: JsonObject): object | readonly ProblemPlace[]
  readonly bindSubject: Binder
  /** Parameters by variant; null = the file's own, which is also `base`. */
  readonly params: ReadonlyMap<string | null, object>
  readonly features: readonly OptionalValue[]
  readonly emptyFeatures: () => Record<string, unknown>
  readonly evidence: readonly CompiledEvidence[]
  readonly emptyEvidence: () => Record<string, unknown>
  readonly derived: readonly CompiledDerived[]
  readonly emptyDerived: () => Record<string, unknown>
  readonly guardrails: readonly CompiledCondition[]
  readonly rules: readonly CompiledCondition[]
  readonly hit: 'strictest' | 'first' | 'unique'
  readonly defaultSpeech: Speech
  readonly bands: readonly CompiledBand[]
  readonly ceiling: AutonomyLevel
  readonly blank: BlankValues
}

/** Result objects with every key in place, copied per decision: a copy keeps the shape, adding keys would not. */
export interface BlankValues {
  readonly guardrails: Readonly<Record<string, Verdict>> | null
  readonly rules: Readonly<Record<string, Verdict>>
  readonly bands: Readonly<Record<string, Verdict>>
}

export interface CompiledCondition {
  readonly id: string
  readonly judge: Judge
  readonly compiled: CompiledExpr
  /** Spoken when the condition is true. */
  readonly holds: Speech
  /** Spoken when it cannot be evaluated. */
  readonly fails: Speech
}

export interface CompiledBand extends CompiledCondition {
  readonly level: AutonomyLevel
  readonly vetoWindowMs: number | null
}

export interface CompiledDerived {
  readonly id: string
  readonly compiled: CompiledExpr
  readonly program: ExprProgram
  readonly fails: Speech
}

export interface CompiledEvidence {
  readonly id: string
  readonly maxAgeMs: number
  /** null = always required. */
  readonly requiredWhen: Judge | null
  readonly compiled: CompiledExpr | null
  readonly values: readonly OptionalValue[]
  readonly empty: () => Record<string, unknown>
  readonly missing: Speech
  readonly fails: Speech
}

/** A declared value that callers may leave out. A value of another type counts as left out: reading it is an error. */
export interface OptionalValue {
  readonly name: string
  fits(value: unknown): boolean
  readonly bind: Binder
}
