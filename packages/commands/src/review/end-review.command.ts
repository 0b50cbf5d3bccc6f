import { decideTimeout, decideWithdrawal, type ReviewState } from '@writ/domain'
import { type JsonValue, Problem, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { sealedParts } from '../shared/personal-data.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { ReviewReply } from '../use-cases.ts'
import { reviewReply } from './read-review.query.ts'
import { reviewHistory } from './review-history.ts'
import { personOf, sealedReviewEvent } from './sealed-review-event.ts'

/**
 * Takes a question back. Only who asked it may. Durable on return.
 *
 * @problem review-not-found, review-not-open, forbidden, stale-key
 */
export const withdrawReview =
  (deps: Deps) =>
  async (
    context: CommandContext,
    id: string,
    { reason }: { readonly reason: string },
  ): Promise<ReviewReply | Problem> => {
    const { caller } = context
    const route = `POST /reviews/${id}/withdraw by ${caller.actor.id}`
    const identity = requestIdentity(deps, context, { route, body: { reason } as JsonValue })
    const { state } = await reviewHistory(deps, caller.ledger, id)
    const decided = decideWithdrawal(state, { by: caller.actor.id, reason })
    if (decided instanceof Problem) {
      const earlier = await earlierAnswer(deps, context, identity)
      if (earlier === undefined) return decided
      return earlier instanceof Problem
        ? earlier
        : reviewReply(deps, context, { id, replayed: true })
    }
    const asked = state as ReviewState
    const subject = await personOf(deps, context, asked)
    if (subject instanceof Problem) return subject
    const seals = decided.map((event) => sealedReviewEvent(deps, context, { id, event, subject }))
    const sealed = seals.flatMap((each) => each.sealed)
    const result = await deps.log.append(caller.ledger, {
      caller: caller.actor.id,
      events: seals.map(({ event }) => ({ event, expectedRevision: asked.revision })),
      ...sealedParts(subject, sealed),
      ...(identity === undefined ? {} : { idempotency: identity }),
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return withdrawReview(deps)(context, id, { reason })
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
    return reviewReply(deps, context, { id, replayed: result.status === 'duplicate' })
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
    // What time brings about holds no words of anybody, so it needs no key: it ends for the erased too.
    const events = decided.map((event) => ({
      event: sealedReviewEvent(deps, context, { id, event, subject: undefined }).event,
      expectedRevision: state.revision,
    }))
    const result = await deps.log.append(caller.ledger, { caller: caller.actor.id, events })
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return null
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
    return decided[0]?.type === 'ReviewAdvanced' ? 'advanced' : 'expired'
  }
