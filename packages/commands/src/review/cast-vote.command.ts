import { decideVote, type ReviewEvent, type ReviewState } from '@writ/domain'
import type { Append, EventToAppend } from '@writ/event-log'
import { type JsonValue, Problem, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { sealedParts } from '../shared/personal-data.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { ReviewReply, VoteRequest } from '../use-cases.ts'
import { consequencesOf } from './granted.ts'
import { reviewReply } from './read-review.query.ts'
import { reviewHistory } from './review-history.ts'
import { personOf, sealedReviewEvent } from './sealed-review-event.ts'

/** How often a vote is decided again because another arrived first. Each try reads what came in between. */
const TRIES_MAX = 8

/**
 * Casts one vote of a person. The vote that completes a quorum ends the review in the same append, together with what
 * the grant brings about; of two such votes at once the second finds it ended. Durable on return.
 *
 * @problem review-not-found, review-not-open, review-overdue, review-content-changed, person-required,
 *   self-approval-forbidden, role-missing, already-voted, stale-key
 */
export const castVote =
  (deps: Deps) =>
  async (
    context: CommandContext,
    id: string,
    vote: VoteRequest,
  ): Promise<ReviewReply | Problem> => {
    const { caller } = context
    const identity = requestIdentity(deps, context, {
      // A vote is its voter's: the key that another person used here says nothing of mine.
      route: `POST /reviews/${id}/votes by ${caller.actor.id}`,
      body: vote as unknown as JsonValue,
    })
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      // 1. What is asked, and may this person answer?
      const { state, entries } = await reviewHistory(deps, caller.ledger, id)
      const decided = decideVote(state, {
        ...{ by: caller.actor.id, isPerson: caller.actor.type === 'person', roles: caller.roles },
        ...{ verdict: vote.verdict, digest: vote.digest },
        reason: vote.reason,
        at: timestampOf(deps.clock.now()),
      })
      if (decided instanceof Problem) {
        return (await repeated(deps, context, { id, identity })) ?? decided
      }

      // 2. Record the vote with all that follows from it.
      const asked = state as ReviewState
      const since = entries[0]?.position ?? 0
      const parts = await drafted(deps, context, { id, asked, decided, since })
      if (parts instanceof Problem) return parts
      const result = await deps.log.append(caller.ledger, {
        ...parts,
        ...(identity === undefined ? {} : { idempotency: identity }),
      })
      if (result instanceof Problem) return result
      if (result.status === 'conflict') continue
      if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
      return reviewReply(deps, context, { id, replayed: result.status === 'duplicate' })
    }
    return new Problem('revision-conflict', 'Other votes kept arriving first. Repeat the request.')
  }

/** A repeat of a vote hears that it counts, instead of that the review has ended by it. */
const repeated = async (
  deps: Deps,
  context: CommandContext,
  { id, identity }: { readonly id: string; readonly identity: ReturnType<typeof requestIdentity> },
): Promise<ReviewReply | Problem | undefined> => {
  const earlier = await earlierAnswer(deps, context, identity)
  if (earlier === undefined || earlier instanceof Problem) return earlier
  return reviewReply(deps, context, { id, replayed: true })
}

const drafted = async (
  deps: Deps,
  context: CommandContext,
  {
    id,
    asked,
    decided,
    since,
  }: {
    readonly id: string
    readonly asked: ReviewState
    readonly decided: readonly ReviewEvent[]
    /** Position of the question. */
    readonly since: number
  },
): Promise<Append | Problem> => {
  const subject = await personOf(deps, context, asked)
  if (subject instanceof Problem) return subject
  const seals = decided.map((event) => sealedReviewEvent(deps, context, { id, event, subject }))
  const end = decided.find((event) => event.type === 'ReviewGranted')
  const consequences =
    end?.type === 'ReviewGranted'
      ? await consequencesOf(deps, context, { id, opened: asked.opened, by: end.data.by, since })
      : []
  if (consequences instanceof Problem) return consequences
  const events: readonly EventToAppend[] = [
    ...seals.map(({ event }) => ({ event, expectedRevision: asked.revision })),
    ...consequences,
  ]
  return {
    caller: context.caller.actor.id,
    events,
    ...sealedParts(
      subject,
      seals.flatMap(({ sealed }) => sealed),
    ),
  }
}
