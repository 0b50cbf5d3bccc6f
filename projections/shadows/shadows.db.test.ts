import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { uuid } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { shadowEnded, shadowEvaluated, shadowStarted, VERDICT } from './shadow-events.fixture.ts'
import { shadowsProjection } from './shadows.projection.ts'
import { runningShadows, type ShadowFilter, shadowCounts, shadowsBy } from './shadows.queries.ts'

const LEDGER = 'acme/shadows' as LedgerName

const STRICTER = { class: 'tightened', verdict: VERDICT } as const

describeOnBothDatabases('shadow runs, read back,', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [shadowsProjection], {
      ledger: LEDGER,
      told: [
        ...[shadowStarted(1), shadowStarted(2, { domain: 'hr' }), shadowStarted(3)],
        ...[10, 11, 12].map((decision) =>
          shadowEvaluated({ run: 1, decision, after: 9, ...STRICTER }),
        ),
        shadowEvaluated({ run: 1, decision: 13, after: 12 }),
        shadowEnded(3, 'stale'),
      ],
    })
  })

  it.each([
    [{}, [3, 2, 1]],
    [{ state: 'running' }, [2, 1]],
    [{ state: 'running', domain: 'finance' }, [1]],
    [{ state: 'stale' }, [3]],
  ] as const)('by %j are %j', async (filter: ShadowFilter, expected) => {
    const page = await shadowsBy(test.database, LEDGER, filter)
    if (page instanceof Problem) throw new Error(page.detail)
    expect(page.position).toBe(8)
    expect(page.items.map(({ id }) => id)).toEqual(expected.map(uuid))
  })

  it('say what they have come to, with the newest differences first', async () => {
    const found = await shadowCounts(test.database, LEDGER, { id: uuid(1), differences: 2 })
    if (found instanceof Problem) throw new Error(found.detail)
    expect(found.position).toBe(8)
    expect(found.run).toMatchObject({
      ...{ evaluated: 4, classes: { same: 1, tightened: 3 }, first: 10, last: 13, errors: [] },
      matrix: [
        {
          live: { outcome: 'approved', autonomyLevel: 'AL2' },
          verdict: { outcome: 'approved', autonomyLevel: 'AL2' },
          decisions: 1,
        },
        { verdict: { outcome: 'escalated', autonomyLevel: 'AL0' }, decisions: 3 },
      ],
      differences: [
        { decision: uuid(12), position: 12, class: 'tightened', verdict: VERDICT, error: null },
        { decision: uuid(11) },
      ],
    })
  })

  it('are not found in another ledger', async () => {
    const none = await shadowCounts(test.database, 'acme/other', { id: uuid(1) })
    expect(none).toMatchObject({ code: 'shadow-not-found' })
  })

  it('that have not ended are told to whoever follows them, with how far they were judged', async () => {
    expect(await runningShadows(test.database)).toEqual([
      { ledger: LEDGER, id: uuid(1), progress: 12 },
      { ledger: LEDGER, id: uuid(2), progress: 0 },
    ])
  })
})
