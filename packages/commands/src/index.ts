export { type Caller, type CommandContext, SCOPES, type Scope } from './caller.ts'
export { addKeyPartitions, composeDeps, type OwnParts } from './compose-deps.ts'
export { createUseCases } from './create-use-cases.ts'
export type { Deps } from './deps.ts'
export type { DriftCommand, DriftReport } from './drift/check-drift.command.ts'
export type { DriftCounter, WindowsAsked } from './drift/drift-windows.ts'
export { EVENTS_LIMIT_MAX } from './event/read-events.query.ts'
export { openLedger } from './open-ledger.ts'
export {
  directPolicyChecks,
  type PolicyChecks,
  PolicyCheckTooLong,
} from './policy/policy-checks.ts'
export { PageJudge } from './replay/page-judge.ts'
export { judgesHere } from './replay/page-judges.ts'
export {
  type ReplayCommand,
  type ReplayRun,
  replayDecisions,
} from './replay/replay-decisions.query.ts'
export type { PageJudges, PolicyText, ReplayJob, ReplayPage } from './replay/replay-page.ts'
export { digestOfReport, type ReplayReport } from './replay/replay-report.ts'
export type { Bound, Selection } from './replay/replay-selection.ts'
export { failedTally, type ReplayTally } from './replay/replay-tally.ts'
export { replayHtml } from './replay/report-html.ts'
export { replayMarkdown } from './replay/report-markdown.ts'
export { endShadow } from './shadow/end-shadow.command.ts'
export { followShadow, SHADOW_PAGE, shadowJob } from './shadow/follow-shadow.command.ts'
export { shadowRun } from './shadow/shadow-history.ts'
export {
  failure,
  type Judgement,
  type ShadowJob,
  ShadowJudge,
  type ShadowJudges,
  shadowJudgesHere,
} from './shadow/shadow-judge.ts'
export { type ShadowShare, shadowShares } from './shadow/shadow-report.ts'
export type { ShadowReply, StartShadowCommand } from './shadow/start-shadow.command.ts'
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
