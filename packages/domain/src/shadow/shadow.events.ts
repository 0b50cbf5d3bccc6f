import type { AutonomyLevel, ChangeClass, Outcome } from '@writ/policy-engine'
import type { PinnedPolicy } from '../decision/decision.events.ts'

/** What a run is for. `testing`: somebody tries a draft; `audit`: the differences are evidence that people look at. */
export type ShadowSeverity = 'testing' | 'audit'

/** A candidate begins to judge what the live policy decides. It never acts (ADR-0012). */
export interface ShadowRunStarted {
  readonly runId: string
  readonly domain: string
  /** Variant null: the recorded one of each decision where the candidate has it, else its control. */
  readonly candidate: PinnedPolicy & { readonly variant: string | null }
  /** What decides the domain; the run is about decisions of this version alone. */
  readonly live: PinnedPolicy
  /** Head of the ledger at the start: decisions behind it are judged. */
  readonly from: number
  /** Decisions made before this time are judged. */
  readonly until: string
  readonly severity: ShadowSeverity
  readonly startedBy: string
}

/** Why a run ended: its time was up, the live version changed, or a person said so. */
export type ShadowEnd = 'date' | 'stale' | 'stopped'

export interface ShadowRunEnded {
  readonly runId: string
  readonly because: ShadowEnd
  /** Head of the ledger when it ended. */
  readonly at: number
  /** What decided the domain then; null: nothing. */
  readonly liveDigest: string | null
  /** Of a person who stopped it; else null. */
  readonly reason: string | null
}

/** Why a candidate came to no verdict, or to one that an error had a part in. */
export interface ShadowError {
  readonly kind: 'not-replayable' | 'timeout' | 'defect'
  /** kebab-case; never a value, and no name of a field. */
  readonly code: string
}

/** What a candidate says of one decision. Nothing in it is personal: codes, ids, levels. */
export interface ShadowEvaluated {
  readonly runId: string
  readonly decisionId: string
  /** Of the decision. */
  readonly position: number
  /** When this was judged, every decision of the run up to this position had been: where a new process goes on. */
  readonly after: number
  readonly candidate: { readonly digest: string; readonly variant: string | null }
  /** A verdict, and never more than that: it is kept apart from what was done. */
  readonly enforced: false
  readonly severity: ShadowSeverity
  readonly class: ChangeClass
  /** What was decided, beside the verdict. */
  readonly live: { readonly outcome: Outcome; readonly autonomyLevel: AutonomyLevel }
  readonly verdict: {
    readonly outcome: Outcome
    readonly autonomyLevel: AutonomyLevel
    readonly neededLevel: AutonomyLevel | null
    readonly codes: readonly string[]
  } | null
  readonly error: ShadowError | null
  /** Conditions whose values differ, as `kind id`. */
  readonly changed: readonly string[]
}

export type ShadowRunEvent =
  | { readonly type: 'ShadowRunStarted'; readonly data: ShadowRunStarted }
  | { readonly type: 'ShadowRunEnded'; readonly data: ShadowRunEnded }

export const shadowStream = (runId: string): string => `shadow:${runId}`
