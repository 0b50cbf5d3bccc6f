export { CloudEvent, CloudEventBatch } from './cloud-events.ts'
export {
  ACTION_FLAG_STATES,
  ActionFlagPath,
  ActionFlagRequest,
  CONTROL_STATUSES,
  ControlReceipt,
  Controls,
  KILL_SWITCH_STATES,
  KillSwitchRequest,
} from './controls.ts'
export {
  AUTONOMY_LEVELS,
  DECISION_MODES,
  DECISION_OUTCOMES,
  Decision,
  DecisionExplanation,
  DecisionPath,
  DecisionRequest,
  DomainPath,
} from './decisions.ts'
export { EventTypeDocument, EventTypePath, EventTypeReceipt } from './event-types.ts'
export {
  AppendedEvent,
  AppendedMany,
  AppendedOne,
  EventEntry,
  EventList,
  EventPath,
  EventQuery,
  FeedQuery,
  PlainEvent,
  PlainEvents,
} from './events.ts'
export { Health, Ready } from './health.ts'
export {
  BODY_BYTES_MAX,
  EVENT_ID_CHARS_MAX,
  EVENT_TYPE_CHARS_MAX,
  EVENTS_PER_REQUEST_MAX,
  EXTERNAL_ID_CHARS_MAX,
  HEADER_BYTES_MAX,
  IDEMPOTENCY_KEY_CHARS_MAX,
  METRIC_CHARS_MAX,
  NAME_CHARS_MAX,
  PAGE_SIZE_DEFAULT,
  PAGE_SIZE_MAX,
  PATH_SEGMENT_CHARS_MAX,
  POLICY_NAME_CHARS_MAX,
  POLICY_VERSION_CHARS_MAX,
  PROBLEM_PLACES_MAX,
  READ_PAGE_DEFAULT,
  READ_PAGE_MAX,
  REASON_CHARS_MAX,
  SCHEMA_VERSION_MAX,
  TIME_CHARS_MAX,
  URI_CHARS_MAX,
} from './limits.ts'
export { OutcomePath, OutcomeReceipt, OutcomeRequest, Outcomes } from './outcomes.ts'
export {
  PolicyActivation,
  PolicyDetail,
  PolicyDocument,
  PolicyJson,
  PolicyList,
  PolicyPath,
  PolicyReport,
  PolicySource,
  PolicySummary,
  PolicyYaml,
} from './policies.ts'
export { PROBLEM_MEDIA_TYPE, ProblemPlace, ProblemReply, problemType } from './problem.ts'
export {
  ActivationPath,
  ActivationQuery,
  Activations,
  Autonomy,
  AutonomyQuery,
  ControlHistory,
  ControlHistoryQuery,
  DecisionList,
  DecisionQuery,
  EntityPath,
  Features,
  FeaturesQuery,
  OutcomeClocks,
  OutcomeHistory,
  ReviewQuery,
  Reviews,
  VariantPath,
  VariantQuery,
  VariantStatistics,
} from './read-models.ts'
export { STREAM_PATTERN } from './scalars.ts'
