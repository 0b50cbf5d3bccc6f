import { decideVote } from '@writ/domain'
import { type JsonObject, Problem, timestampOf } from '@writ/kernel'
import type { Caller, CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import type { ReviewReply } from '../use-cases.ts'
import { reviewHistory, reviewView } from './review-history.ts'

/**
 * A review by folding its stream: always read-your-write. `you` says whether the caller could approve it now, and if
 * not, why.
 *
 * @problem review-not-found
 */
export const reviewById =
  (deps: Deps) =>
  async (caller: Caller, id: string): Promise<JsonObject | Problem> => {
    const { state, entries } = await reviewHistory(deps, caller.ledger, id)
    if (state === undefined) {
      return new Problem(
        'review-not-found',
        `There is no review ${id.slice(0, 64)} in this ledger.`,
      )
    }
    const tried = decideVote(state, {
      by: caller.actor.id,
      isPerson: caller.actor.type === 'person',
      roles: caller.roles,
      verdict: 'approve',
      reason: { code: 'OTHER' },
      digest: state.opened.digest,
      at: timestampOf(deps.clock.now()),
    })
    const you =
      tried instanceof Problem
        ? { mayVote: false, code: tried.code, because: tried.detail }
        : { mayVote: true }
    return { ...reviewView(id, state, entries), you }
  }

/** What a command on a review answers: the review as it stands now. */
export const reviewReply = async (
  deps: Deps,
  { caller }: CommandContext,
  { id, replayed }: { readonly id: string; readonly replayed: boolean },
): Promise<ReviewReply | Problem> => {
  const review = await reviewById(deps)(caller, id)
  return review instanceof Problem ? review : { review, replayed }
}
