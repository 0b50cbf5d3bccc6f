import type { JsonObject } from '@writ/kernel'
import type { AutonomyLevel, Outcome } from '../words.ts'
import type { FindingCode } from './finding-codes.ts'
import type { PolicyDiff } from './policy-diff.ts'

/** What a policy must pass, in this order. */
export const CHECK_GATES = [
  'readable',
  'shape',
  'types',
  'profile',
  'cost',
  'tests',
  'engines',
  'coverage',
  'probes',
  'card',
  'diff',
] as const

export type CheckGate = (typeof CHECK_GATES)[number]
export type GateStatus = 'passed' | 'failed' | 'warned' | 'skipped'
/** An error keeps a policy from being activated, a warning asks for a look, a note is for information. */
export type Severity = 'error' | 'warning' | 'note'

/** One thing that a gate found, with its place. Line and column count from 1. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly pointer: string
  readonly line: number
  readonly column: number
  readonly message: string
  /** What the author may have meant. */
  readonly suggestion?: string
  /** The line of the source and, below it, a caret. */
  readonly excerpt?: string
  /** An input that shows it. */
  readonly example?: ProbeExample
}

export interface GateReport {
  readonly gate: CheckGate
  readonly status: GateStatus
  readonly findings: readonly Finding[]
  /** Why it was skipped, or how much it could look at. */
  readonly note?: string
}

/** An input, as a request would bring it. Only parts that conditions read are there. */
export interface ProbeExample {
  readonly action: string
  readonly variant: string | null
  readonly request: JsonObject
  readonly at?: string
  readonly subject?: JsonObject
  readonly features?: JsonObject
  readonly evidence?: JsonObject
}

export type ConditionKind = 'guardrail' | 'rule' | 'band'

/** How often a condition was true, false and in error over all probes of its action. */
export interface ConditionCount {
  readonly kind: ConditionKind
  readonly id: string
  readonly fired: number
  readonly not: number
  readonly error: number
}

export interface ActionProbes {
  readonly action: string
  /** Inputs; each is decided once for every variant. */
  readonly probes: number
  /** True where all combinations would have been too many. */
  readonly sampled: boolean
  readonly variants: readonly (string | null)[]
  /** Values tried for each input field; `clamped` of them stand at a bound of the schema instead of beyond it. */
  readonly fields: readonly {
    readonly pointer: string
    readonly values: number
    readonly clamped: number
  }[]
  readonly conditions: readonly ConditionCount[]
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  readonly levels: Readonly<Partial<Record<AutonomyLevel, number>>>
}

export interface ProbeSummary {
  readonly total: number
  readonly actions: readonly ActionProbes[]
  /** Inputs that both CEL engines decided, golden tests included. */
  readonly comparedByEngines: number
}

export interface Share {
  readonly total: number
  readonly covered: number
}

export interface CoverageSummary {
  readonly tests: { readonly total: number; readonly failed: number }
  readonly guardrails: Share
  readonly rules: Share
  readonly bands: Share
}

/** Everything that is known of a policy before it is active. Plain JSON. */
export interface PolicyCheckReport {
  /** No gate failed; warnings and notes are allowed. */
  readonly passed: boolean
  readonly policy: {
    readonly name: string
    readonly version: string
    readonly domain: string
    readonly digest: string
  } | null
  readonly gates: readonly GateReport[]
  readonly coverage: CoverageSummary | null
  readonly probes: ProbeSummary | null
  readonly diff?: PolicyDiff
}
