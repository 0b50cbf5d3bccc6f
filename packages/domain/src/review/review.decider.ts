import { Problem, parseTimestamp, timestampOf } from '@writ/kernel'
import type { ReviewEvent, ReviewOpened, Verdict, VoteCast } from './review.events.ts'
import { type ReviewState, stageOf } from './review.state.ts'

export interface CastVote {
  readonly by: string
  /** Programs ask, people answer. */
  readonly isPerson: boolean
  readonly roles: ReadonlySet<string>
  readonly verdict: Verdict
  readonly reason: VoteCast['reason']
  /** What the voter was shown. */
  readonly digest: string
  readonly at: string
}

/** Most stages of a review, and most people a stage may ask for. Source: reference of policies, section 4. */
export const REVIEW_STAGES_MAX = 5
export const QUORUM_MAX = 20

/** A review asks for at least one person at each stage. @throws Error  a defect of whoever opens it */
export const openReview = (
  review: Omit<ReviewOpened, 'due'>,
  at: string,
): Extract<ReviewEvent, { type: 'ReviewOpened' }> => {
  const { stages } = review
  const fits =
    stages.length >= 1 &&
    stages.length <= REVIEW_STAGES_MAX &&
    stages.every(({ roles, quorum }) => roles.length > 0 && quorum >= 1 && quorum <= QUORUM_MAX)
  if (!fits) throw new Error('a review needs 1 to 5 stages of at least one role and one person')
  return { type: 'ReviewOpened', data: { ...review, due: dueOf(review, 0, at) } }
}

/**
 * One vote. A person votes once in a review, whatever the stage; one decline ends it; the last of a quorum ends its
 * stage; the last stage grants.
 *
 * @problem review-not-found, review-not-open, review-overdue, review-content-changed, person-required,
 *   self-approval-forbidden, role-missing, already-voted
 */
export const decideVote = (
  state: ReviewState | undefined,
  vote: CastVote,
): readonly ReviewEvent[] | Problem => {
  if (state === undefined) return notFound()
  const refusal = stateRefusal(state, vote) ?? voterRefusal(state, vote)
  if (refusal !== undefined) return refusal
  const { by, verdict, reason, digest } = vote
  const { stage } = state
  const cast: ReviewEvent = { type: 'VoteCast', data: { by, verdict, reason, digest, stage } }
  if (verdict === 'decline') return [cast, { type: 'ReviewDeclined', data: { digest, by } }]
  const approvers = [...state.votes.filter((one) => one.stage === stage).map((one) => one.by), by]
  if (approvers.length < stageOf(state).quorum) return [cast]
  if (isLast(state)) return [cast, { type: 'ReviewGranted', data: { digest, by: approvers } }]
  return [cast, advanced(state, vote.at, 'quorum')]
}

/**
 * What has become of a review by `at`: nothing while there is time, else its end or the next stage. Time itself
 * changes nothing; whoever calls this appends what it returns.
 */
export const decideTimeout = (
  state: ReviewState | undefined,
  at: string,
): readonly ReviewEvent[] => {
  if (state?.status !== 'open' || at < state.due) return []
  const { opened, stage } = state
  if (opened.onTimeout === 'next' && !isLast(state)) return [advanced(state, at, 'timeout')]
  return [{ type: 'ReviewExpired', data: { digest: opened.digest, stage } }]
}

/**
 * Only who asked may take the question back.
 *
 * @problem review-not-found, review-not-open, forbidden
 */
export const decideWithdrawal = (
  state: ReviewState | undefined,
  { by, reason }: { readonly by: string; readonly reason: string },
): readonly ReviewEvent[] | Problem => {
  if (state === undefined) return notFound()
  if (state.status !== 'open') return notOpen(state)
  if (by !== state.opened.requestedBy) {
    return new Problem('forbidden', 'Only who asked for the review may withdraw it.')
  }
  return [{ type: 'ReviewWithdrawn', data: { digest: state.opened.digest, by, reason } }]
}

const stateRefusal = (state: ReviewState, { digest, at }: CastVote): Problem | undefined => {
  if (state.status !== 'open') return notOpen(state)
  if (at >= state.due) {
    return new Problem('review-overdue', `The time to vote was up at ${state.due}.`)
  }
  if (digest === state.opened.digest) return undefined
  return new Problem(
    'review-content-changed',
    `The vote names ${digest}, but what is asked is ${state.opened.digest}. Read the review again.`,
    { expectedDigest: state.opened.digest },
  )
}

/** About people, so it compares people: a role never makes up for being the one who asked (DESIGN §6). */
const voterRefusal = (state: ReviewState, vote: CastVote): Problem | undefined => {
  const { by, isPerson, roles } = vote
  if (!isPerson) {
    return new Problem('person-required', 'Only a person may vote: use a key issued to one.')
  }
  if (state.opened.exclude.includes(by)) {
    return new Problem(
      'self-approval-forbidden',
      'Who asked for it, or wrote it, may not vote on it. Ask a colleague.',
    )
  }
  const asked = stageOf(state).roles
  if (!asked.some((role) => roles.has(role))) {
    return new Problem(
      'role-missing',
      `Asked are people with one of these roles: ${asked.join(', ')}.`,
    )
  }
  if (state.votes.some((one) => one.by === by)) {
    return new Problem('already-voted', 'You have voted in this review; a vote stays as it is.')
  }
  return undefined
}

const notFound = (): Problem =>
  new Problem('review-not-found', 'There is no review with this id in this ledger.')

const notOpen = ({ status }: ReviewState): Problem =>
  new Problem('review-not-open', `The review is ${status}; nothing more can be said in it.`)

const isLast = ({ opened, stage }: ReviewState): boolean => stage === opened.stages.length - 1

const advanced = (
  { opened, stage }: ReviewState,
  at: string,
  because: 'quorum' | 'timeout',
): ReviewEvent => ({
  type: 'ReviewAdvanced',
  data: { stage: stage + 1, due: dueOf(opened, stage + 1, at), because },
})

const dueOf = ({ stages }: Pick<ReviewOpened, 'stages'>, stage: number, at: string): string =>
  timestampOf((parseTimestamp(at) ?? 0) + (stages[stage]?.withinMs ?? 0))
