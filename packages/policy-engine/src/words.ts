/** AL0 a person decides … AL3 the system acts inside the widest bounds. Sorts as text. */
export type AutonomyLevel = 'AL0' | 'AL1' | 'AL2' | 'AL3'

/** What a decision answers, mild to strict: the five words of the lattice as the caller hears them. */
export type Outcome = 'approved' | 'escalated' | 'held' | 'denied' | 'blocked'

/** What one voice says. The strictest voice wins; order never matters. */
export type Word = 'approve' | 'escalate' | 'hold' | 'deny' | 'halt'

export type VoiceKind =
  | 'guardrail'
  | 'rule'
  | 'default'
  | 'band'
  | 'ceiling'
  | 'derive'
  | 'evidence'
  | 'params'
  | 'subject-map'
  | 'policy'

/** One part of the decision that spoke. `decisive` marks those that say the winning word; only they carry a message. */
export interface Voice {
  readonly kind: VoiceKind
  readonly id: string
  readonly says: Word
  readonly code: string
  readonly message?: string
  /** Escalation path, for voices that name one. */
  readonly path?: string
  readonly decisive?: true
}

/** The value of one condition. An error is never false: it is a voice for caution. */
export type Verdict = boolean | 'error'

export interface Ceiling {
  readonly source: string
  readonly level: AutonomyLevel
}
