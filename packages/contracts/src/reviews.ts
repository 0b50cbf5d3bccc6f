import { type Static, Type } from '@sinclair/typebox'
import { REASON_CHARS_MAX } from './limits.ts'
import {
  ActionName,
  anyObject,
  closed,
  Digest,
  DomainName,
  nullable,
  oneOf,
  Position,
  ReasonCode,
  Subject,
  Time,
  Uuid,
} from './scalars.ts'

export const REVIEW_STATUSES = ['open', 'granted', 'declined', 'expired', 'withdrawn'] as const
export const REVIEW_KINDS = ['decision', 'policy', 'ceiling'] as const
export const VERDICTS = ['approve', 'decline'] as const

export const ReviewPath = closed({ id: Uuid })

export const VoteRequest = closed(
  {
    verdict: oneOf(VERDICTS),
    digest: Digest,
    reason: closed({
      code: ReasonCode,
      text: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: REASON_CHARS_MAX,
          description: 'For people. Sealed where the review concerns a person.',
        }),
      ),
    }),
  },
  {
    title: 'VoteRequest',
    description: 'One vote. It names the digest of what was shown, and stays as it is.',
    examples: [
      {
        verdict: 'approve',
        digest: `sha256:${'0'.repeat(64)}`,
        reason: { code: 'KEY_ACCOUNT', text: 'Agreed in the quarterly plan.' },
      },
    ],
  },
)

export const WithdrawalRequest = closed(
  { reason: Type.String({ minLength: 1, maxLength: REASON_CHARS_MAX }) },
  { title: 'WithdrawalRequest', description: 'Why the question is taken back. No personal data.' },
)

const Vote = closed({
  by: Type.String(),
  verdict: oneOf(VERDICTS),
  reason: closed({
    code: ReasonCode,
    text: Type.Optional(Type.String()),
    sealed: Type.Optional(
      Type.Boolean({
        description: 'There is a text; GET /events/:id opens it with personal:read.',
      }),
    ),
  }),
  stage: Type.Integer({ minimum: 0 }),
  at: Time,
  position: Position,
})

const review = {
  id: Uuid,
  status: oneOf(REVIEW_STATUSES),
  kind: oneOf(REVIEW_KINDS),
  digest: Digest,
  about: anyObject({ description: 'What is asked. The digest is taken over it.' }),
  domain: Type.String({ description: 'A domain; * where the whole ledger is meant.' }),
  action: nullable(ActionName),
  subject: nullable(Subject),
  decisionId: nullable(Uuid),
  path: nullable(Type.String({ description: 'Escalation path of the policy.' })),
  asked: closed({
    stage: Type.Integer({ minimum: 0 }),
    of: Type.Integer({ minimum: 1 }),
    roles: Type.Array(Type.String()),
    quorum: Type.Integer({ minimum: 1 }),
    due: Time,
  }),
  exclude: Type.Array(Type.String(), { description: 'Who may not vote, whatever their roles.' }),
  requestedBy: Type.String(),
  openedAt: Time,
  votes: Type.Array(Vote),
  closed: nullable(closed({ at: Time, by: Type.String() })),
  position: Position,
  you: closed(
    {
      mayVote: Type.Boolean(),
      code: Type.Optional(Type.String()),
      because: Type.Optional(Type.String()),
    },
    { description: 'Could the caller approve it now? If not, why.' },
  ),
}

export const Review = closed(review, {
  title: 'Review',
  description: 'What people are asked, by when, how they voted, and how it ended.',
})

export const CeilingRequest = closed(
  {
    level: oneOf(['AL0', 'AL1', 'AL2', 'AL3'], { description: 'AL3 is no limit.' }),
    scope: Type.Optional(
      Type.Union([
        Type.Literal('tenant'),
        closed({ domain: DomainName, action: Type.Optional(ActionName) }),
      ]),
    ),
    reason: Type.String({ minLength: 1, maxLength: REASON_CHARS_MAX }),
  },
  {
    title: 'CeilingRequest',
    description:
      'The highest level at which the system may act. One person lowers, two approve raising.',
    examples: [
      { level: 'AL1', scope: { domain: 'finance' }, reason: 'new margin feed, first week' },
    ],
  },
)

export type VoteRequest = Static<typeof VoteRequest>
export type CeilingRequest = Static<typeof CeilingRequest>
