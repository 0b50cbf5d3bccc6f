import {
  decideShadowEnd,
  type ShadowEnd,
  type ShadowRunEnded,
  type ShadowRunState,
  shadowStream,
} from '@writ/domain'
import { type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { type RequestIdentity, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import { shadowRun, shadowRunView } from './shadow-history.ts'
import type { ShadowReply } from './start-shadow.command.ts'

/**
 * Ends a run by a person's word. From the acknowledgement on nothing is judged for it any more. A run that has ended
 * stays as it is.
 *
 * @problem shadow-not-found
 */
export const stopShadow =
  (deps: Deps) =>
  async (
    context: CommandContext,
    id: string,
    { reason }: { readonly reason: string },
  ): Promise<ShadowReply | Problem> => {
    const identity = requestIdentity(deps, context, {
      route: `POST /shadows/${id}/stop`,
      body: { reason } as JsonValue,
    })
    const ended = await endShadow(deps, context, { id, because: 'stopped', reason, identity })
    if (ended instanceof Problem) return ended
    return { run: shadowRunView(ended.run), replayed: ended.replayed }
  }

interface End {
  readonly id: string
  readonly because: ShadowEnd
  readonly reason: string | null
  readonly identity?: RequestIdentity | undefined
}

/**
 * Appends the end of a run, for people and for the runner. Whoever comes second finds it ended.
 *
 * @problem shadow-not-found
 */
export const endShadow = async (
  deps: Deps,
  context: CommandContext,
  end: End,
): Promise<{ readonly run: ShadowRunState; readonly replayed: boolean } | Problem> => {
  const { ledger, actor } = context.caller
  const { id, because, reason, identity } = end
  const run = await shadowRun(deps, ledger, id)
  const { ledger: controls } = await deps.controls.fresh(ledger)
  const head = await deps.reader.head(ledger)
  const decided = decideShadowEnd(run, {
    ...{ because, reason, at: head?.position ?? 0 },
    liveDigest: controls.active.get(run?.started.domain ?? '')?.digest ?? null,
  })
  if (decided instanceof Problem) return decided
  // Ended before, by this very request or by another: told as it stands.
  if (decided === undefined || run === undefined) {
    return { run: run as ShadowRunState, replayed: true }
  }
  const event = newEvent(deps, context, {
    type: 'ShadowRunEnded',
    stream: shadowStream(id),
    data: decided as unknown as JsonObject,
  })
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: [{ event, expectedRevision: run.revision }],
    ...(identity === undefined ? {} : { idempotency: identity }),
  })
  if (result instanceof Problem) return result
  if (result.status === 'conflict' || result.status === 'duplicate') {
    return endShadow(deps, context, end)
  }
  if (result.status !== 'appended') return refusalOf(result)
  return { run: endedRun(run, decided), replayed: false }
}

const endedRun = (run: ShadowRunState, ended: ShadowRunEnded): ShadowRunState => ({
  ...{ ...run, ended, status: ended.because, revision: run.revision + 1 },
})
