import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import { minutesAfterNoon, outcomeRecorded, type Told, uuid } from '../shared/history.fixture.ts'
import { outcomesProjection } from './outcomes.projection.ts'

const fold = folding(outcomesProjection)
const D1 = uuid(1)

const sold = (revision: number, more: Partial<Parameters<typeof outcomeRecorded>[0]> = {}): Told =>
  outcomeRecorded({ decisionId: D1, revision, ...more })

describe('outcomes', () => {
  it('keep every version, and the one that counts', () => {
    const rows = fold([
      sold(1, { occurredAt: minutesAfterNoon(1), recordedAt: minutesAfterNoon(2) }),
      sold(2, { values: { won: false }, recordedAt: minutesAfterNoon(9) }),
    ])
    expect(rows('outcome_versions')).toHaveLength(2)
    expect(rows('outcomes')).toEqual([
      {
        decision_id: D1,
        metric: 'won',
        event_id: uuid(0xe001),
        revision: 2,
        reported: { won: false },
        retracted: false,
        occurred_at: minutesAfterNoon(0),
        recorded_at: minutesAfterNoon(9),
        position: 2,
        versions: 2,
        first_position: 1,
      },
    ])
  })

  it('count by revision, whatever the order of arrival', () => {
    const [row] = fold([sold(3, { values: { n: 3 } }), sold(1), sold(2)])('outcomes')
    expect(row).toMatchObject({ revision: 3, reported: { n: 3 }, versions: 3, position: 1 })
  })

  it('of one revision count by the time they tell of, then by arrival', () => {
    const early = sold(1, { values: { n: 1 }, occurredAt: minutesAfterNoon(5) })
    const late = sold(1, { values: { n: 2 }, occurredAt: minutesAfterNoon(6) })
    const again = sold(1, { values: { n: 3 }, occurredAt: minutesAfterNoon(6) })
    const counting = (told: readonly Told[]) => fold(told)('outcomes')[0]?.reported
    expect(counting([early, late])).toEqual({ n: 2 })
    expect(counting([late, early])).toEqual({ n: 2 })
    expect(counting([late, early, again])).toEqual({ n: 3 })
  })

  it('told twice by one message are one version', () => {
    const same = sold(1, { id: uuid(77) })
    const rows = fold([same, sold(2), same])
    expect(rows('outcome_versions')).toHaveLength(2)
    expect(rows('outcomes')[0]).toMatchObject({ revision: 2, versions: 2 })
  })

  it('that are retracted stay, and say so; a later version counts again', () => {
    const retraction = sold(2, { retract: true, values: {} })
    expect(fold([sold(1), retraction])('outcomes')[0]).toMatchObject({
      retracted: true,
      reported: {},
    })
    expect(fold([sold(1), retraction, sold(3)])('outcomes')[0]).toMatchObject({ retracted: false })
  })

  it('of several metrics and decisions stand apart', () => {
    const rows = fold([
      sold(1),
      sold(1, { metric: 'margin' }),
      outcomeRecorded({ decisionId: uuid(2) }),
    ])
    expect(rows('outcomes').map(({ decision_id, metric }) => [decision_id, metric])).toEqual([
      [D1, 'margin'],
      [D1, 'won'],
      [uuid(2), 'won'],
    ])
  })

  it('without values have none, and of no UUID are refused', () => {
    const bare = sold(1)
    const { values: _, ...data } = bare.data
    expect(fold([{ ...bare, data }])('outcomes')[0]).toMatchObject({ reported: {} })
    expect(() => fold([outcomeRecorded({ decisionId: 'd1' })])).toThrow(/names no UUID/)
  })

  it('are no events of other categories or types', () => {
    const one = sold(1)
    const rows = fold([
      { ...one, stream: 'order:1' },
      { ...one, type: 'OutcomeDisputed' },
    ])
    expect(rows('outcome_versions')).toEqual([])
  })
})
