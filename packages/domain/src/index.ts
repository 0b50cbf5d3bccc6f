export {
  type ActionFlagSet,
  type ControlEvent,
  type ControlScope,
  type FlagState,
  flagStream,
  KILL_SWITCH_STREAM,
  type KillSwitchSet,
  type KillSwitchState,
  type PolicyVersionActivated,
} from './control/control.events.ts'
export {
  type ActivePolicy,
  type ControlState,
  flagOf,
  killSwitchFor,
  NO_CONTROLS,
  policiesFrozen,
  scopeKey,
  withControl,
} from './control/control.state.ts'
export { judge, killSwitchCaps, limitCap } from './decision/decision.decider.ts'
export {
  type Assignment,
  type DecisionInputs,
  type DecisionMade,
  decisionStream,
  type EngineIdentity,
  type PinnedPolicy,
} from './decision/decision.events.ts'
export {
  decideOutcome,
  effectiveOutcome,
  type OutcomeVersion,
  type RecordOutcome,
} from './outcome/outcome.decider.ts'
export { DEFAULT_METRIC, type OutcomeRecorded, outcomeStream } from './outcome/outcome.events.ts'
export { decideActivation, decidePublication } from './policy-version/policy-version.decider.ts'
export {
  type PolicyVersionPublished,
  policyStream,
} from './policy-version/policy-version.events.ts'
export {
  NO_VERSIONS,
  type PolicyHistory,
  type PolicyStreamEvent,
  type PublishedVersion,
  withPolicyEvent,
} from './policy-version/policy-version.state.ts'
export { OWN_EVENTS, type OwnEventType } from './upcasting/own-events.ts'
export { newestSchema, upcast } from './upcasting/upcasters.ts'
export {
  SchemaFromTheFuture,
  type Upcaster,
  type Upcasting,
  upcasting,
  type Versioned,
} from './upcasting/upcasting.ts'
