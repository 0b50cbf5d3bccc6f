import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import {
  type CastVote,
  decideTimeout,
  decideVote,
  decideWithdrawal,
  openReview,
} from './review.decider.ts'
import type { ReviewEvent, ReviewOpened } from './review.events.ts'
import { type ReviewState, withReviewEvent } from './review.state.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const NOON = '2026-03-02T12:00:00.000Z'
const ONE = '2026-03-02T13:00:00.000Z'
const HOUR_MS = 3_600_000

const QUESTION: Omit<ReviewOpened, 'due'> = {
  kind: 'decision',
  digest: DIGEST,
  about: { decisionId: 'd-1' },
  domain: 'finance',
  action: 'discount',
  subject: { type: 'customer', id: 'c-42' },
  decisionId: 'd-1',
  path: 'cfo',
  stages: [{ roles: ['cfo'], quorum: 2, withinMs: HOUR_MS }],
  exclude: ['ada'],
  requestedBy: 'ada',
  onTimeout: 'deny',
}

const given = (question = QUESTION, ...events: readonly ReviewEvent[]): ReviewState =>
  [openReview(question, NOON), ...events].reduce<ReviewState | undefined>(
    withReviewEvent,
    undefined,
  ) as ReviewState

const vote = (by: string, over: Partial<CastVote> = {}): CastVote => ({
  by,
  isPerson: true,
  roles: new Set(['cfo']),
  verdict: 'approve',
  reason: { code: 'OTHER' },
  digest: DIGEST,
  at: '2026-03-02T12:30:00.000Z',
  ...over,
})

const eventsOf = (decided: readonly ReviewEvent[] | Problem): readonly ReviewEvent[] => {
  if (decided instanceof Problem) throw new Error(decided.detail)
  return decided
}
const typesOf = (decided: readonly ReviewEvent[] | Problem): readonly string[] =>
  eventsOf(decided).map(({ type }) => type)
const codeOf = (decided: unknown): string | undefined =>
  decided instanceof Problem ? decided.code : undefined

const BO_APPROVED = eventsOf(decideVote(given(), vote('bo')))

describe('a review', () => {
  it('is due as long after it is opened as its first stage has', () => {
    expect(given().due).toBe(ONE)
  })

  it.each([
    ['no stage', []],
    ['nobody to ask', [{ roles: [], quorum: 1, withinMs: 1 }]],
    ['a quorum of none', [{ roles: ['cfo'], quorum: 0, withinMs: 1 }]],
    ['six stages', Array.from({ length: 6 }, () => ({ roles: ['a'], quorum: 1, withinMs: 1 }))],
  ])('with %s cannot be opened', (_, stages) => {
    expect(() => openReview({ ...QUESTION, stages }, NOON)).toThrow('1 to 5 stages')
  })

  it('is opened once: a second opening in its stream changes nothing', () => {
    const again = openReview({ ...QUESTION, exclude: [] }, ONE)
    expect(withReviewEvent(given(), again)).toEqual(given())
  })
})

describe('a vote', () => {
  it('below the quorum is recorded, and the one that completes it grants', () => {
    expect(BO_APPROVED.map(({ type }) => type)).toEqual(['VoteCast'])
    const decided = eventsOf(decideVote(given(QUESTION, ...BO_APPROVED), vote('cy')))
    expect(decided.map(({ type }) => type)).toEqual(['VoteCast', 'ReviewGranted'])
    expect(decided[1]?.data).toEqual({ digest: DIGEST, by: ['bo', 'cy'] })
  })

  it('to decline ends it at once, whoever approved before', () => {
    const decided = decideVote(
      given(QUESTION, ...BO_APPROVED),
      vote('cy', { verdict: 'decline', reason: { code: 'TOO_RISKY', text: 'see the notes' } }),
    )
    expect(typesOf(decided)).toEqual(['VoteCast', 'ReviewDeclined'])
    expect(eventsOf(decided)[0]?.data).toMatchObject({
      reason: { code: 'TOO_RISKY', text: 'see the notes' },
    })
  })

  it.each<[string, Partial<CastVote>, string]>([
    ['by who asked', { by: 'ada' }, 'self-approval-forbidden'],
    ['by a program', { isPerson: false }, 'person-required'],
    ['without the role', { roles: new Set(['clerk']) }, 'role-missing'],
    ['a second time', { by: 'bo' }, 'already-voted'],
    ['on something else', { digest: `sha256:${'b'.repeat(64)}` }, 'review-content-changed'],
    ['when its time is up', { at: ONE }, 'review-overdue'],
  ])('%s is refused', (_, over, code) => {
    const state = given(QUESTION, ...BO_APPROVED)
    expect(codeOf(decideVote(state, { ...vote('cy'), ...over }))).toBe(code)
  })

  it('on a review that nobody opened, or that has ended, is refused', () => {
    expect(codeOf(decideVote(undefined, vote('bo')))).toBe('review-not-found')
    const ended = given(QUESTION, ...eventsOf(decideWithdrawal(given(), { by: 'ada', reason: '' })))
    expect(codeOf(decideVote(ended, vote('bo')))).toBe('review-not-open')
  })

  it('that completes an early stage asks the next, whose time begins then', () => {
    const board = { roles: ['board'], quorum: 1, withinMs: 2 * HOUR_MS }
    const desk = { roles: ['cfo'], quorum: 1, withinMs: HOUR_MS }
    const state = given({ ...QUESTION, stages: [desk, board] })
    const decided = eventsOf(decideVote(state, vote('bo')))
    expect(decided[1]).toEqual({
      type: 'ReviewAdvanced',
      data: { stage: 1, due: '2026-03-02T14:30:00.000Z', because: 'quorum' },
    })
    const next = given({ ...QUESTION, stages: [desk, board] }, ...decided)
    const bo = vote('bo', { roles: new Set(['cfo', 'board']) })
    expect(codeOf(decideVote(next, bo))).toBe('already-voted')
    expect(typesOf(decideVote(next, vote('cy', { roles: new Set(['board']) })))).toEqual([
      'VoteCast',
      'ReviewGranted',
    ])
  })
})

describe('time', () => {
  it('changes nothing before it is up, and ends the review when it is', () => {
    expect(decideTimeout(given(), '2026-03-02T12:59:59.999Z')).toEqual([])
    expect(decideTimeout(given(), ONE)).toEqual([
      { type: 'ReviewExpired', data: { digest: DIGEST, stage: 0 } },
    ])
    expect(decideTimeout(undefined, ONE)).toEqual([])
  })

  it('passes the matter to the next stage where the policy says so, and never grants', () => {
    const stages = [...QUESTION.stages, { roles: ['board'], quorum: 1, withinMs: HOUR_MS }]
    const state = given({ ...QUESTION, stages, onTimeout: 'next' })
    const passed = decideTimeout(state, ONE)
    expect(passed).toEqual([
      {
        type: 'ReviewAdvanced',
        data: { stage: 1, due: '2026-03-02T14:00:00.000Z', because: 'timeout' },
      },
    ])
    const last = given({ ...QUESTION, stages, onTimeout: 'next' }, ...passed)
    expect(decideTimeout(last, '2026-03-02T14:00:00.000Z').map(({ type }) => type)).toEqual([
      'ReviewExpired',
    ])
  })
})

describe('a review is withdrawn', () => {
  it('by who asked, and by nobody else', () => {
    expect(codeOf(decideWithdrawal(given(), { by: 'bo', reason: 'no' }))).toBe('forbidden')
    expect(typesOf(decideWithdrawal(given(), { by: 'ada', reason: 'solved' }))).toEqual([
      'ReviewWithdrawn',
    ])
  })
})
