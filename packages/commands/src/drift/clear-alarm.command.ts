import { alarmNotFound, type DriftAlarmRaised, decideClearing, driftStream } from '@writ/domain'
import { isUuid, type JsonObject, type LedgerName, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import { driftHistory } from './drift-history.ts'

/** How often a clearing is decided again because something else was appended first. */
const TRIES_MAX = 4

export interface ClearedAlarm {
  readonly alarmId: string
  readonly domain: string
  readonly status: 'cleared'
  readonly position: number
  readonly replayed: boolean
}

/**
 * Says that a person has looked at an alarm. From here on the next may be raised, and what is decided from now on is
 * what later decisions are compared with. The ceiling stays: raising it is asked of two people. Durable on return.
 *
 * @problem drift-alarm-not-found, drift-alarm-not-open, person-required
 */
export const clearDriftAlarm =
  (deps: Deps) =>
  async (
    context: CommandContext,
    alarmId: string,
    { reason }: { readonly reason: string },
  ): Promise<ClearedAlarm | Problem> => {
    const { caller } = context
    const { ledger, actor } = caller
    const route = `POST /drift/${alarmId}/clear`
    const identity = requestIdentity(deps, context, { route, body: { reason } })
    const domain = await domainOf(deps, ledger, alarmId)
    if (domain === undefined) return alarmNotFound()
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      const { state } = await driftHistory(deps, ledger, domain)
      const decided = decideClearing(state, {
        ...{ alarmId, reason, by: actor.id, isPerson: actor.type === 'person' },
      })
      if (decided instanceof Problem) {
        const earlier = await earlierAnswer(deps, context, identity)
        if (earlier === undefined) return decided
        if (earlier instanceof Problem) return earlier
        const position = earlier[0]?.position ?? 0
        return { alarmId, domain, status: 'cleared', position, replayed: true }
      }
      const result = await deps.log.append(ledger, {
        caller: actor.id,
        events: decided.map(({ type, data }) => ({
          event: newEvent(deps, context, {
            ...{ type, stream: driftStream(domain), data: data as unknown as JsonObject },
          }),
          expectedRevision: state.revision,
        })),
        ...(identity === undefined ? {} : { idempotency: identity }),
      })
      if (result instanceof Problem) return result
      if (result.status === 'conflict') continue
      if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
      const replayed = result.status === 'duplicate'
      const position = replayed ? result.firstPosition : (result.places[0]?.position ?? 0)
      return { alarmId, domain, status: 'cleared', position, replayed }
    }
    return new Problem('revision-conflict', 'Other alarms kept arriving first. Repeat the request.')
  }

/** An alarm's id is that of its event, which says whose it is. */
const domainOf = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  alarmId: string,
): Promise<string | undefined> => {
  const stored = isUuid(alarmId) ? await reader.byId(ledger, alarmId) : undefined
  if (stored === undefined) return undefined
  const { type, stream, data } = currentEntry(stored)
  const { domain } = data as unknown as DriftAlarmRaised
  return type === 'DriftAlarmRaised' && stream === driftStream(domain) ? domain : undefined
}
