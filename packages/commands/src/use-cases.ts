import type { PolicyStatus, Verdict } from '@writ/domain'
import type { JsonObject, JsonValue, Problem } from '@writ/kernel'
import type { AutonomyLevel } from '@writ/policy-engine'
import type { Caller, CommandContext } from './caller.ts'
import type { DriftCommand, DriftReport } from './drift/check-drift.command.ts'
import type { ClearedAlarm } from './drift/clear-alarm.command.ts'
import type { DriftCounter } from './drift/drift-windows.ts'
import type { ShadowReply, StartShadowCommand } from './shadow/start-shadow.command.ts'

/** One event as a producer sends it; what the log adds is not here. */
export interface IncomingEvent {
  readonly type: string
  /** Version of the type's data, integer ≥ 1; default 1. */
  readonly schema?: number
  /** `category:id`; default: the subject as `type:id`, else `event:<event id>`. */
  readonly stream?: string
  readonly subject?: { readonly type: string; readonly id: string }
  readonly data: JsonObject
  /** The producer's own id: a UUIDv7 is kept, anything else is mapped (DESIGN §4.2). */
  readonly id?: string
  readonly source?: string
  readonly dataschema?: string
  readonly correlationId?: string
  readonly causationId?: string
  /** RFC 3339 with any zone; the original text is kept in `meta.time` when it is not in our form. */
  readonly occurredAt?: string
  /** Count of events the producer has seen in the stream; 0 = must not exist yet. */
  readonly expectedRevision?: number
  /** W3C trace context of this event (CloudEvents tracing extension); default: that of the request. */
  readonly traceparent?: string
}

export interface AppendedEvent {
  readonly id: string
  readonly type: string
  readonly stream: string
  readonly revision: number
  readonly position: number
  readonly hash: string
}

export interface AppendReceipt {
  readonly ledger: string
  readonly events: readonly AppendedEvent[]
  /** True when all of it had been stored before and nothing was written now. */
  readonly replayed: boolean
}

/** An entry with its hash, personal fields opened only for callers with `personal:read`. */
export type EventView = JsonObject

export interface EventPage {
  readonly events: readonly EventView[]
  /** Position to pass as `after` for the next page; absent at the end of the log. */
  readonly next?: number
  /** Head position of the ledger when the page was read. */
  readonly head: number
}

export interface ListEvents {
  readonly type?: string
  readonly stream?: string
  readonly correlationId?: string
  /** Position; events after it are returned. Default 0. */
  readonly after?: number
  /** 1..1000, default 100. */
  readonly limit?: number
}

export interface DecisionRequest {
  readonly action: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly request: JsonObject
  readonly correlationId?: string
  readonly mode?: 'live' | 'dry-run'
  /** Who wants it, as the caller says; recorded beside the actor, who is the credential's. */
  readonly onBehalfOf?: { readonly type: string; readonly id: string }
}

/** The wire form of DESIGN §7; a pure view of the entry. */
export type DecisionView = JsonObject
export interface DecisionReply {
  readonly decision: DecisionView
  readonly replayed: boolean
  /** Milliseconds of the whole command, for Server-Timing. */
  readonly totalMs: number
}

export interface OutcomeRequest {
  readonly metric?: string
  readonly values?: JsonObject
  readonly occurredAt?: string
  readonly revision?: number
  readonly retract?: boolean
}

export interface PolicySummary {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly digest: string
  readonly status: PolicyStatus
  readonly variants: readonly string[]
  readonly publishedAt: string
  readonly publishedBy: string
  readonly position: number
  /** When an approved version is to be activated. */
  readonly activateAt?: string
}

/** An active version with what its card promises. */
export interface ListedPolicy extends PolicySummary {
  readonly card?: { readonly owner: string; readonly riskTier: string; readonly nextReview: string }
  /** The day on which the card said it would be looked at again has passed. */
  readonly reviewOverdue?: boolean
}

export interface ActivationRequest {
  /** RFC 3339 time; absent: now. */
  readonly at?: string
}

export type ActivatedPolicy = PolicySummary & { readonly replayed: boolean; readonly note?: string }

export interface VoteRequest {
  readonly verdict: Verdict
  /** Of what the voter was shown. */
  readonly digest: string
  readonly reason: { readonly code: string; readonly text?: string }
}

export interface ReviewReply {
  readonly review: JsonObject
  readonly replayed: boolean
}

export interface CeilingCommand {
  readonly level: AutonomyLevel
  /** Default: the caller's ledger. */
  readonly scope?: 'tenant' | { readonly domain: string; readonly action?: string }
  readonly reason: string
}

export interface KillSwitchCommand {
  readonly state: 'off' | 'human-only' | 'halt' | 'freeze-policies' | 'stop-execution'
  /** Default: the caller's ledger. */
  readonly scope?: 'tenant' | { readonly domain: string; readonly action?: string }
  readonly reason: string
}

export interface ActionFlagCommand {
  readonly domain: string
  readonly action: string
  readonly state: 'on' | 'shadow' | 'off'
  readonly reason: string
}

/** What a control command did: `released` waits for a second person until then. */
export interface ControlReceipt {
  readonly status: 'set' | 'release-requested' | 'unchanged'
  readonly position: number
  readonly counter: number
  readonly replayed: boolean
}

export interface ReadyReport {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
}

/** Every command and query of Writ, one page each; apps call these and nothing beneath them. */
export interface UseCases {
  /** A subject given as `type:id` by the caller's own id, as the log and the read models name it. Writes nothing. */
  storedSubject(
    caller: Caller,
    subject: string,
  ): Promise<{ readonly type: string; readonly id: string }>
  appendEvents(
    context: CommandContext,
    events: readonly IncomingEvent[],
  ): Promise<AppendReceipt | Problem>
  listEvents(caller: Caller, query: ListEvents): Promise<EventPage | Problem>
  eventById(caller: Caller, id: string): Promise<EventView | Problem>
  registerEventType(
    context: CommandContext,
    command: { readonly type: string; readonly schema: number; readonly document: JsonObject },
  ): Promise<
    { readonly digest: string; readonly position: number; readonly replayed: boolean } | Problem
  >

  makeDecision(
    context: CommandContext,
    domain: string,
    request: DecisionRequest,
  ): Promise<DecisionReply | Problem>
  decisionById(caller: Caller, id: string): Promise<DecisionView | Problem>
  explainDecision(
    caller: Caller,
    id: string,
    audience?: 'subject' | 'operator' | 'auditor',
  ): Promise<JsonObject | Problem>

  recordOutcome(
    context: CommandContext,
    decisionId: string,
    outcome: OutcomeRequest,
  ): Promise<(JsonObject & { readonly replayed: boolean }) | Problem>
  outcomesOf(caller: Caller, decisionId: string): Promise<JsonObject | Problem>

  validatePolicy(caller: Caller, text: string): Promise<JsonObject | Problem>
  policyDiff(
    caller: Caller,
    versions: { readonly name: string; readonly before: string; readonly after: string },
  ): Promise<JsonObject | Problem>
  publishPolicy(context: CommandContext, text: string): Promise<ActivatedPolicy | Problem>
  listPolicies(caller: Caller): Promise<readonly ListedPolicy[]>
  policyByReference(
    caller: Caller,
    reference: string,
  ): Promise<(PolicySummary & { readonly document: JsonValue }) | Problem>
  activatePolicy(
    context: CommandContext,
    name: string,
    version: string,
    request?: ActivationRequest,
  ): Promise<ActivatedPolicy | Problem>
  /** For the due job: activates what was approved for a time that has come; null where nothing is due. */
  activateDue(
    context: CommandContext,
    name: string,
    version: string,
  ): Promise<true | null | Problem>
  revokePolicy(
    context: CommandContext,
    policy: { readonly name: string; readonly version: string; readonly reason: string },
  ): Promise<ActivatedPolicy | Problem>

  reviewById(caller: Caller, id: string): Promise<JsonObject | Problem>
  castVote(context: CommandContext, id: string, vote: VoteRequest): Promise<ReviewReply | Problem>
  withdrawReview(
    context: CommandContext,
    id: string,
    request: { readonly reason: string },
  ): Promise<ReviewReply | Problem>
  /** A candidate judges what is decided from here on, without effect (ADR-0012). */
  startShadow(context: CommandContext, command: StartShadowCommand): Promise<ShadowReply | Problem>
  stopShadow(
    context: CommandContext,
    id: string,
    request: { readonly reason: string },
  ): Promise<ShadowReply | Problem>

  /** For the due job: ends what nobody answered in time, or asks the next stage; null where nothing is due. */
  expireReview(
    context: CommandContext,
    id: string,
  ): Promise<'expired' | 'advanced' | null | Problem>

  setKillSwitch(
    context: CommandContext,
    command: KillSwitchCommand,
  ): Promise<ControlReceipt | Problem>
  setActionFlag(
    context: CommandContext,
    command: ActionFlagCommand,
  ): Promise<ControlReceipt | Problem>
  /** Lowers at once; raising takes the approval of two people, so a review is opened instead. */
  setCeiling(context: CommandContext, command: CeilingCommand): Promise<ControlReceipt | Problem>
  controls(caller: Caller): Promise<JsonObject>

  /** Compares decisions of now with those of before; writes only where `raise` says so. Who counts is the app's own. */
  checkDrift(
    context: CommandContext,
    command: DriftCommand,
    counter: DriftCounter,
  ): Promise<DriftReport | Problem>
  clearDriftAlarm(
    context: CommandContext,
    alarmId: string,
    request: { readonly reason: string },
  ): Promise<ClearedAlarm | Problem>

  ready(): Promise<ReadyReport>
}
