import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import {
  decisionMade,
  minutesAfterNoon,
  outcomeRecorded,
  type Told,
  uuid,
} from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { entityFeaturesProjection } from './entity-features.projection.ts'
import { dayOfEntity, featuresOf } from './entity-features.queries.ts'

const LEDGER = 'acme/features' as LedgerName
const ADA = { type: 'customer', id: 'c-42' }
const DAY = 24 * 60
/** Days after 2 December, noon. */
const onDay = (day: number): string => minutesAfterNoon(day * DAY)

const TOLD: readonly Told[] = [
  decisionMade({ id: uuid(1), at: onDay(0) }),
  decisionMade({ id: uuid(2), at: onDay(-6), outcome: 'escalated' }),
  decisionMade({ id: uuid(3), at: onDay(-7), outcome: 'denied' }),
  decisionMade({ id: uuid(4), at: onDay(-89) }),
  decisionMade({ id: uuid(5), at: onDay(-90) }),
  decisionMade({ id: uuid(6), at: onDay(1) }),
  outcomeRecorded({ decisionId: uuid(4), occurredAt: onDay(-20) }),
  outcomeRecorded({ decisionId: uuid(1), occurredAt: onDay(0), revision: 1 }),
  outcomeRecorded({ decisionId: uuid(1), occurredAt: onDay(0), revision: 2, retract: true }),
  { type: 'OrderPlaced', stream: 'customer:c-42', data: {}, occurredAt: onDay(-1) },
]

describeOnBothDatabases('features of entities', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    const projections = [entityFeaturesProjection]
    await foldInDatabase(test.database, projections, { ledger: LEDGER, told: TOLD })
  })

  it('are windows that end with the asked day', async () => {
    const found = await featuresOf(test.database, LEDGER, { entity: ADA, asOf: onDay(0) })
    if (found instanceof Problem) throw new Error(found.detail)
    expect(found.position).toBe(TOLD.length)
    expect(
      found.windows.map(({ days, from, to, decisions, events, outcomes }) => [
        ...[days, from, to, decisions, events, outcomes],
      ]),
    ).toEqual([
      [1, '2026-12-02', '2026-12-02', 1, 0, 0],
      [7, '2026-11-26', '2026-12-02', 2, 1, 0],
      [30, '2026-11-03', '2026-12-02', 3, 1, 1],
      [90, '2026-09-04', '2026-12-02', 4, 1, 1],
    ])
    expect(found.windows[2]).toMatchObject({
      byOutcome: { approved: 1, denied: 1, escalated: 1 },
      byLevel: { AL0: 2, AL2: 1 },
      byType: { OrderPlaced: 1 },
      byMetric: { won: 1 },
      rates: { approved: 1 / 3, escalated: 1 / 3, denied: 1 / 3, automatic: 1 / 3 },
    })
    expect(found.windows[3]?.sums['finance/discount/approved/discount']).toEqual({
      count: 2,
      sum: 0.16,
    })
  })

  it('of an entity that nobody knows are zeros and no rates', async () => {
    const entity = { type: 'customer', id: 'nobody' }
    const found = await featuresOf(test.database, LEDGER, { entity, asOf: onDay(0) })
    expect(found).toMatchObject({ position: TOLD.length })
    if (found instanceof Problem) throw new Error(found.detail)
    expect(found.windows[3]).toMatchObject({
      ...{ decisions: 0, events: 0, outcomes: 0, byType: {}, sums: {} },
      rates: { approved: null, escalated: null, denied: null, automatic: null },
    })
  })

  it('of one day are that day’s alone, late news included', async () => {
    const day = async (no: number) =>
      dayOfEntity(test.database, LEDGER, { entity: ADA, asOf: onDay(no) })
    expect(await day(-1)).toMatchObject({ day: '2026-12-01', events: 1, decisions: 0, outcomes: 0 })
    expect(await day(-20)).toMatchObject({ day: '2026-11-12', events: 0, outcomes: 1 })
    expect(await day(-2)).toMatchObject({ day: '2026-11-30', events: 0 })
    const late: Told = {
      type: 'OrderPlaced',
      stream: 'customer:c-42',
      data: {},
      occurredAt: onDay(-2),
    }
    await foldInDatabase(test.database, [entityFeaturesProjection], {
      ledger: LEDGER,
      told: [...TOLD, late],
    })
    expect(await day(-2)).toMatchObject({ position: TOLD.length + 1, events: 1 })
    expect(await day(-1)).toMatchObject({ events: 1 })
  })
})
