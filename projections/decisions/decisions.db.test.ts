import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import {
  decisionMade,
  FINANCE,
  minutesAfterNoon,
  type ToldDecision,
  uuid,
} from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { decisionsProjection } from './decisions.projection.ts'
import { type DecisionFilter, decisionsBy, type ListedDecision } from './decisions.queries.ts'

const LEDGER = 'acme/decisions' as LedgerName
const COUNT = 120

/** Frequent and rare values of everything that can be asked for; time runs with the log but for every seventh. */
const made = (no: number): ToldDecision => {
  const isLoan = no % 3 === 0
  const outcome = no % 40 === 0 ? 'blocked' : no % 5 === 0 ? 'denied' : 'approved'
  return {
    id: uuid(no),
    at: minutesAfterNoon(no % 7 === 0 ? no * 10 - 300 : no * 10),
    domain: isLoan ? 'loans' : 'finance',
    action: isLoan ? 'preaccept' : no % 2 === 0 ? 'discount' : 'refund',
    outcome,
    level: outcome === 'approved' ? `AL${(no % 3) + 1}` : 'AL0',
    subject: { type: no % 2 === 0 ? 'customer' : 'application', id: `s-${no % 11}` },
    policy: isLoan ? null : { ...FINANCE, version: no < 60 ? '1.0.0' : '1.1.0' },
    variant: isLoan ? null : no % 4 === 0 ? 'B' : 'A',
  }
}

const ALL = Array.from({ length: COUNT }, (_, i) => made(i + 1))

const fits = (one: ToldDecision, filter: DecisionFilter): boolean =>
  [
    filter.domain === undefined || one.domain === filter.domain,
    filter.action === undefined || one.action === filter.action,
    filter.outcome === undefined || one.outcome === filter.outcome,
    filter.level === undefined || one.level === filter.level,
    filter.policy === undefined || one.policy?.name === filter.policy,
    filter.policyVersion === undefined || one.policy?.version === filter.policyVersion,
    filter.variant === undefined || one.variant === filter.variant,
    filter.subject === undefined ||
      (one.subject?.type === filter.subject.type && one.subject.id === filter.subject.id),
    filter.from === undefined || (one.at as string) >= filter.from,
    filter.until === undefined || (one.at as string) < filter.until,
  ].every((fit) => fit)

describeOnBothDatabases('the list of decisions', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [decisionsProjection], {
      ledger: LEDGER,
      told: ALL.map(decisionMade),
    })
  })

  const paged = async (filter: DecisionFilter): Promise<readonly ListedDecision[]> => {
    const items: ListedDecision[] = []
    let cursor: string | undefined
    do {
      const asked = cursor === undefined ? filter : { ...filter, cursor }
      const page = await decisionsBy(test.database, LEDGER, asked)
      if (page instanceof Problem) throw new Error(page.detail)
      expect(page.position).toBe(COUNT)
      expect(page.items.length).toBeLessThanOrEqual(filter.limit ?? 50)
      items.push(...page.items)
      cursor = page.next
    } while (cursor !== undefined)
    return items
  }

  const FILTERS: readonly DecisionFilter[] = [
    {},
    { domain: 'finance' },
    { domain: 'loans', outcome: 'blocked' },
    { domain: 'nowhere' },
    { action: 'refund' },
    { outcome: 'blocked' },
    { outcome: 'approved', level: 'AL2' },
    { level: 'AL0', action: 'discount', domain: 'finance' },
    { policy: FINANCE.name },
    { policy: FINANCE.name, policyVersion: '1.0.0', variant: 'B' },
    { variant: 'A', outcome: 'denied' },
    { subject: { type: 'customer', id: 's-4' } },
    { subject: { type: 'customer', id: 's-4' }, outcome: 'approved' },
  ]
  const TIMES: readonly DecisionFilter[] = [
    {},
    { from: minutesAfterNoon(300) },
    { until: minutesAfterNoon(305) },
    { from: minutesAfterNoon(250), until: minutesAfterNoon(901) },
    { from: minutesAfterNoon(99_999) },
  ]
  const cases = FILTERS.flatMap((filter) => TIMES.map((time) => [{ ...filter, ...time }] as const))

  it.each(cases)('by %j has each that fits once, the newest first', async (filter) => {
    const expected = ALL.filter((one) => fits(one, filter))
      .map(({ id }) => id)
      .reverse()
    expect((await paged({ ...filter, limit: 7 })).map(({ id }) => id)).toEqual(expected)
    expect((await paged(filter)).map(({ id }) => id)).toEqual(expected)
  })

  it('shows what was decided', async () => {
    const page = await decisionsBy(test.database, LEDGER, { limit: 1 })
    expect(page).toMatchObject({
      position: COUNT,
      items: [
        { id: uuid(COUNT), policy: null, outcome: 'blocked', decidedAt: minutesAfterNoon(1200) },
      ],
    })
  })

  it('neither repeats nor skips a row when decisions arrive between two pages', async () => {
    const ledger = 'acme/growing' as LedgerName
    const told = ALL.map(decisionMade)
    await foldInDatabase(test.database, [decisionsProjection], { ledger, told: told.slice(0, 60) })
    const first = await decisionsBy(test.database, ledger, { domain: 'finance', limit: 10 })
    await foldInDatabase(test.database, [decisionsProjection], { ledger, told })
    if (first instanceof Problem || first.next === undefined) throw new Error('no second page')
    const rest = await decisionsBy(test.database, ledger, { domain: 'finance', cursor: first.next })
    if (rest instanceof Problem) throw new Error(rest.detail)
    const expected = ALL.slice(0, 60)
      .filter(({ domain }) => domain === 'finance')
      .reverse()
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(
      expected.map(({ id }) => id),
    )
    expect([first.position, rest.position]).toEqual([60, COUNT])
  })

  it('is empty at position 0 where nothing was folded, and refuses odd pages', async () => {
    expect(await decisionsBy(test.database, 'acme/nothing')).toEqual({ position: 0, items: [] })
    for (const [asked, code] of [
      [{ cursor: 'x' }, 'cursor-invalid'],
      [{ limit: 501 }, 'request-invalid'],
      [{ limit: 0 }, 'request-invalid'],
      [{ from: 'yesterday' }, 'request-invalid'],
    ] as const) {
      expect(await decisionsBy(test.database, LEDGER, asked)).toMatchObject({ code })
    }
  })
})
