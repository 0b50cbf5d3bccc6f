import type { LedgerName } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../test/support/test-databases.ts'
import { alarmCleared, alarmRaised } from './drift/drift-history.fixture.ts'
import { PROJECTIONS } from './index.ts'
import { shadowEnded, shadowEvaluated, shadowStarted } from './shadows/shadow-events.fixture.ts'
import { actionFlagSet, killSwitchSet, policyActivated } from './shared/control-events.fixture.ts'
import { decisionMade, minutesAfterNoon, type Told, uuid } from './shared/history.fixture.ts'
import { foldInDatabase } from './shared/in-database.fixture.ts'
import { reviewOpened, reviewTold, voteCast } from './shared/review-events.fixture.ts'
import { decisions, outcomeMessages, published } from './variant-stats/outcome-scenario.fixture.ts'

/** Something for every read model, corrections and people's acts among it. */
const TOLD: readonly Told[] = [
  actionFlagSet('finance', 'discount', 'on'),
  published(),
  policyActivated({ version: '1.1.0' }),
  ...decisions('override'),
  ...[1, 2, 3].map((no) =>
    decisionMade({
      id: uuid(20 + no),
      at: minutesAfterNoon(no * 1000),
      request: { discount: 0.1 * no },
    }),
  ),
  ...outcomeMessages.map((told, i) => ({ ...told, id: uuid(0xd000 + i) })),
  ...[5, 3000, 5, 1].map(
    (minute): Told => ({
      type: 'OrderPlaced',
      stream: 'customer:c-42',
      data: {},
      occurredAt: minutesAfterNoon(minute),
    }),
  ),
  killSwitchSet('halt', { kind: 'ledger' }),
  reviewOpened('r-1'),
  voteCast('r-1', 'approve'),
  reviewTold('r-1', 'ReviewGranted', { by: ['bo'] }),
  alarmRaised('a-1'),
  alarmCleared('a-1'),
  shadowStarted(0x51),
  shadowEvaluated({ run: 0x51, decision: 21, class: 'tightened', verdict: null }),
  shadowEnded(0x51, 'date'),
]

describeOnBothDatabases('every read model', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
  })

  /** All rows of a ledger, as texts without its name. */
  const rowsOf = async (ledger: string): Promise<Readonly<Record<string, readonly string[]>>> => {
    const found: Record<string, readonly string[]> = {}
    for (const { name } of PROJECTIONS.flatMap(({ tables }) => tables)) {
      const rows = await test.database.query<{ row: string }>({
        text: `select (to_jsonb(t) - 'ledger')::text as row from projection.${name} t where ledger = $1 order by 1`,
        values: [ledger],
      })
      found[name] = rows.map(({ row }) => row)
    }
    return found
  }

  it('has the same rows whether it was folded at once or begun anew after each event', async () => {
    const whole = 'acme/whole' as LedgerName
    await foldInDatabase(test.database, PROJECTIONS, { ledger: whole, told: TOLD })
    const rows = await rowsOf(whole)
    expect(Object.entries(rows).filter(([, list]) => list.length === 0)).toEqual([])
    const pieces = 'acme/pieces' as LedgerName
    for (let known = 1; known <= TOLD.length; known++) {
      const told = TOLD.slice(0, known)
      await foldInDatabase(test.database, PROJECTIONS, { ledger: pieces, told })
    }
    expect(await rowsOf(pieces)).toEqual(rows)
    expect(await test.database.query({ text: 'select * from projection.parked' })).toEqual([])
  })
})
