export { type Caller, type CommandContext, SCOPES, type Scope } from './caller.ts'
export { addKeyPartitions, composeDeps, type OwnParts } from './compose-deps.ts'
export { createUseCases } from './create-use-cases.ts'
export type { Deps } from './deps.ts'
export { EVENTS_LIMIT_MAX } from './event/read-events.query.ts'
export { openLedger } from './open-ledger.ts'
export { ControlReader } from './shared/control-reader.ts'
export { EventTypes } from './shared/event-types.ts'
export { PolicyStore } from './shared/policy-store.ts'
export type {
  ActionFlagCommand,
  AppendedEvent,
  AppendReceipt,
  ControlReceipt,
  DecisionReply,
  DecisionRequest,
  DecisionView,
  EventPage,
  EventView,
  IncomingEvent,
  KillSwitchCommand,
  ListEvents,
  OutcomeRequest,
  PolicySummary,
  ReadyReport,
  UseCases,
} from './use-cases.ts'
