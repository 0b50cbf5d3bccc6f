import type { JsonObject } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import { DIGEST, minutesAfterNoon, type Told, uuid } from '../shared/history.fixture.ts'
import { reviewsProjection } from './reviews.projection.ts'

const reviews = (told: readonly Told[]) => folding(reviewsProjection)(told)('reviews')

const review = (type: string, data: JsonObject = {}, minute = 0, who = 'writ'): Told => ({
  type,
  stream: 'review:r-1',
  data,
  occurredAt: minutesAfterNoon(minute),
  actor: { type: 'person', id: who },
})

const STAGES = [
  { roles: ['cfo'], quorum: 2, withinMs: 86_400_000 },
  { roles: ['board'], quorum: 1, withinMs: 3_600_000 },
]

const OPENED = review('ReviewOpened', {
  ...{ kind: 'decision', digest: DIGEST, about: { decisionId: uuid(1) } },
  ...{ domain: 'finance', action: 'discount', decisionId: uuid(1), path: 'cfo' },
  subject: { type: 'customer', id: 'c-42' },
  ...{ stages: STAGES, exclude: ['ada'], requestedBy: 'ada', onTimeout: 'next' },
  due: minutesAfterNoon(1440),
})

const END = { state: 'open', closed_at: null, closed_by: null, closed_reason: null }

const vote = (by: string, verdict: string, minute: number): Told =>
  review(
    'VoteCast',
    { by, verdict, reason: { code: 'FINE', text: 'as agreed' }, digest: DIGEST, stage: 0 },
    minute,
    by,
  )

describe('reviews', () => {
  it('are open once opened, bound to what is to be decided', () => {
    expect(reviews([OPENED])).toEqual([
      {
        ...{ id: 'r-1', kind: 'decision', position: 1 },
        ...{ opened_at: minutesAfterNoon(0), opened_by: 'writ' },
        ...{ decision_id: uuid(1), domain: 'finance', action: 'discount' },
        ...{ subject_type: 'customer', subject_id: 'c-42', digest: DIGEST, path: 'cfo' },
        ...{ stages: STAGES, stage: 0, roles: ['cfo'], quorum: 2 },
        ...{ due: minutesAfterNoon(1440), requested_by: 'ada', votes: [], vote_count: 0 },
        ...END,
        closed_position: null,
      },
    ])
  })

  it('show votes in the order cast, by whom and under which code, never the text', () => {
    const [row] = reviews([OPENED, vote('bo', 'approve', 5), vote('cy', 'decline', 6)])
    expect(row?.vote_count).toBe(2)
    expect(row?.votes).toEqual([
      {
        ...{ by: 'bo', verdict: 'approve', reason: 'FINE', stage: 0 },
        ...{ at: minutesAfterNoon(5), position: 2 },
      },
      {
        ...{ by: 'cy', verdict: 'decline', reason: 'FINE', stage: 0 },
        ...{ at: minutesAfterNoon(6), position: 3 },
      },
    ])
  })

  it('ask the people of the next stage once they are passed on', () => {
    const passed = { stage: 1, due: minutesAfterNoon(70), because: 'quorum' }
    expect(reviews([OPENED, review('ReviewAdvanced', passed, 10)])).toMatchObject([
      { stage: 1, roles: ['board'], quorum: 1, due: minutesAfterNoon(70), state: 'open' },
    ])
  })

  it.each([
    ['ReviewGranted', 'granted', null],
    ['ReviewDeclined', 'declined', null],
    ['ReviewExpired', 'expired', null],
    ['ReviewWithdrawn', 'withdrawn', 'so be it'],
  ])('end by %s, and by nothing after it', (type, state, reason) => {
    const data = { digest: DIGEST, ...(reason === null ? {} : { reason }) }
    const [row] = reviews([
      OPENED,
      review(type, data, 9, 'bo'),
      review('ReviewWithdrawn', { reason: 'too late' }, 10, 'cy'),
    ])
    expect(row).toMatchObject({
      ...{ state, closed_at: minutesAfterNoon(9), closed_by: 'bo', closed_position: 2 },
      closed_reason: reason,
    })
  })

  it('are opened once, and not by votes or ends, other types or other categories', () => {
    const again = { ...OPENED, data: { ...OPENED.data, path: 'other' } }
    expect(reviews([OPENED, again])).toMatchObject([{ path: 'cfo' }])
    expect(
      reviews([
        vote('bo', 'approve', 1),
        review('ReviewGranted'),
        review('ReviewReminded'),
        { ...OPENED, stream: 'order:r-1' },
      ]),
    ).toEqual([])
  })
})
