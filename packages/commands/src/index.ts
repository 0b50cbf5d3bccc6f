export { type Caller, type CommandContext, SCOPES, type Scope } from './caller.ts'
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
