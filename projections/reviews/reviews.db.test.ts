import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { DIGEST, minutesAfterNoon, type Told, uuid } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { reviewsProjection } from './reviews.projection.ts'
import { dueReviews, type ReviewFilter, reviewsBy } from './reviews.queries.ts'

const LEDGER = 'acme/reviews' as LedgerName

const opened = (no: number, role: string, domain: string): Told => ({
  type: 'ReviewOpened',
  stream: `review:r-${no}`,
  data: {
    ...{ kind: 'decision', digest: DIGEST, about: {}, domain, action: 'act', subject: null },
    ...{ decisionId: uuid(no), path: 'desk', exclude: [], requestedBy: 'ada', onTimeout: 'deny' },
    stages: [{ roles: [role], quorum: 1, withinMs: 60_000 }],
    due: minutesAfterNoon(no),
  },
})
const later = (type: string, no: number, data = {}): Told => ({
  type,
  stream: `review:r-${no}`,
  data,
})

describeOnBothDatabases('the list of reviews', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [reviewsProjection], {
      ledger: LEDGER,
      told: [
        opened(1, 'cfo', 'finance'),
        opened(2, 'credit-officer', 'loans'),
        opened(3, 'cfo', 'finance'),
        later('VoteCast', 1, { by: 'bo', verdict: 'approve', reason: { code: 'FINE' }, stage: 0 }),
        later('ReviewGranted', 1),
      ],
    })
  })

  const ids = async (filter: ReviewFilter) => {
    const page = await reviewsBy(test.database, LEDGER, filter)
    if (page instanceof Problem) throw new Error(page.detail)
    expect(page.position).toBe(5)
    return page.items.map(({ id }) => id)
  }

  it.each([
    [{}, ['r-3', 'r-2', 'r-1']],
    [{ state: 'open' }, ['r-3', 'r-2']],
    [{ state: 'open', domain: 'finance' }, ['r-3']],
    [{ role: 'cfo' }, ['r-3', 'r-1']],
    [{ state: 'granted', role: 'credit-officer' }, []],
    [{ decisionId: uuid(2) }, ['r-2']],
  ] as const)('by %j is %j', async (filter, expected) => {
    expect(await ids(filter)).toEqual(expected)
  })

  it('names those whose time is up, the longest waiting first, and none that has ended', async () => {
    const due = async (minute: number) =>
      (await dueReviews(test.database, minutesAfterNoon(minute))).map(({ id }) => id)
    expect(await due(1)).toEqual([])
    expect(await due(2)).toEqual(['r-2'])
    expect(await due(60)).toEqual(['r-2', 'r-3'])
  })

  it('shows votes and end, and pages', async () => {
    const first = await reviewsBy(test.database, LEDGER, { limit: 2 })
    if (first instanceof Problem || first.next === undefined) throw new Error('no second page')
    const second = await reviewsBy(test.database, LEDGER, { limit: 2, cursor: first.next })
    expect(second).toMatchObject({
      items: [
        {
          ...{ id: 'r-1', state: 'granted', due: minutesAfterNoon(1), voteCount: 1 },
          votes: [{ by: 'bo', verdict: 'approve', reason: 'FINE', position: 4 }],
          closed: { by: 'ada', reason: null },
        },
      ],
    })
  })
})
