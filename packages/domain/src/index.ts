export {
  type ActionFlagSet,
  type CeilingSet,
  type CeilingSource,
  type ControlEvent,
  type ControlScope,
  ceilingStream,
  type FlagState,
  flagStream,
  KILL_SWITCH_STREAM,
  type KillSwitchSet,
  type KillSwitchState,
  type PolicyVersionActivated,
  type PolicyVersionRevoked,
} from './control/control.events.ts'
export {
  type ActivePolicy,
  type ControlState,
  ceilingOf,
  ceilingsFor,
  flagOf,
  killSwitchFor,
  NO_CONTROLS,
  policiesFrozen,
  scopeKey,
  withControl,
} from './control/control.state.ts'
export { decideInputOf, judge, killSwitchCaps, limitCap } from './decision/decision.decider.ts'
export {
  type Assignment,
  type DecisionInputs,
  type DecisionMade,
  decisionStream,
  type EngineIdentity,
  type PinnedPolicy,
} from './decision/decision.events.ts'
export {
  alarmNotFound,
  type DriftReaction,
  decideAlarm,
  decideClearing,
} from './drift/drift.decider.ts'
export {
  type AlarmMeasure,
  type DriftAlarmCleared,
  type DriftAlarmRaised,
  type DriftEvent,
  type DriftSpan,
  driftStream,
} from './drift/drift.events.ts'
export { type DriftState, NO_DRIFT, withDriftEvent } from './drift/drift.state.ts'
export {
  decideOutcome,
  effectiveOutcome,
  type OutcomeVersion,
  type RecordOutcome,
} from './outcome/outcome.decider.ts'
export { DEFAULT_METRIC, type OutcomeRecorded, outcomeStream } from './outcome/outcome.events.ts'
export {
  type Activate,
  decideActivation,
  decideDueActivation,
  decidePublication,
  decideRevocation,
  LOOSENING_QUORUM,
} from './policy-version/policy-version.decider.ts'
export {
  type PolicyVersionApproved,
  type PolicyVersionPublished,
  type PolicyVersionValidated,
  policyStream,
} from './policy-version/policy-version.events.ts'
export {
  NO_VERSIONS,
  type PolicyHistory,
  type PolicyStatus,
  type PolicyStreamEvent,
  type PublishedVersion,
  publishedVersion,
  statusOf,
  withPolicyEvent,
} from './policy-version/policy-version.state.ts'
export {
  type CastVote,
  decideTimeout,
  decideVote,
  decideWithdrawal,
  openReview,
} from './review/review.decider.ts'
export {
  type ReviewAdvanced,
  type ReviewEvent,
  type ReviewKind,
  type ReviewOpened,
  type ReviewStage,
  type ReviewWithdrawn,
  reviewStream,
  type Verdict,
  type VoteCast,
} from './review/review.events.ts'
export {
  type ReviewState,
  type ReviewStatus,
  stageOf,
  withReviewEvent,
} from './review/review.state.ts'
export {
  decideShadowEnd,
  decideShadowStart,
  dueShadowEnd,
  SHADOW_MS_MAX,
  SHADOW_RUNS_MAX,
  type StartShadow,
} from './shadow/shadow.decider.ts'
export {
  type ShadowEnd,
  type ShadowError,
  type ShadowEvaluated,
  type ShadowRunEnded,
  type ShadowRunEvent,
  type ShadowRunStarted,
  type ShadowSeverity,
  shadowStream,
} from './shadow/shadow.events.ts'
export { type ShadowRunState, withShadowEvent } from './shadow/shadow.state.ts'
export { OWN_EVENTS, type OwnEventType } from './upcasting/own-events.ts'
export { newestSchema, upcast } from './upcasting/upcasters.ts'
export {
  SchemaFromTheFuture,
  type Upcaster,
  type Upcasting,
  upcasting,
  type Versioned,
} from './upcasting/upcasting.ts'
