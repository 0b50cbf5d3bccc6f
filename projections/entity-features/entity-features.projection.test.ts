import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import {
  decisionMade,
  minutesAfterNoon,
  outcomeRecorded,
  type Told,
  uuid,
} from '../shared/history.fixture.ts'
import { NAMES_MAX, OTHERS } from './day-counters.ts'
import { entityFeaturesProjection } from './entity-features.projection.ts'

const fold = folding(entityFeaturesProjection)
const DAY = 24 * 60

const happened = (type: string, minute: number, stream = 'application:173688'): Told => ({
  type,
  stream,
  data: { amount: 5000 },
  occurredAt: minutesAfterNoon(minute),
})
const told = (revision: number, minute: number, more: object = {}): Told =>
  outcomeRecorded({ decisionId: uuid(1), revision, occurredAt: minutesAfterNoon(minute), ...more })

describe('features of entities', () => {
  it('count events of producers by the day they happened on, in whatever order they came', () => {
    const rows = fold([
      happened('loan.A_SUBMITTED', DAY),
      happened('loan.A_SUBMITTED', 0),
      happened('loan.O_SENT', 719),
      happened('loan.O_SENT', 720),
      happened('loan.O_SENT', 5, 'application:9'),
    ])('entity_days')
    expect(
      rows.map(({ entity_id, day, events, by_type }) => [entity_id, day, events, by_type]),
    ).toEqual([
      ['173688', '2026-12-02', 2, { 'loan.A_SUBMITTED': 1, 'loan.O_SENT': 1 }],
      ['173688', '2026-12-03', 2, { 'loan.A_SUBMITTED': 1, 'loan.O_SENT': 1 }],
      ['9', '2026-12-02', 1, { 'loan.O_SENT': 1 }],
    ])
  })

  it('count decisions beside the events of the same entity, with the numbers of their requests', () => {
    const subject = { type: 'application', id: '173688' }
    const decided = (no: number, more: object) => decisionMade({ id: uuid(no), subject, ...more })
    const rows = fold([
      happened('loan.A_SUBMITTED', 0),
      decided(1, { request: { amount: 5000, hour: 8, note: 'x', urgent: true } }),
      decided(2, { request: { amount: 700, hour: 9 } }),
      decided(3, { request: { amount: 9 }, outcome: 'denied' }),
      decided(4, { request: { amount: 1 }, policy: null, variant: null, outcome: 'escalated' }),
    ])('entity_days')
    expect(rows).toEqual([
      {
        entity_type: 'application',
        entity_id: '173688',
        day: '2026-12-02',
        decisions: 4,
        by_outcome: { approved: 2, denied: 1, escalated: 1 },
        by_level: { AL2: 2, AL0: 2 },
        events: 1,
        by_type: { 'loan.A_SUBMITTED': 1 },
        sums: {
          'finance/discount/approved/amount': { count: 2, sum: 5700 },
          'finance/discount/approved/hour': { count: 2, sum: 17 },
          'finance/discount/denied/amount': { count: 1, sum: 9 },
        },
      },
    ])
  })

  it.each([
    ['after the decision', [0, 1, 2]],
    ['before the decision', [1, 2, 0]],
    ['around the decision', [1, 0, 2]],
  ])(
    'place outcomes that come %s on the day they tell of, at the decision’s entity',
    (_, order) => {
      const events = [decisionMade({ id: uuid(1) }), told(1, 0), told(2, DAY)]
      const rows = fold(order.map((at) => events[at] as Told))
      expect(rows('entity_outcomes')).toMatchObject([
        {
          metric: 'won',
          entity_type: 'customer',
          entity_id: 'c-42',
          day: '2026-12-03',
          revision: 2,
        },
      ])
      expect(rows('entity_decisions')).toEqual([
        { decision_id: uuid(1), entity_type: 'customer', entity_id: 'c-42', waiting: {} },
      ])
    },
  )

  it('keep a retraction, so that an older version that comes later does not count', () => {
    const rows = fold([decisionMade({ id: uuid(1) }), told(2, 0, { retract: true }), told(1, 0)])
    expect(rows('entity_outcomes')).toMatchObject([{ revision: 2, retracted: true }])
    const waiting = fold([told(2, 0, { retract: true }), told(1, 0), decisionMade({ id: uuid(1) })])
    expect(waiting('entity_outcomes')).toMatchObject([{ revision: 2, retracted: true }])
  })

  it('count types beyond the limit together, and names that objects inherit as any other', () => {
    const types = [
      'constructor',
      'toString',
      ...Array.from({ length: NAMES_MAX }, (_, i) => `t${i}`),
    ]
    const [row] = fold([...types, ...types].map((type) => happened(type, 0)))('entity_days')
    const counts = row?.by_type as Record<string, number>
    expect(Object.keys(counts)).toHaveLength(NAMES_MAX + 1)
    expect([counts.constructor, counts.t0, counts[OTHERS]]).toEqual([2, 2, 4])
  })

  it('leave alone events about nothing, and those of Writ’s own streams', () => {
    const rows = fold([
      happened('Pinged', 0, `event:${uuid(1)}`),
      happened('JobRunFinished', 0, 'job:nightly'),
      happened('AdviceReceived', 0, `decision:${uuid(1)}`),
    ])
    expect(rows('entity_days')).toEqual([])
  })
})
