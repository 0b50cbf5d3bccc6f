import { migrateDown } from '@writ/database'
import type { NewEvent } from '@writ/event-log'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { gate, insideTransaction } from './support/inside-transaction.ts'
import { detach, ledgerOfOwnShard, SHORT_SPAN, withShortRanges } from './support/short-ranges.ts'
import {
  appendTo,
  bytes16,
  codesOf,
  event,
  item,
  logOver,
  openTestLog,
  orders,
  placeOf,
  placesOf,
  type TestLog,
} from './support/test-log.ts'

const REFUSED = '42501'
const NOT_NOW = '55000'

/** What became of a statement: 'done', or its SQLSTATE. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (fault: { code?: string }) => fault.code ?? String(fault),
  )

interface Aged {
  readonly log: TestLog
  readonly shard: number
  /** At position 2, alone in its stream. */
  readonly first: NewEvent
}
const MAC = bytes16(1)

describeOnBothDatabases('detaching a range of positions', (open, kind) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
    await withShortRanges(opened)
  })

  /** LedgerOpened, `first` and five of order:1 in the first range; positions 8 to 11 are of order:1 again. */
  const agedLedger = async (where = opened): Promise<Aged> => {
    const { log, shard } = await ledgerOfOwnShard(where)
    const first = event({ stream: 'order:first' })
    await log.append([{ event: first, expectedRevision: 0, mac: MAC }])
    await log.append(orders(9))
    return { log, shard, first }
  }
  const count = async (text: string): Promise<number> => {
    const [row] = await opened.owner.query<{ n: bigint }>({
      text: `select count(*) as n from ${text}`,
    })
    return Number(row?.n)
  }

  it('is refused for the newest range, one that is not attached, out of turn, and with a head in it', async () => {
    const { log, shard } = await ledgerOfOwnShard(opened)
    const why = (range: number) => detach(opened.owner, shard, range).catch((fault) => fault)
    expect(await why(2)).toMatchObject({ code: NOT_NOW, message: /newest/ })
    expect(await why(3)).toMatchObject({ code: '42P01', message: /attached are {0,1,2}/ })
    expect(await why(0)).toMatchObject({
      code: NOT_NOW,
      message: `the head of ${log.ledger} lies in entries_${shard}_0`,
    })
    await log.append(orders(6))
    // Position 7, the last one of the range.
    expect(await why(0)).toMatchObject({ code: NOT_NOW, message: /^the head of/ })
    await log.append(orders(9))
    expect(await why(1)).toMatchObject({ code: NOT_NOW, message: /cannot leave before range 0/ })
    expect(await count('log.cold_ids')).toBe(0)
    expect(await detach(opened.owner, shard, 0)).toBe(SHORT_SPAN - 1)
    expect(await why(0)).toMatchObject({ code: '42P01', message: /attached are {1,2}/ })
  })

  it('is refused while a key that may still be repeated points into it', async () => {
    const { log, shard } = await ledgerOfOwnShard(opened)
    const now = logOver(opened.database, Date.now())
    const idempotency = { key: bytes16(3), fingerprint: bytes16(3) }
    await appendTo(now, log.ledger, { events: orders(2), idempotency })
    await log.append(orders(9))
    const refused = await detach(opened.owner, shard, 0).catch((fault) => fault)
    expect(refused).toMatchObject({ code: NOT_NOW, message: /keys of .* younger than a day/ })
  })

  it('is the owner’s alone', async () => {
    const reader = await opened.open('writ_reader')
    for (const database of [opened.database, reader]) {
      for (const call of [
        'log.detach_range(0, 0)',
        'log.range_to_detach(0, 0)',
        'log.refuse_detach(0, 0)',
        'log.copy_cold_entries(1, 1)',
      ])
        expect([call, await codeOf(database.query({ text: `select ${call}` }))]).toEqual([
          call,
          REFUSED,
        ])
      for (const table of [
        'cold_ids',
        'cold_streams',
        'cold_ends',
        'kept_entries',
        'detached_ranges',
      ])
        expect(await codeOf(database.query({ text: `delete from log.${table}` }))).toBe(REFUSED)
    }
  })

  it('copies every id and stream end and leaves a plain table that still refuses change', async () => {
    const { log, shard } = await agedLedger()
    expect(await detach(await opened.open('writ_owner'), shard, 0)).toBe(7)
    const leaf = `log.entries_${shard}_0`
    expect(await count(leaf)).toBe(7)
    expect(await count(`pg_inherits where inhrelid = '${leaf}'::regclass`)).toBe(0)
    for (const change of [
      `update ${leaf} set tenant = tenant`,
      `delete from ${leaf}`,
      `truncate ${leaf}`,
      'delete from log.cold_ids',
      'delete from log.cold_ends',
      'truncate log.cold_streams',
      'update log.kept_entries set tenant = tenant',
    ])
      expect([change, await codeOf(opened.owner.query({ text: change }))]).toEqual([
        change,
        REFUSED,
      ])
    const ofLedger = `where ledger_no = (select ledger_no from log.ledgers where ledger = '${log.ledger}')`
    expect(
      await count(`(select id, position, request_mac from ${leaf} except
      select id, position, request_mac from log.cold_ids ${ofLedger}) missing`),
    ).toBe(0)
    const streams = await opened.owner.query<{ stream: string; revision: number }>({
      text: `select stream, revision from log.cold_streams ${ofLedger} order by stream`,
    })
    expect(streams).toEqual([
      { stream: `ledger:${log.ledger.split('/')[1]}`, revision: 1 },
      { stream: 'order:1', revision: 5 },
      { stream: 'order:first', revision: 1 },
    ])
  })

  it('leaves appends as they were: repeats, reused ids, revisions that go on, expectations that fail', async () => {
    const { log, shard, first } = await agedLedger()
    await detach(opened.owner, shard, 0)
    const again = (mac: Uint8Array) => log.append([{ event: first, expectedRevision: 0, mac }])
    expect(await again(MAC)).toEqual({ status: 'duplicate', firstPosition: 2 })
    expect(await again(bytes16(9))).toEqual({ status: 'id-reused' })
    // The long way: not alone in its batch, and beside an id that nobody knows.
    expect(await log.append([{ event: first, mac: MAC }, item()])).toEqual({ status: 'id-reused' })

    const on = (expectedRevision?: number | 'exists') =>
      log.append([
        item({ stream: 'order:first' }, expectedRevision === undefined ? {} : { expectedRevision }),
      ])
    expect(await on(0)).toEqual({ status: 'conflict', actual: [1] })
    expect(await on(2)).toEqual({ status: 'conflict', actual: [1] })
    expect(placeOf(await on(1)).revision).toBe(2)
    expect(placeOf(await on('exists')).revision).toBe(3)
    expect(placeOf(await on()).revision).toBe(4)
    // A stream with ends on both sides: the attached one counts.
    expect(await log.append([item({}, { expectedRevision: 5 })])).toEqual({
      status: 'conflict',
      actual: [9],
    })
    const fresh = { stream: 'order:none' }
    expect(await log.append([item(fresh, { expectedRevision: 'exists' })])).toEqual({
      status: 'conflict',
      actual: [0],
    })
    expect(placeOf(await log.append([item(fresh, { expectedRevision: 0 })])).revision).toBe(1)
    // A stream only read, cold as it is, holds or fails an append too.
    const reads = [{ stream: 'order:first', revision: 1 }]
    expect((await log.append([item()], { reads })).status).toBe('conflict')
    expect(codesOf(await log.verify())).toEqual([])
  })

  it('goes on range by range: the ends move, and each stream keeps its last revision', async () => {
    const { log, shard, first } = await agedLedger()
    await log.append([item({ stream: 'order:2' })])
    await log.append(orders(6, { stream: 'order:2' }))
    await log.append(orders(2))
    expect([await detach(opened.owner, shard, 0), await detach(opened.owner, shard, 1)]).toEqual([
      7, 8,
    ])
    expect(await log.append([{ event: first, mac: MAC }])).toEqual({
      status: 'duplicate',
      firstPosition: 2,
    })
    expect(
      placesOf(
        await log.append([item({ stream: 'order:2' }), item(), item({ stream: 'order:first' })]),
      ).map(({ revision }) => revision),
    ).toEqual([8, 12, 2])
    expect(await log.verify()).toMatchObject({ findings: [], detachedTo: 15, entries: 8 })
  })

  it('goes on with the tree over three ranges, so that an anchor behind them still binds them all', async () => {
    const { log, shard } = await agedLedger()
    await log.append(orders(11))
    await opened.database.query({ text: 'select log.add_entry_ranges()' })
    await log.append(orders(1))
    const edge = await log.anchor()
    await log.append(orders(4))
    const late = await log.anchor()
    for (const range of [0, 1, 2]) await detach(opened.owner, shard, range)
    expect([edge.size, late.size]).toEqual([23, 27])
    const verified = await log.verify([edge, late])
    expect(verified).toMatchObject({ findings: [], detachedTo: 23, entries: 4, anchoredTo: 27 })
    const forged = { ...late, root: edge.root }
    expect(codesOf(await log.verify([forged]))).toEqual(['ROOT_MISMATCH 27'])
  })

  it('leaves nothing behind when it is rolled back', async () => {
    const { log, shard } = await agedLedger()
    const before = await count('log.cold_ids')
    const crash = opened.owner.transaction(async (tx) => {
      await tx.query({ text: `select log.detach_range(${shard}, 0)` })
      throw new Error('crashed before the commit')
    })
    await expect(crash).rejects.toThrow('crashed')
    expect(await count('log.cold_ids')).toBe(before)
    expect(await log.verify()).toMatchObject({ findings: [], detachedTo: 0, entries: 11 })
    expect(await detach(opened.owner, shard, 0)).toBe(7)
  })

  it.runIf(kind === 'server')(
    'waits for an append under way, so that none asks before and writes after',
    async () => {
      const { log, shard, first } = await agedLedger()
      // Its second of patience is for production; a loaded machine may need longer to look twice.
      await opened.owner.script("alter function log.detach_range set lock_timeout = '20s'")
      const patience = { timeout: 8_000 }
      const [appended, commit] = [gate(), gate()]
      const working = opened.database.transaction(async (tx) => {
        const result = await appendTo(logOver(insideTransaction(tx)), log.ledger, {
          events: [item()],
        })
        appended.open()
        await commit.opened
        return result.status
      })
      await appended.opened
      const detaching = detach(opened.owner, shard, 0)
      const waits = `pg_locks where not granted and locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`
      await expect.poll(() => count(waits), patience).toBe(1)
      // Behind the detach: it asks the cold tables only when their rows are there.
      const repeat = log.append([{ event: first, mac: MAC }])
      await expect.poll(() => count(waits), patience).toBe(2)
      commit.open()
      expect(await working).toBe('appended')
      expect(await detaching).toBe(7)
      expect(await repeat).toEqual({ status: 'duplicate', firstPosition: 2 })
    },
  )

  it.runIf(kind === 'server')(
    'gives up where a long query holds the table, and appends go on',
    async () => {
      // The eight shards of the other tests' database have had their ledgers.
      const another = await open()
      await withShortRanges(another)
      const { log, shard } = await agedLedger(another)
      const [holding, release] = [gate(), gate()]
      const query = another.owner.transaction(async (tx) => {
        await tx.query({ text: 'select from log.entries limit 1' })
        holding.open()
        await release.opened
      })
      await holding.opened
      expect(await codeOf(detach(another.owner, shard, 0))).toBe('55P03')
      expect(await log.reader.coldEnd(log.ledger)).toBeUndefined()
      expect((await log.append([item()])).status).toBe('appended')
      release.open()
      await query
      expect(await detach(another.owner, shard, 0)).toBe(7)
    },
  )

  it('cannot be migrated away while a range is detached', async () => {
    const { database, owner } = await open()
    const log = await openTestLog(database)
    await owner.script(
      'insert into log.detached_ranges (shard, range_no, entries) values (7, 0, 0)',
    )
    expect(await codeOf(migrateDown(owner, { to: 3 }))).toBe(NOT_NOW)
    expect((await log.append([item()])).status).toBe('appended')
  })

  it('leaves a place for new ledgers, until every shard has put its first range away', async () => {
    const database = await open()
    await database.owner.script(`insert into log.detached_ranges (shard, range_no, entries)
      select s, 0, 0 from generate_series(0, 6) s`)
    for (let i = 0; i < 5; i++) {
      const log = await openTestLog(database.database)
      const tables = await database.owner.query<{ leaf: string }>({
        text: `select distinct e.tableoid::regclass::text as leaf from log.entries e join log.ledgers using (ledger_no)
          where ledger = '${log.ledger}'`,
      })
      expect(tables).toEqual([{ leaf: 'log.entries_7_0' }])
    }
    await database.owner.script(
      'insert into log.detached_ranges (shard, range_no, entries) values (7, 0, 0)',
    )
    expect(await codeOf(openTestLog(database.database))).toBe(NOT_NOW)
  })
})
