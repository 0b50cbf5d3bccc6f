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

const OPENED = review('ReviewOpened', {
  decisionId: uuid(1),
  domain: 'finance',
  action: 'discount',
  subject: { type: 'customer', id: 'c-42' },
  digest: DIGEST,
  path: 'cfo',
  roles: ['cfo'],
  quorum: 2,
  due: minutesAfterNoon(1440),
  requestedBy: 'ada',
})

const END = { state: 'open', closed_at: null, closed_by: null, closed_reason: null }

describe('reviews', () => {
  it('are open once opened, bound to what is to be decided', () => {
    expect(reviews([OPENED])).toEqual([
      {
        id: 'r-1',
        position: 1,
        opened_at: minutesAfterNoon(0),
        opened_by: 'writ',
        decision_id: uuid(1),
        domain: 'finance',
        action: 'discount',
        subject_type: 'customer',
        subject_id: 'c-42',
        digest: DIGEST,
        path: 'cfo',
        roles: ['cfo'],
        quorum: 2,
        due: minutesAfterNoon(1440),
        requested_by: 'ada',
        votes: [],
        vote_count: 0,
        ...END,
        closed_position: null,
      },
    ])
  })

  it.each([
    ['nothing', {}],
    [
      'values of other types',
      { roles: 'cfo', quorum: 0, due: 'tomorrow', subject: { id: 7 }, digest: 1 },
    ],
  ])('opened with %s are open all the same', (_, data) => {
    const opened: Told = { ...review('ReviewOpened', data), causationId: uuid(3) }
    expect(reviews([opened])).toMatchObject([
      {
        decision_id: uuid(3),
        roles: [],
        quorum: 1,
        due: null,
        subject_type: null,
        digest: null,
        ...END,
      },
    ])
  })

  it('show votes in the order cast, by whom and why', () => {
    const [row] = reviews([
      OPENED,
      review('VoteCast', { by: 'bo', verdict: 'approve', reason: 'fine', digest: DIGEST }, 5),
      review('VoteCast', { verdict: 'decline' }, 6, 'cy'),
      review('VoteCast', {}, 7, 'dee'),
    ])
    expect(row?.vote_count).toBe(3)
    expect(row?.votes).toEqual([
      {
        by: 'bo',
        verdict: 'approve',
        reason: 'fine',
        digest: DIGEST,
        at: minutesAfterNoon(5),
        position: 2,
      },
      {
        by: 'cy',
        verdict: 'decline',
        reason: null,
        digest: null,
        at: minutesAfterNoon(6),
        position: 3,
      },
      {
        by: 'dee',
        verdict: 'unknown',
        reason: null,
        digest: null,
        at: minutesAfterNoon(7),
        position: 4,
      },
    ])
  })

  it.each([
    ['ReviewGranted', 'granted'],
    ['ReviewDeclined', 'declined'],
    ['ReviewExpired', 'expired'],
    ['ReviewWithdrawn', 'withdrawn'],
  ])('end by %s, and by nothing after it', (type, state) => {
    const [row] = reviews([
      OPENED,
      review(type, { reason: 'so be it' }, 9, 'bo'),
      review('ReviewWithdrawn', {}, 10, 'cy'),
    ])
    expect(row).toMatchObject({
      state,
      closed_at: minutesAfterNoon(9),
      closed_by: 'bo',
      closed_position: 2,
      closed_reason: 'so be it',
    })
  })

  it('are opened once, and not by votes or ends, other types or other categories', () => {
    expect(reviews([OPENED, review('ReviewOpened', { quorum: 9 }, 3)])).toMatchObject([
      { quorum: 2 },
    ])
    expect(
      reviews([
        review('VoteCast', { verdict: 'approve' }),
        review('ReviewGranted'),
        review('ReviewReminded'),
        { ...OPENED, stream: 'order:r-1' },
      ]),
    ).toEqual([])
  })
})
