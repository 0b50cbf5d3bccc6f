import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { DIGEST, minutesAfterNoon, type Told, uuid } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { driftProjection } from './drift.projection.ts'
import { type DriftWindows, decisionsAfter, driftAlarms, driftWindows } from './drift.queries.ts'
import { alarmCleared, alarmRaised, mixed, said, type ToldMix } from './drift-history.fixture.ts'

const LEDGER = 'acme/drift' as LedgerName

/** Every third is of another domain; actions, levels and outcomes alternate, and every tenth lacks evidence. */
const made = (no: number): ToldMix => ({
  id: uuid(no),
  at: minutesAfterNoon(no),
  domain: no % 3 === 0 ? 'loans' : 'finance',
  action: no % 2 === 0 ? 'discount' : 'refund',
  outcome: no % 5 === 0 ? 'escalated' : 'approved',
  ...(no % 5 === 0 ? {} : { level: no <= 60 ? 'AL1' : 'AL2' }),
  rules: no % 4 === 0 ? ['a', 'b'] : ['a'],
  heard: no % 10 === 0 ? ['EVIDENCE_MISSING'] : [],
})

/** After each escalated decision people grant or decline it, and of every eleventh approval they take one back. */
const TOLD: readonly Told[] = Array.from({ length: 120 }, (_, i) => made(i + 1)).flatMap(
  (one, i) => {
    const no = i + 1
    const at = one.at as string
    return [
      mixed(one),
      ...(no % 5 === 0
        ? [said(no % 2 === 0 ? 'ReviewGranted' : 'ReviewDeclined', one.id, at)]
        : no % 11 === 0
          ? [said('DecisionVetoed', one.id, at)]
          : []),
    ]
  },
)

interface Known {
  readonly position: number
  readonly no: number
  readonly told: ToldMix
}

const KNOWN: readonly Known[] = TOLD.flatMap(({ type }, i) =>
  type === 'DecisionMade' ? [i] : [],
).map((index, i) => ({ position: index + 1, no: i + 1, told: made(i + 1) }))
const FINANCE = KNOWN.filter(({ told }) => told.domain === 'finance')

const counted = (list: readonly Known[], of: (told: ToldMix) => string) => {
  const counts = new Map<string, number>()
  for (const { told } of list) counts.set(of(told), (counts.get(of(told)) ?? 0) + 1)
  return counts
}
const levelOf = ({ outcome, level }: ToldMix): string =>
  outcome === 'approved' ? (level as string) : 'AL0'

describeOnBothDatabases('windows of decisions', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [driftProjection], { ledger: LEDGER, told: TOLD })
  })

  const windows = (asked: DriftWindows, more: object = {}) =>
    driftWindows(test.database, LEDGER, {
      ...{ domain: 'finance', policyDigest: DIGEST, after: 0, windows: asked },
      ...more,
    })
  const expectWindow = (
    found: Awaited<ReturnType<typeof windows>>['current'],
    list: readonly Known[],
  ): void => {
    expect(found.decisions).toBe(list.length)
    expect([found.first, found.last]).toEqual([list[0]?.position ?? 0, list.at(-1)?.position ?? 0])
    expect(found.counts.level).toEqual(counted(list, levelOf))
    expect(found.counts.outcome).toEqual(counted(list, ({ outcome }) => outcome as string))
    expect(found.counts.rule).toEqual(counted(list, ({ rules = [] }) => rules.join('+')))
    expect(found.counts['missing-evidence']).toEqual(
      counted(list, ({ heard = [] }) => (heard.length > 0 ? 'missing' : 'complete')),
    )
  }

  it.each([
    [0, 20, 30],
    [7, 20, 30],
    [0, 1, 1],
    [0, 20, 1_000_000_000],
    [79, 20, 30],
    [500, 20, 30],
  ])(
    'by number hold exactly those asked for: skip %i, %i after %i',
    async (skip, current, reference) => {
      const found = await windows({ by: 'decisions', skip, current, reference })
      const end = Math.max(0, FINANCE.length - skip)
      const middle = Math.max(0, end - current)
      expectWindow(found.current, FINANCE.slice(middle, end))
      expectWindow(found.reference, FINANCE.slice(Math.max(0, middle - reference), middle))
      expect(found.position).toBe(TOLD.length)
    },
  )

  it('by time hold those decided in them, the beginning included and the end not', async () => {
    const found = await windows({
      ...{ by: 'time', referenceFrom: minutesAfterNoon(10), currentFrom: minutesAfterNoon(70) },
      until: minutesAfterNoon(100),
    })
    expectWindow(
      found.reference,
      FINANCE.filter(({ no }) => no >= 10 && no < 70),
    )
    expectWindow(
      found.current,
      FINANCE.filter(({ no }) => no >= 70 && no < 100),
    )
    // Reviews are closed in the minute of their decision.
    const closed = FINANCE.filter(({ no }) => no >= 70 && no < 100 && no % 5 === 0)
    expect(found.current.counts.override).toEqual(
      counted(closed, ({ action }) => (action === 'discount' ? 'granted' : 'declined')),
    )
  })

  it('count what people said between the first decision of a window and the first of the next', async () => {
    const found = await windows({ by: 'decisions', skip: 10, current: 30, reference: 30 })
    const list = FINANCE.slice(40, 70)
    const closed = list.filter(({ no }) => no % 5 === 0)
    const granted = closed.filter(({ no }) => no % 2 === 0)
    expect(found.current.counts.override).toEqual(
      new Map([
        ['granted', granted.length],
        ['declined', closed.length - granted.length],
      ]),
    )
    const approved = list.filter(({ told }) => told.outcome === 'approved')
    const vetoed = approved.filter(({ no }) => no % 11 === 0)
    expect(vetoed.length).toBeGreaterThan(0)
    expect(found.current.counts.veto).toEqual(
      new Map([
        ['vetoed', vetoed.length],
        ['let-stand', approved.length - vetoed.length],
      ]),
    )
  })

  it('begin after a position, end with one, and hold one action and one policy alone', async () => {
    const asked = { by: 'decisions', skip: 0, current: 10, reference: 1_000 } as const
    const [after, through] = [FINANCE[19]?.position as number, FINANCE[59]?.position as number]
    const found = await windows(asked, { after, through })
    expectWindow(found.current, FINANCE.slice(50, 60))
    expectWindow(found.reference, FINANCE.slice(20, 50))
    const discounts = FINANCE.filter(({ told }) => told.action === 'discount')
    const ofAction = await windows(asked, { action: 'discount' })
    expectWindow(ofAction.current, discounts.slice(-10))
    const other = await windows(asked, { policyDigest: `sha256:${'e'.repeat(64)}` })
    expect([other.current.decisions, other.reference.decisions]).toEqual([0, 0])
    expect(other.position).toBe(TOLD.length)
  })

  it('are counted out beforehand, up to the position that is told', async () => {
    const asked = { domain: 'finance', policyDigest: DIGEST, after: FINANCE[9]?.position as number }
    expect(await decisionsAfter(test.database, LEDGER, asked)).toEqual({
      ...{ position: TOLD.length, decisions: FINANCE.length - 10 },
    })
    const none = await decisionsAfter(test.database, 'acme/nothing', asked)
    expect(none).toEqual({ position: 0, decisions: 0 })
  })

  it('are followed by alarms, the newest first, by domain and state', async () => {
    const ledger = 'acme/alarms' as LedgerName
    await foldInDatabase(test.database, [driftProjection], {
      ledger,
      told: [
        alarmRaised('a-1'),
        alarmCleared('a-1'),
        alarmRaised('a-2'),
        alarmRaised('a-3', 'loans'),
      ],
    })
    const ids = async (filter = {}) => {
      const found = await driftAlarms(test.database, ledger, filter)
      if (found instanceof Problem) throw new Error(found.detail)
      return found.items.map(({ id }) => id)
    }
    expect(await ids()).toEqual(['a-3', 'a-2', 'a-1'])
    expect(await ids({ domain: 'finance' })).toEqual(['a-2', 'a-1'])
    expect(await ids({ domain: 'finance', state: 'open' })).toEqual(['a-2'])
    expect(await driftAlarms(test.database, ledger, { state: 'cleared' })).toMatchObject({
      position: 4,
      items: [{ id: 'a-1', loweredTo: 'AL2', cleared: { by: 'ada', reason: 'the new feed' } }],
    })
    expect(await driftAlarms(test.database, ledger, { limit: 0 })).toMatchObject({
      code: 'request-invalid',
    })
  })
})
