import {
  decideShadowStart,
  type ShadowRunStarted,
  type ShadowSeverity,
  shadowStream,
} from '@writ/domain'
import { type JsonObject, type JsonValue, Problem, parseTimestamp, timestampOf } from '@writ/kernel'
import { parsePolicyReference } from '@writ/policy-engine'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { policyByReference } from '../policy/read-policies.query.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import { nextRunId, shadowRuns, shadowRunView } from './shadow-history.ts'

export interface StartShadowCommand {
  /** `name@version` or `name@version.VARIANT` of a published policy. */
  readonly candidate: string
  /** RFC 3339, at most 90 days ahead. */
  readonly until: string
  /** Default `testing`. */
  readonly severity?: ShadowSeverity
  /** Default: the candidate's; named, it must be that. */
  readonly domain?: string
}

export interface ShadowReply {
  readonly run: JsonObject
  readonly replayed: boolean
}

/**
 * Lets a candidate judge what its domain decides from here on, beside the live policy and without any effect. Durable
 * on return; the first judgements follow within seconds.
 *
 * @problem shadow-refused, policy-revoked, policy-not-found, policy-reference-invalid, request-invalid
 */
export const startShadow =
  (deps: Deps) =>
  async (context: CommandContext, command: StartShadowCommand): Promise<ShadowReply | Problem> => {
    const { ledger, actor } = context.caller
    const identity = requestIdentity(deps, context, {
      route: 'POST /shadows',
      body: command as unknown as JsonValue,
    })
    const decided = await decide(deps, context, command)
    if (decided instanceof Problem) {
      const earlier = await earlierAnswer(deps, context, identity)
      if (earlier === undefined) return decided
      if (earlier instanceof Problem) return earlier
      return storedReply(deps, context, earlier[0]?.position ?? 0)
    }
    const event = newEvent(deps, context, {
      type: 'ShadowRunStarted',
      stream: shadowStream(decided.runId),
      data: decided as unknown as JsonObject,
    })
    const result = await deps.log.append(ledger, {
      caller: actor.id,
      // 0: who else starts one now has chosen the same id.
      events: [{ event, expectedRevision: 0 }],
      ...(identity === undefined ? {} : { idempotency: identity }),
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return startShadow(deps)(context, command)
    if (result.status === 'duplicate') return storedReply(deps, context, result.firstPosition)
    if (result.status !== 'appended') return refusalOf(result)
    return { run: runningView(decided), replayed: false }
  }

const decide = async (deps: Deps, { caller }: CommandContext, command: StartShadowCommand) => {
  const { ledger, actor } = caller
  const until = parseTimestamp(command.until)
  if (until === undefined) {
    const message = 'must be an RFC 3339 time with a zone'
    return new Problem('request-invalid', `until ${message}.`, {
      errors: [{ pointer: '/until', message }],
    })
  }
  const wanted = parsePolicyReference(command.candidate)
  if (wanted instanceof Problem) return wanted
  const found = await policyByReference(deps)(caller, command.candidate)
  if (found instanceof Problem) return found
  const { ledger: controls } = await deps.controls.fresh(ledger)
  const runs = await shadowRuns(deps, ledger)
  const head = await deps.reader.head(ledger)
  const { name, version, digest, domain, status } = found
  return decideShadowStart({
    runId: await nextRunId(deps, ledger, runs),
    candidate: {
      ...{ name, version, digest, domain, revoked: status === 'revoked' },
      variant: wanted.variant ?? null,
    },
    live: controls.active.get(domain),
    until: timestampOf(until),
    severity: command.severity ?? 'testing',
    by: actor.id,
    at: timestampOf(deps.clock.now()),
    head: head?.position ?? 0,
    running: runs.filter((run) => run.status === 'running'),
    ...(command.domain === undefined ? {} : { domain: command.domain }),
  })
}

/** A repeat hears what the first request was told, whatever has become of the run since. */
const storedReply = async (
  { reader }: Pick<Deps, 'reader'>,
  { caller }: CommandContext,
  position: number,
): Promise<ShadowReply> => {
  const stored = await reader.at(caller.ledger, position)
  if (stored === undefined) throw new Error(`no shadow run was started at position ${position}`)
  const data = currentEntry(stored).data as unknown as ShadowRunStarted
  return { run: runningView(data), replayed: true }
}

const runningView = (data: ShadowRunStarted): JsonObject =>
  shadowRunView({ revision: 1, status: 'running', started: data, ended: null })
