import type { JsonObject } from '@writ/kernel'

/** What people are asked about. `decision`: may this be done after all; the others: may this rule of ours change. */
export type ReviewKind = 'decision' | 'policy' | 'ceiling'

/** People who are asked together. A review is granted by its last stage, never by an earlier one alone. */
export interface ReviewStage {
  /** Any one of them lets a person vote. */
  readonly roles: readonly string[]
  /** Different people who must approve, from 1. */
  readonly quorum: number
  /** How long they have, counted from when they are asked. Unit: ms. */
  readonly withinMs: number
}

export interface ReviewOpened {
  readonly kind: ReviewKind
  /** `sha256:<hex>` of what is voted on. A vote names it, so that nobody approves what they have not seen. */
  readonly digest: string
  /** What is voted on; the digest is taken over it. */
  readonly about: JsonObject
  readonly domain: string
  readonly action: string | null
  readonly subject: { readonly type: string; readonly id: string } | null
  readonly decisionId: string | null
  /** Escalation path of the policy; null where the policy names none. */
  readonly path: string | null
  readonly stages: readonly ReviewStage[]
  /** Actors who may not vote, whatever roles they have. */
  readonly exclude: readonly string[]
  readonly requestedBy: string
  /** What silence means: the end, or that the next stage is asked. Never a grant. */
  readonly onTimeout: 'deny' | 'next'
  /** When the first stage's time is up. */
  readonly due: string
}

export type Verdict = 'approve' | 'decline'

export interface VoteCast {
  readonly by: string
  readonly verdict: Verdict
  /** Counts in statistics of overrides; the text explains it to people, and is sealed where a person is concerned. */
  readonly reason: { readonly code: string; readonly text?: string }
  readonly digest: string
  /** Index of the stage that was asked, from 0. */
  readonly stage: number
}

/** The next stage is asked: the one before has granted, or its time was up and the policy passes the matter on. */
export interface ReviewAdvanced {
  readonly stage: number
  readonly due: string
  readonly because: 'quorum' | 'timeout'
}

export interface ReviewGranted {
  readonly digest: string
  /** Who approved in the last stage. */
  readonly by: readonly string[]
}

export interface ReviewDeclined {
  readonly digest: string
  readonly by: string
}

export interface ReviewExpired {
  readonly digest: string
  readonly stage: number
}

export interface ReviewWithdrawn {
  readonly digest: string
  readonly by: string
  /** Sealed, and so not here, where a person is concerned. */
  readonly reason?: string
}

export type ReviewEvent =
  | { readonly type: 'ReviewOpened'; readonly data: ReviewOpened }
  | { readonly type: 'VoteCast'; readonly data: VoteCast }
  | { readonly type: 'ReviewAdvanced'; readonly data: ReviewAdvanced }
  | { readonly type: 'ReviewGranted'; readonly data: ReviewGranted }
  | { readonly type: 'ReviewDeclined'; readonly data: ReviewDeclined }
  | { readonly type: 'ReviewExpired'; readonly data: ReviewExpired }
  | { readonly type: 'ReviewWithdrawn'; readonly data: ReviewWithdrawn }

export const reviewStream = (id: string): string => `review:${id}`
