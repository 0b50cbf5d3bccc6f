import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { decisionMade, minutesAfterNoon, uuid } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { autonomyProjection } from './autonomy.projection.ts'
import { type AutonomyAsked, autonomyMix } from './autonomy.queries.ts'

const LEDGER = 'acme/autonomy' as LedgerName
const HOUR = 60

describeOnBothDatabases('the mix of autonomy levels', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    const made = (no: number, hour: number, more: object = {}) =>
      decisionMade({ id: uuid(no), at: minutesAfterNoon(hour * HOUR + 30), ...more })
    await foldInDatabase(test.database, [autonomyProjection], {
      ledger: LEDGER,
      told: [
        made(1, 0),
        made(2, 0, { level: 'AL1' }),
        made(3, 11),
        made(4, 12, { outcome: 'denied' }),
        made(5, 12, { domain: 'loans', policy: null, variant: null, outcome: 'escalated' }),
        made(6, 40),
      ],
    })
  })

  const mix = async (asked: Partial<AutonomyAsked>) => {
    const found = await autonomyMix(test.database, LEDGER, {
      from: '2026-12-01T00:00:00Z',
      until: '2026-12-31T00:00:00Z',
      ...asked,
    })
    if (found instanceof Problem) throw new Error(found.detail)
    return found
  }
  const policy = 'finance-constitution@1.1.0'

  it('is summed by day of UTC', async () => {
    const found = await mix({})
    expect(found.position).toBe(6)
    expect(found.items).toEqual([
      {
        ...{ start: '2026-12-02T00:00:00.000Z', domain: 'finance', policy, decisions: 3 },
        ...{ byLevel: { AL1: 1, AL2: 2 }, byOutcome: { approved: 3 } },
      },
      {
        ...{ start: '2026-12-03T00:00:00.000Z', domain: 'finance', policy, decisions: 1 },
        ...{ byLevel: { AL0: 1 }, byOutcome: { denied: 1 } },
      },
      {
        ...{ start: '2026-12-03T00:00:00.000Z', domain: 'loans', policy: null, decisions: 1 },
        ...{ byLevel: { AL0: 1 }, byOutcome: { escalated: 1 } },
      },
      {
        ...{ start: '2026-12-04T00:00:00.000Z', domain: 'finance', policy, decisions: 1 },
        ...{ byLevel: { AL2: 1 }, byOutcome: { approved: 1 } },
      },
    ])
  })

  it('is shown by hour, narrowed by time and domain', async () => {
    const from = minutesAfterNoon(11 * HOUR + 45)
    const asked = {
      from,
      until: minutesAfterNoon(13 * HOUR),
      by: 'hour',
      domain: 'finance',
    } as const
    const { items } = await mix(asked)
    expect(items.map(({ start, decisions }) => [start, decisions])).toEqual([
      [minutesAfterNoon(11 * HOUR), 1],
      [minutesAfterNoon(12 * HOUR), 1],
    ])
    expect((await mix({ policy: 'finance-constitution', policyVersion: '9.9.9' })).items).toEqual(
      [],
    )
  })

  it('refuses ranges that no answer holds', async () => {
    const asked = { from: '2020-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }
    expect(await autonomyMix(test.database, LEDGER, asked)).toMatchObject({
      code: 'request-invalid',
    })
  })
})
