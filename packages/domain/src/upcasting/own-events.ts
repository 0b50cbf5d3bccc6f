/**
 * Every event that Writ itself writes, with the category of its streams. What writes events takes its types from here,
 * so a new one cannot be written without a line; a test asks each line for a stored fixture (docs/reference/events.md).
 */
export const OWN_EVENTS = {
  LedgerOpened: 'ledger',
  LedgerRestored: 'ledger',
  KillSwitchSet: 'control',
  ActionFlagSet: 'control',
  CeilingSet: 'control',
  PolicyVersionPublished: 'policy',
  PolicyVersionValidated: 'policy',
  PolicyVersionApproved: 'policy',
  PolicyVersionActivated: 'policy',
  PolicyVersionRevoked: 'policy',
  DecisionMade: 'decision',
  ShadowEvaluated: 'decision',
  OutcomeRecorded: 'outcome',
  ReviewOpened: 'review',
  VoteCast: 'review',
  ReviewAdvanced: 'review',
  ReviewGranted: 'review',
  ReviewDeclined: 'review',
  ReviewExpired: 'review',
  ReviewWithdrawn: 'review',
  ShadowRunStarted: 'shadow',
  ShadowRunEnded: 'shadow',
  EventTypeRegistered: 'event-type',
  PersonalDataOpened: 'subject',
  DriftAlarmRaised: 'drift',
  DriftAlarmCleared: 'drift',
  KeyIssued: 'key',
  KeyRevoked: 'key',
} as const

export type OwnEventType = keyof typeof OWN_EVENTS
