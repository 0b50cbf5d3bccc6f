import type { LedgerName } from '@writ/kernel'
import { Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { decisionMade, FINANCE, minutesAfterNoon, uuid } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import {
  decisions,
  EXPECTED,
  knownAt,
  outcomeMessages,
  published,
} from './outcome-scenario.fixture.ts'
import { variantStatsProjection } from './variant-stats.projection.ts'
import { type VariantStats, type VariantStatsAsked, variantStats } from './variant-stats.queries.ts'

describeOnBothDatabases('variant statistics', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
  })

  const fold = (ledger: string, told: Parameters<typeof foldInDatabase>[2]['told']) =>
    foldInDatabase(test.database, [variantStatsProjection], { ledger: ledger as LedgerName, told })
  const ask = async (
    ledger: string,
    asked: Omit<VariantStatsAsked, 'policy'>,
  ): Promise<VariantStats> => {
    const stats = await variantStats(test.database, ledger, { policy: FINANCE.name, ...asked })
    if (stats instanceof Problem) throw new Error(stats.detail)
    return stats
  }
  const table = ({ items }: VariantStats) =>
    Object.fromEntries(
      items.map(({ variant, alpha, beta, successes, failures, pending, excluded }) => [
        variant,
        [alpha, beta, successes, failures, pending, excluded],
      ]),
    )

  it.each(Object.keys(EXPECTED).map(Number))('are as expected at minute %i', async (minute) => {
    const ledger = `acme/at-${minute}`
    const known = await fold(ledger, knownAt(minute))
    const stats = await ask(ledger, { asOf: minutesAfterNoon(minute) })
    expect(table(stats)).toEqual(EXPECTED[minute])
    expect(stats.position).toBe(known.length)
  })

  it('at an earlier instant see later news of earlier times, and no later decisions', async () => {
    await fold('acme/all', knownAt(200))
    const stats = await ask('acme/all', { asOf: minutesAfterNoon(41) })
    // The correction of d2 came at 90 and tells of 40; d1's success is retracted; d3's came after its window.
    expect(table(stats)).toEqual({ A: [1, 1, 0, 0, 2, 0], B: [2, 1, 1, 0, 0, 1] })
    expect(stats.items.map(({ matured }) => matured)).toEqual([
      { successes: 0, failures: 0 },
      { successes: 0, failures: 0 },
    ])
  })

  it('tell what is matured, and narrow by version, metric and outcome of the decision', async () => {
    const denied = decisionMade({ id: uuid(50), outcome: 'denied', at: minutesAfterNoon(0) })
    await fold('acme/narrow', [...knownAt(200), denied])
    const asOf = minutesAfterNoon(200)
    const all = await ask('acme/narrow', { asOf })
    expect(table(all).A).toEqual([1, 4, 0, 3, 0, 0])
    expect(all.items[0]?.matured).toEqual({ successes: 0, failures: 3 })
    expect(table(await ask('acme/narrow', { asOf, decisionOutcome: 'approved' }))).toEqual(
      EXPECTED[200],
    )
    expect((await ask('acme/narrow', { asOf, policyVersion: '1.0.0' })).items).toEqual([])
    expect(
      (await ask('acme/narrow', { asOf, metric: 'bank', policyVersion: '1.1.0' })).items,
    ).toEqual([])
  })

  it('of a ledger that nobody folded are none, at position 0', async () => {
    expect(await ask('acme/empty', { asOf: minutesAfterNoon(0) })).toEqual({
      position: 0,
      asOf: minutesAfterNoon(0),
      items: [],
    })
  })

  it('take any RFC 3339 time, and refuse what is none', async () => {
    const stats = await variantStats(test.database, 'acme/all', {
      policy: 'p',
      asOf: '2026-12-02T13:00:00+01:00',
    })
    expect(stats).toMatchObject({ asOf: minutesAfterNoon(0) })
    const refused = await variantStats(test.database, 'acme/all', { policy: 'p', asOf: 'noon' })
    expect(refused).toMatchObject({ code: 'request-invalid' })
  })

  it('do not depend on where a crash made the fold begin again', async () => {
    // Each history is folded on from the last by a new projector, which knows nothing but what is in the tables.
    const all = [published(), ...decisions(), ...outcomeMessages]
    for (let known = 1; known <= all.length; known++) await fold('acme/crash', all.slice(0, known))
    const stats = await ask('acme/crash', { asOf: minutesAfterNoon(200) })
    expect(table(stats)).toEqual(EXPECTED[200])
  })
})
