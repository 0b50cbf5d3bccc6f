import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { minutesAfterNoon, outcomeRecorded, uuid } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { outcomesProjection } from './outcomes.projection.ts'
import { type OutcomesAsked, outcomesBy, outcomesOfDecision } from './outcomes.queries.ts'

const LEDGER = 'acme/outcomes' as LedgerName
const D1 = uuid(1)

/** Told at minute `recorded` of what happened at minute `occurred`. */
const told = (
  revision: number,
  values: { n: number },
  occurred: number,
  recorded: number,
  more = {},
) =>
  outcomeRecorded({
    decisionId: D1,
    revision,
    values,
    occurredAt: minutesAfterNoon(occurred),
    recordedAt: minutesAfterNoon(recorded),
    ...more,
  })

describeOnBothDatabases('outcomes', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [outcomesProjection], {
      ledger: LEDGER,
      told: [
        told(1, { n: 1 }, 10, 11),
        told(2, { n: 2 }, 20, 60),
        told(1, { n: 7 }, 5, 61, { metric: 'margin' }),
        told(3, { n: 3 }, 15, 90, { retract: true }),
        ...Array.from({ length: 7 }, (_, i) => outcomeRecorded({ decisionId: uuid(100 + i) })),
      ],
    })
  })

  const counting = async (asked: Partial<OutcomesAsked>) => {
    const found = await outcomesOfDecision(test.database, LEDGER, { decisionId: D1, ...asked })
    if (found instanceof Problem) throw new Error(found.detail)
    expect(found.position).toBe(11)
    return {
      effective: found.effective.map(({ metric, values, retracted }) =>
        retracted ? [metric, 'retracted'] : [metric, values.n],
      ),
      history: found.history.map(({ position }) => position),
    }
  }
  const minute = minutesAfterNoon

  it.each([
    [
      'all there is',
      {},
      [
        ['margin', 7],
        ['won', 'retracted'],
      ],
      [1, 2, 3, 4],
    ],
    ['known at 60', { knownAt: minute(60) }, [['won', 2]], [1, 2]],
    ['known at 10', { knownAt: minute(10) }, [], []],
    [
      'as of 12',
      { asOf: minute(12) },
      [
        ['margin', 7],
        ['won', 1],
      ],
      [1, 2, 3, 4],
    ],
    [
      'as of 15',
      { asOf: minute(15) },
      [
        ['margin', 7],
        ['won', 'retracted'],
      ],
      [1, 2, 3, 4],
    ],
    [
      'as of 20, known at 61',
      { asOf: minute(20), knownAt: minute(61) },
      [
        ['margin', 7],
        ['won', 2],
      ],
      [1, 2, 3],
    ],
    ['as of 7, known at 60', { asOf: minute(7), knownAt: minute(60) }, [], [1, 2]],
  ])('%s', async (_, asked, effective, history) => {
    expect(await counting(asked)).toEqual({ effective, history })
  })

  it('of an id that no decision can have are none', async () => {
    const found = await outcomesOfDecision(test.database, LEDGER, { decisionId: 'd1' })
    expect(found).toEqual({ position: 11, decisionId: 'd1', effective: [], history: [] })
  })

  it('are listed once each, the newest first, page by page', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await outcomesBy(test.database, LEDGER, {
        metric: 'won',
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      })
      if (page instanceof Problem) throw new Error(page.detail)
      seen.push(...page.items.map(({ decisionId }) => decisionId))
      cursor = page.next
    } while (cursor !== undefined)
    expect(seen).toEqual([...Array.from({ length: 7 }, (_, i) => uuid(106 - i)), D1])
  })
})
