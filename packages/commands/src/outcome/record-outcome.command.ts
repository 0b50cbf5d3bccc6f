import {
  DEFAULT_METRIC,
  decideOutcome,
  effectiveOutcome,
  type OutcomeRecorded,
  type OutcomeVersion,
  outcomeStream,
} from '@writ/domain'
import type { StoredEntry } from '@writ/event-log'
import { type JsonObject, type JsonValue, Problem, parseTimestamp, timestampOf } from '@writ/kernel'
import type { Caller, CommandContext } from '../caller.ts'
import { decisionEntry } from '../decision/read-decision.query.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { OutcomeRequest } from '../use-cases.ts'

/** How far an outcome's time may lie ahead of our clock: clocks differ, outcomes of the future do not exist. */
export const OUTCOME_AHEAD_MS_MAX = 5 * 60_000
/** Tries when two outcomes of one decision arrive at once; the loser reads the winner's and decides again. */
const TRIES_MAX = 5

/** One version on the wire; `replayed` when it was known before and nothing was written. */
export type RecordedOutcome = JsonObject & { readonly replayed: boolean }

/** Records what came of a decision. History is kept; the same content again adds nothing. Durable on return. */
export const recordOutcome =
  (deps: Deps) =>
  async (
    context: CommandContext,
    decisionId: string,
    outcome: OutcomeRequest,
  ): Promise<RecordedOutcome | Problem> => {
    const { caller } = context
    const identity = requestIdentity(deps, context, {
      route: `POST /outcomes/${decisionId}`,
      body: outcome as unknown as JsonValue,
    })

    // 1. Asked before? An outcome moves slowly enough to afford the look-up.
    const earlier = await earlierAnswer(deps, context, identity)
    if (earlier instanceof Problem) return earlier
    if (earlier !== undefined)
      return { ...viewOf(versionOf(earlier[0] as StoredEntry)), replayed: true }

    // 2. Of which decision, and when did it happen?
    if ((await decisionEntry(deps, caller, decisionId)) === undefined) {
      return new Problem(
        'decision-not-found',
        'There is no decision with this id in the ledger of this credential.',
      )
    }
    const occurredAt = occurrence(deps, outcome)
    if (occurredAt instanceof Problem) return occurredAt

    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      // 3. Decide against the history, from its stream.
      const history = await historyOf(deps, caller, decisionId)
      const decided = decideOutcome(history, {
        decisionId,
        metric: outcome.metric ?? DEFAULT_METRIC,
        values: outcome.values ?? {},
        occurredAt,
        timeNamed: outcome.occurredAt !== undefined,
        retract: outcome.retract === true,
        ...(outcome.revision === undefined ? {} : { revision: outcome.revision }),
      })
      if (decided instanceof Problem) return decided
      if ('known' in decided) return { ...viewOf(decided.known), replayed: true }

      // 4. Record. Somebody else's outcome in between is a conflict: read it, decide again.
      const event = newEvent(deps, context, {
        type: 'OutcomeRecorded',
        stream: outcomeStream(decisionId),
        data: decided as unknown as JsonObject,
        occurredAt,
        causationId: decisionId,
      })
      const result = await deps.log.append(caller.ledger, {
        caller: caller.actor.id,
        events: [{ event, expectedRevision: history.length }],
        ...(identity === undefined ? {} : { idempotency: identity }),
      })
      if (result instanceof Problem) return result
      if (result.status === 'conflict') continue
      if (result.status === 'duplicate') {
        const stored = await deps.reader.at(caller.ledger, result.firstPosition)
        return { ...viewOf(versionOf(stored as StoredEntry)), replayed: true }
      }
      if (result.status !== 'appended') return refusalOf(result)
      const position = result.places[0]?.position ?? 0
      return { ...viewOf({ ...decided, id: event.id, occurredAt, position }), replayed: false }
    }
    return new Problem(
      'outcome-conflict',
      'Other outcomes of this decision kept arriving first. Repeat the request.',
    )
  }

const occurrence = ({ clock }: Deps, { occurredAt }: OutcomeRequest): string | Problem => {
  const now = clock.now()
  const ms = occurredAt === undefined ? now : parseTimestamp(occurredAt)
  if (ms === undefined) {
    return new Problem('request-invalid', 'occurredAt must be an RFC 3339 time with a zone.', {
      errors: [{ pointer: '/occurredAt', message: 'must be an RFC 3339 time with a zone' }],
    })
  }
  if (ms > now + OUTCOME_AHEAD_MS_MAX) {
    return new Problem(
      'outcome-time-invalid',
      `occurredAt lies ${Math.round((ms - now) / 1000)} s in the future; at most ${OUTCOME_AHEAD_MS_MAX / 1000} s are accepted.`,
      {
        errors: [{ pointer: '/occurredAt', message: 'lies in the future' }],
      },
    )
  }
  return timestampOf(ms)
}

/** Every recorded version by arrival, and per metric the one that counts. */
export const outcomesOf =
  (deps: Deps) =>
  async (caller: Caller, decisionId: string): Promise<JsonObject | Problem> => {
    if ((await decisionEntry(deps, caller, decisionId)) === undefined) {
      return new Problem(
        'decision-not-found',
        'There is no decision with this id in the ledger of this credential.',
      )
    }
    const history = await historyOf(deps, caller, decisionId)
    const metrics = [...new Set(history.map((version) => version.metric))].sort()
    const effective = metrics.map((metric) => effectiveOutcome(history, metric) as OutcomeVersion)
    return { decisionId, effective: effective.map(viewOf), history: history.map(viewOf) }
  }

const historyOf = async (
  { reader }: Deps,
  { ledger }: Caller,
  decisionId: string,
): Promise<readonly OutcomeVersion[]> =>
  (await reader.stream(ledger, outcomeStream(decisionId))).map(versionOf)

const versionOf = (stored: StoredEntry): OutcomeVersion => {
  const { id, occurredAt, position, data } = currentEntry(stored)
  return { ...(data as unknown as OutcomeRecorded), id, occurredAt, position }
}

const viewOf = (version: OutcomeVersion): JsonObject => ({
  id: version.id,
  decisionId: version.decisionId,
  metric: version.metric,
  revision: version.revision,
  values: version.values,
  retracted: version.retract === true,
  occurredAt: version.occurredAt,
  position: version.position,
})
