import { decideTimeout, decideWithdrawal, type ReviewEvent, reviewStream } from '@writ/domain'
import { type JsonObject, type JsonValue, Problem, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { ReviewReply } from '../use-cases.ts'
import { reviewById } from './read-review.query.ts'
import { reviewHistory } from './review-history.ts'

/**
 * Takes a question back. Only who asked it may. Durable on return.
 *
 * @problem review-not-found, review-not-open, forbidden
 */
export const withdrawReview =
  (deps: Deps) =>
  async (
    context: CommandContext,
    id: string,
    { reason }: { readonly reason: string },
  ): Promise<ReviewReply | Problem> => {
    const { caller } = context
    const route = `POST /reviews/${id}/withdraw`
    const identity = requestIdentity(deps, context, { route, body: { reason } as JsonValue })
    const { state } = await reviewHistory(deps, caller.ledger, id)
    const decided = decideWithdrawal(state, { by: caller.actor.id, reason })
    if (decided instanceof Problem) {
      const earlier = await earlierAnswer(deps, context, identity)
      if (earlier === undefined) return decided
      return earlier instanceof Problem ? earlier : replyOf(deps, context, id, true)
    }
    const result = await deps.log.append(caller.ledger, {
      ...appendOf(deps, context, { id, decided, revision: state?.revision ?? 0 }),
      ...(identity === undefined ? {} : { idempotency: identity }),
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return withdrawReview(deps)(context, id, { reason })
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
    return replyOf(deps, context, id, result.status === 'duplicate')
  }

/**
 * Ends a review whose time is up, or asks its next stage. For the due job: time itself changes nothing. Somebody who
 * votes meanwhile is first, and what is due then is looked at in the next round.
 *
 * @returns what was appended; null where nothing was due
 */
export const expireReview =
  (deps: Deps) =>
  async (context: CommandContext, id: string): Promise<'expired' | 'advanced' | null | Problem> => {
    const { caller } = context
    const { state } = await reviewHistory(deps, caller.ledger, id)
    const decided = decideTimeout(state, timestampOf(deps.clock.now()))
    if (state === undefined || decided.length === 0) return null
    const append = appendOf(deps, context, { id, decided, revision: state.revision })
    const result = await deps.log.append(caller.ledger, append)
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return null
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
    return decided[0]?.type === 'ReviewAdvanced' ? 'advanced' : 'expired'
  }

const appendOf = (
  deps: Deps,
  context: CommandContext,
  {
    id,
    decided,
    revision,
  }: {
    readonly id: string
    readonly decided: readonly ReviewEvent[]
    readonly revision: number
  },
) => ({
  caller: context.caller.actor.id,
  events: decided.map(({ type, data }) => ({
    event: newEvent(deps, context, {
      type,
      stream: reviewStream(id),
      data: data as unknown as JsonObject,
    }),
    expectedRevision: revision,
  })),
})

const replyOf = async (
  deps: Deps,
  { caller }: CommandContext,
  id: string,
  replayed: boolean,
): Promise<ReviewReply | Problem> => {
  const review = await reviewById(deps)(caller, id)
  return review instanceof Problem ? review : { review, replayed }
}
