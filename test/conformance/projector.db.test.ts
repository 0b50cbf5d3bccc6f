import { type SqlDatabase, type SqlRunner, StoreUnavailable } from '@writ/kernel'
import {
  cancelRebuild,
  parkedEvents,
  projectionStatus,
  startRebuild,
  verifyProjection,
} from '@writ/projector'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { item, openTestLog, type TestLog } from './support/test-log.ts'
import {
  broken,
  leasesRunOut,
  projectorOver,
  rowsOf,
  sales,
  telling,
  totalsByHand,
  totalsOf,
} from './support/test-projections.ts'

const order = (no: number) => item({ stream: `order:${no % 7}`, data: { cents: 100 + no } })

const appendOrders = async (log: TestLog, from: number, count: number): Promise<void> => {
  for (let at = 0; at < count; at += 100) {
    const size = Math.min(100, count - at)
    await log.append(Array.from({ length: size }, (_, i) => order(from + at + i)))
  }
}

describeOnBothDatabases('the projector', (open) => {
  let test: TestDatabase
  let log: TestLog
  const source = () => log.reader

  beforeAll(async () => {
    test = await open()
    log = await openTestLog(test.database)
    await appendOrders(log, 1, 230)
  })
  afterEach(() => broken.clear())

  it('folds every event once, and goes on where another left off', async () => {
    const first = projectorOver(test.database, [sales()])
    await first.projector.catchUp()
    await appendOrders(log, 300, 20)
    await first.projector.catchUp()
    await first.projector.stop()
    const second = projectorOver(test.database, [sales()])
    await appendOrders(log, 400, 20)
    await second.projector.catchUp()
    expect(await totalsOf(test.database, log.ledger)).toEqual(
      await totalsByHand(test.owner, log.ledger),
    )
    const [orders] = await test.database.query({
      text: 'select count(*)::int as n from projection.test_orders',
    })
    expect(orders).toEqual({ n: 270 })
    expect([...first.faults, ...second.faults]).toEqual([])
    await second.projector.stop()
  })

  it('gives rows back as they were put, whatever the type', async () => {
    const { projector } = projectorOver(test.database, [sales()])
    const raw = { cents: 2 ** 40, note: 'x', deep: { list: [1, null, 'é"\\'] } }
    await log.append([item({ stream: 'basket:typed', type: 'Filled', data: raw })])
    await projector.catchUp()
    const [row] = await test.database.query({
      text: "select cents, note, at, raw from projection.test_orders where stream = 'basket:typed'",
    })
    expect(row).toEqual({ cents: 2n ** 40n, note: 'x', at: new Date('2026-03-02T12:00:00Z'), raw })
    await projector.stop()
  })

  it('28: loses nothing and doubles nothing, whichever statement its end comes before or after', async () => {
    // How many statements a catch-up of one page takes; then one worker dies at each of them, before or after it ran.
    const counting = dyingAt(test.database, Number.POSITIVE_INFINITY, false)
    await appendOrders(log, 900, 3)
    await projectorOver(test.database, [sales()], { sql: counting.database }).projector.catchUp()
    const statements = counting.count()
    for (let at = 1; at <= statements; at++) {
      for (const ran of [false, true]) {
        await leasesRunOut(test.owner)
        await appendOrders(log, 1_000 + at * 10, 3)
        const dying = dyingAt(test.database, at, ran)
        const { projector } = projectorOver(test.database, [sales()], { sql: dying.database })
        await projector.catchUp().catch((fault) => expect(fault).toBeInstanceOf(StoreUnavailable))
        await leasesRunOut(test.owner)
        const next = projectorOver(test.database, [sales()])
        await next.projector.catchUp()
        await next.projector.stop()
        expect([at, ran, await totalsOf(test.database, log.ledger)]).toEqual([
          at,
          ran,
          await totalsByHand(test.owner, log.ledger),
        ])
      }
    }
    expect(statements).toBeGreaterThan(10)
  })

  it('30: lets nobody commit who slept through the end of his lease', async () => {
    const sleeper = projectorOver(test.database, [sales()], {
      sql: beforeCommit(test.database, async () => {
        // The sleeper has folded; while it sleeps another takes over and folds the same page.
        await leasesRunOut(test.owner)
        const other = projectorOver(test.database, [sales()])
        await other.projector.catchUp()
      }),
    })
    await appendOrders(log, 5_000, 5)
    await sleeper.projector.catchUp()
    expect(await totalsOf(test.database, log.ledger)).toEqual(
      await totalsByHand(test.owner, log.ledger),
    )
    await leasesRunOut(test.owner)
  })

  it('31: parks an event that cannot be folded, goes on, and folds it again when asked', async () => {
    const { projector } = projectorOver(test.database, [sales()])
    await projector.catchUp()
    const head = (await log.reader.head(log.ledger))?.position as number
    broken.add(head + 2)
    await appendOrders(log, 6_000, 4)
    await projector.catchUp()
    expect(await parkedEvents(test.database)).toMatchObject([
      {
        name: 'test-sales',
        ledger: log.ledger,
        position: head + 2,
        type: 'OrderPlaced',
        reason: `position ${head + 2} cannot be folded`,
        attempts: 2,
        replay: false,
      },
    ])
    const [status] = await projectionStatus(test.database)
    expect(status).toMatchObject({ position: head + 4, lagEvents: 0, parked: 1 })
    expect(await totalsOf(test.database, log.ledger)).not.toEqual(
      await totalsByHand(test.owner, log.ledger),
    )

    await test.owner.query({ text: 'update projection.parked set replay = true' })
    await projector.catchUp()
    expect(await parkedEvents(test.database)).toMatchObject([{ attempts: 4, replay: false }])

    broken.clear()
    await test.owner.query({ text: 'update projection.parked set replay = true' })
    await projector.catchUp()
    expect(await parkedEvents(test.database)).toEqual([])
    expect(await totalsOf(test.database, log.ledger)).toEqual(
      await totalsByHand(test.owner, log.ledger),
    )
    await projector.stop()
  })

  it('parks the one event that the database refuses, and writes the others of its page', async () => {
    const { projector } = projectorOver(test.database, [sales()])
    await projector.catchUp()
    const head = (await log.reader.head(log.ledger))?.position as number
    await appendOrders(log, 6_100, 3)
    // Beyond int8: the fold is content, the table is not.
    await log.append([item({ stream: 'basket:huge', data: { cents: 1e300 } })])
    await appendOrders(log, 6_200, 3)
    await projector.catchUp()
    expect(await parkedEvents(test.database)).toMatchObject([{ position: head + 4 }])
    expect(await totalsOf(test.database, log.ledger)).toEqual(
      await totalsByHand(test.owner, log.ledger),
    )
    await projector.stop()
  })

  it('32: rebuilds aside while events arrive, and swaps to equal rows', async () => {
    const swaps: number[] = []
    const { projector, faults } = projectorOver(test.database, [sales()], {
      onSwap: (_, { ms }) => swaps.push(ms),
    })
    await projector.catchUp()
    const { build, resumed } = await startRebuild(test.database, sales())
    expect(resumed).toBe(false)
    await appendOrders(log, 7_000, 50)
    await projector.catchUp()
    await appendOrders(log, 7_100, 50)
    await projector.catchUp()
    expect(swaps).toHaveLength(1)
    const live = (await projectionStatus(test.database)).filter(({ state }) => state === 'live')
    expect(live).toMatchObject([{ build, lagEvents: 0 }])
    expect(await totalsOf(test.database, log.ledger)).toEqual(
      await totalsByHand(test.owner, log.ledger),
    )
    const deps = { database: test.database, source: source() }
    expect(await verifyProjection(deps, sales())).toMatchObject({
      build,
      differenceCount: 0,
    })
    expect(faults).toEqual([])
    await projector.stop()
  })

  it('32: rebuilds in strides, many pages before one write, to the same rows', async () => {
    const { projector, faults } = projectorOver(test.database, [sales()], {
      pages: { near: 7, far: 20 },
    })
    await projector.catchUp()
    const before = await rowsOf(test.database, sales())
    const { build } = await startRebuild(test.database, sales())
    await projector.catchUp()
    await projector.catchUp()
    expect(
      (await projectionStatus(test.database)).filter(({ state }) => state === 'live'),
    ).toMatchObject([{ build }])
    expect(await rowsOf(test.database, sales())).toEqual(before)
    expect(faults).toEqual([])
    await projector.stop()
  })

  it('tells a row that was changed by hand, by table and row', async () => {
    await test.owner.query({
      text: "update projection.test_totals set orders = orders + 1 where stream = 'order:3'",
    })
    const deps = { database: test.database, source: source() }
    const verified = await verifyProjection(deps, sales())
    expect(verified.differenceCount).toBe(2)
    expect(verified.differences.map(({ table, side }) => [table, side])).toEqual([
      ['test_totals', 'live'],
      ['test_totals', 'fold'],
    ])
    const { projector } = projectorOver(test.database, [sales()])
    await startRebuild(test.database, sales())
    await projector.catchUp()
    await projector.catchUp()
    expect(await verifyProjection(deps, sales())).toMatchObject({ differenceCount: 0 })
    await projector.stop()
  })

  it('33: a rebuild can be cancelled, and one that was interrupted goes on', async () => {
    const before = await rowsOf(test.database, sales())
    const first = await startRebuild(test.database, sales())
    expect(await startRebuild(test.database, sales())).toEqual({ ...first, resumed: true })
    expect(await cancelRebuild(test.database, 'test-sales')).toBe(true)
    expect(await cancelRebuild(test.database, 'test-sales')).toBe(false)
    const { projector } = projectorOver(test.database, [sales()])
    await projector.catchUp()
    expect(await rowsOf(test.database, sales())).toEqual(before)
    const tables = await test.owner.query({
      text: `select from pg_class where relname = 'test_totals_${first.build}'`,
    })
    expect(tables).toEqual([])
    await projector.stop()
  })

  it('33: tells the world once, whatever is rebuilt', async () => {
    const { projector } = projectorOver(test.database, [telling()])
    await projector.catchUp()
    const told = () =>
      test.owner.query({
        text: 'select position, no, kind, payload from projection.effects order by 1, 2',
      })
    const before = await told()
    expect(before.length).toBeGreaterThan(300)
    await startRebuild(test.database, telling())
    await projector.catchUp()
    await projector.catchUp()
    expect(await told()).toEqual(before)
    await appendOrders(log, 8_000, 2)
    await projector.catchUp()
    expect(await told()).toHaveLength(before.length + 2)
    await projector.stop()
  })

  it('builds a newer version beside the one that serves; an older release then leaves it alone', async () => {
    const old = projectorOver(test.database, [sales()])
    await old.projector.catchUp()
    const served = await totalsOf(test.database, log.ledger)
    await old.projector.stop()
    const next = projectorOver(test.database, [sales(2)])
    await next.projector.catchUp()
    await next.projector.catchUp()
    expect((await totalsOf(test.database, log.ledger)).map(({ cents }) => cents)).toEqual(
      served.map(({ cents }) => cents * 2),
    )
    await next.projector.stop()
    const late = projectorOver(test.database, [sales()])
    await late.projector.catchUp()
    expect(
      (await projectionStatus(test.database)).filter(({ name }) => name === 'test-sales'),
    ).toMatchObject([{ version: 2, state: 'live' }])
    await late.projector.stop()
  })

  describe('36: the lag', () => {
    it('is what waits, by number and by age, and nothing when nothing arrives', async () => {
      const { projector, faults } = projectorOver(test.database, [sales(2)])
      await projector.catchUp()
      const one = async () =>
        (await projectionStatus(test.database)).find(({ name }) => name === 'test-sales')
      expect(await one()).toMatchObject({ lagEvents: 0, lagSeconds: 0 })
      await appendOrders(log, 9_000, 3)
      await test.owner.query({ text: 'select pg_sleep(0.05)' })
      const behind = await one()
      expect(behind?.lagEvents).toBe(3)
      expect(behind?.lagSeconds).toBeGreaterThan(0.04)
      await projector.catchUp()
      expect(faults).toEqual([])
      expect(await one()).toMatchObject({ lagEvents: 0, lagSeconds: 0 })
      await projector.stop()
    })
  })
})

/** A database whose process ends at its nth statement: before it went out, or after it ran. */
const dyingAt = (behind: SqlDatabase, at: number, ran: boolean) => {
  let count = 0
  const run =
    (runner: SqlRunner): SqlRunner['query'] =>
    async (statement) => {
      count++
      if (count > at || (count === at && !ran))
        throw new StoreUnavailable('unknown', new Error('killed'))
      const rows = await runner.query(statement)
      if (count === at) throw new StoreUnavailable('unknown', new Error('killed'))
      return rows as never
    }
  const database: SqlDatabase = {
    kind: behind.kind,
    query: run(behind),
    lane: () => ({ query: run(behind) }),
    transaction: (work) => behind.transaction((tx) => work({ query: run(tx) })),
    notify: (channel, payload) => behind.notify(channel, payload),
    listen: (channel, onHint) => behind.listen(channel, onHint),
    close: async () => {},
  }
  return { database, count: () => count }
}

/** Does something once, between the fold and the commit of the first page. */
const beforeCommit = (behind: SqlDatabase, work: () => Promise<void>): SqlDatabase => {
  let done = false
  let reads = 0
  return {
    kind: behind.kind,
    query: async (statement) => {
      if (statement.name === 'projection-heads') reads++
      return behind.query(statement)
    },
    lane: () => behind.lane(),
    transaction: async (run) => {
      if (reads > 0 && !done) {
        done = true
        await work()
      }
      return behind.transaction(run)
    },
    notify: (channel, payload) => behind.notify(channel, payload),
    listen: (channel, onHint) => behind.listen(channel, onHint),
    close: async () => {},
  }
}
