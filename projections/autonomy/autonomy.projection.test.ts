import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import { decisionMade, minutesAfterNoon, type Told, uuid } from '../shared/history.fixture.ts'
import { autonomyProjection } from './autonomy.projection.ts'

const fold = (told: readonly Told[]) => folding(autonomyProjection)(told)('autonomy_hours')
const at = (minute: number, no: number, more: object = {}): Told =>
  decisionMade({ id: uuid(no), at: minutesAfterNoon(minute), ...more })

describe('the mix of autonomy levels', () => {
  it('counts by hour, domain, policy, level and outcome, in whatever order decisions came', () => {
    const rows = fold([
      at(60, 1),
      at(59, 2),
      at(119, 3),
      at(61, 4, { level: 'AL1' }),
      at(62, 5, { outcome: 'denied' }),
      at(63, 6, { domain: 'loans', policy: null, variant: null, outcome: 'escalated' }),
    ])
    expect(
      rows.map(({ hour, domain, policy, level, outcome, decisions }) => [
        ...[(hour as string).slice(11, 16), domain, policy, level, outcome, decisions],
      ]),
    ).toEqual([
      ['12:00', 'finance', 'finance-constitution', 'AL2', 'approved', 1],
      ['13:00', 'finance', 'finance-constitution', 'AL0', 'denied', 1],
      ['13:00', 'finance', 'finance-constitution', 'AL1', 'approved', 1],
      ['13:00', 'finance', 'finance-constitution', 'AL2', 'approved', 2],
      ['13:00', 'loans', '', 'AL0', 'escalated', 1],
    ])
  })

  it('ignores other types and namesakes in other categories', () => {
    expect(
      fold([
        { ...at(0, 1), type: 'DecisionVetoed' },
        { ...at(0, 2), stream: 'order:1' },
      ]),
    ).toEqual([])
  })
})
