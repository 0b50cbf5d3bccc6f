import { APP_ROLE, kyselyOver } from '@writ/database'
import { LogReader, type LogTables } from '@writ/event-log'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  describeOnServer,
  type TestDatabase,
} from '../support/test-databases.ts'
import { gate, insideTransaction } from './support/inside-transaction.ts'
import {
  appendTo,
  dataOf,
  item,
  logOver,
  openTestLog,
  orders,
  placeOf,
  type TestLog,
} from './support/test-log.ts'

const positionsOf = (page: readonly { readonly position: number }[]) =>
  page.map(({ position }) => position)
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

describeOnBothDatabases('order of reading', (open) => {
  let log: TestLog
  beforeAll(async () => {
    log = await openTestLog((await open()).database)
    for (const count of [1, 2, 4]) await log.append(orders(count))
  })
  const LAST = 8

  it('18: resumed from any checkpoint, each later event comes exactly once', async () => {
    const { reader, ledger } = log
    for (let checkpoint = 0; checkpoint <= LAST; checkpoint++) {
      const page = await reader.page(ledger, checkpoint, 100)
      expect(positionsOf(page)).toEqual(from(checkpoint + 1, LAST))
    }
  })

  it('18: from the end only new events come, and backward is the reverse of forward', async () => {
    const own = await openTestLog(log.database)
    await own.append(orders(3))
    expect(await own.reader.page(own.ledger, 4, 100)).toEqual([])
    await own.append(orders(2))
    expect(positionsOf(await own.reader.page(own.ledger, 4, 100))).toEqual([5, 6])
    const forward = await own.reader.page(own.ledger, 0, 100)
    const backward = []
    for (let at = 6; at >= 1; at--) backward.push(await own.reader.at(own.ledger, at))
    expect(backward).toEqual(forward.toReversed())
  })

  for (const size of [1, 2, LAST - 1, LAST, LAST + 1]) {
    it(`19: pages of ${size} keep order across their borders`, async () => {
      const read = []
      for (;;) {
        const page = await log.reader.page(log.ledger, read.length, size)
        read.push(...page)
        if (page.length === 0) break
      }
      expect(positionsOf(read)).toEqual(from(1, LAST))
      expect(await log.reader.page(log.ledger, 0, 100)).toEqual(read)
    })
  }

  it('20: a read inside the transaction of an append sees its events; after a rollback nobody does', async () => {
    const { database, ledger } = await openTestLog(log.database)
    const undone = database.transaction(async (tx) => {
      placeOf(await appendTo(logOver(insideTransaction(tx)), ledger, { events: [item()] }))
      const within = new LogReader(kyselyOver<LogTables>(tx))
      expect(positionsOf(await within.page(ledger, 0, 10))).toEqual([1, 2])
      throw new Error('rolled back on purpose')
    })
    await expect(undone).rejects.toThrow('rolled back on purpose')
    expect(positionsOf(await log.reader.page(ledger, 0, 10))).toEqual([1])
  })
})

describeOnServer('order among processes', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })

  it('15: positions are contiguous from 1 after 1,000 rollbacks and killed clients', async () => {
    const { ledger, reader, verify } = await openTestLog(opened.database)
    const undo = async (worker: number): Promise<void> => {
      const database = await opened.open(APP_ROLE, { poolMax: 1 })
      for (let round = 0; round < 250; round++) {
        const undone = database.transaction(async (tx) => {
          const events = orders(1 + (round % 3), { stream: `order:${worker}` })
          await appendTo(logOver(insideTransaction(tx)), ledger, { events })
          if (round % 10 !== worker) throw new Error('rolled back on purpose')
          const [own] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })
          await opened.owner.query({ text: 'select pg_terminate_backend($1)', values: [own?.pid] })
          await tx.query({ text: 'select 1' })
        })
        await expect(undone).rejects.toThrow(/rolled back on purpose|connection/)
        if (round % 25 === 0) {
          placeOf(await appendTo(logOver(database), ledger, { events: [item()] }))
        }
      }
    }
    await Promise.all([0, 1, 2, 3].map(undo))
    const page = await reader.page(ledger, 0, 1_000)
    expect(positionsOf(page)).toEqual(from(1, 41))
    expect(await verify()).toMatchObject({ entries: 41, findingCount: 0 })
  })

  it('16: while a first writer keeps its transaction open, no reader sees the later event', async () => {
    const { ledger, reader, append } = await openTestLog(opened.database)
    const [written, commit] = [gate(), gate()]
    const first = opened.database.transaction(async (tx) => {
      await appendTo(logOver(insideTransaction(tx)), ledger, {
        events: [item({ data: { by: 'first' } })],
      })
      written.open()
      await commit.opened
    })
    await written.opened
    let secondDone = false
    const second = append([item({ data: { by: 'second' } })]).then(() => {
      secondDone = true
    })
    await expect.poll(waiting).toBe(1)
    for (let look = 0; look < 20; look++) {
      expect(positionsOf(await reader.page(ledger, 0, 10))).toEqual([1])
    }
    expect(secondDone).toBe(false)
    commit.open()
    await Promise.all([first, second])
    const page = await reader.page(ledger, 1, 10)
    expect(page.map(dataOf)).toEqual([{ by: 'first' }, { by: 'second' }])
  })

  it('20: other connections do not see the events of an open transaction', async () => {
    const { ledger, reader } = await openTestLog(opened.database)
    await opened.database.transaction(async (tx) => {
      await appendTo(logOver(insideTransaction(tx)), ledger, { events: [item()] })
      const other = await opened.open(APP_ROLE)
      const outside = new LogReader(other.kysely<LogTables>())
      expect(positionsOf(await outside.page(ledger, 0, 10))).toEqual([1])
    })
    expect(positionsOf(await reader.page(ledger, 0, 10))).toEqual([1, 2])
  })

  it('17: an idle write transaction in another table or database delays no reader', async () => {
    const { ledger, reader, append } = await openTestLog(opened.database)
    const other = await open()
    await opened.owner.script('create table public.notes (n integer)')
    await other.owner.script('create table public.notes (n integer)')
    const [done, holding] = [gate(), [opened, other].map(() => gate())]
    const idle = [opened, other].map(({ owner }, i) =>
      owner.transaction(async (tx) => {
        await tx.query({ text: 'insert into public.notes values (1)' })
        holding[i]?.open()
        await done.opened
      }),
    )
    await Promise.all(holding.map((held) => held.opened))
    const started = performance.now()
    for (let no = 2; no <= 6; no++) {
      await append([item()])
      expect(positionsOf(await reader.page(ledger, no - 1, 10))).toEqual([no])
    }
    expect(performance.now() - started).toBeLessThan(2_000)
    done.open()
    await Promise.all(idle)
  })

  it('18: a stream longer than a page is read to its end', async () => {
    const { ledger, reader, append } = await openTestLog(opened.database)
    await Promise.all(Array.from({ length: 51 }, () => append(orders(100))))
    const read = await reader.stream(ledger, 'order:1')
    expect(positionsOf(read)).toEqual(from(2, 5_101))
    expect(positionsOf(await reader.stream(ledger, 'order:1', 5_099))).toEqual([5_100, 5_101])
  })

  const waiting = async (): Promise<number> => {
    const rows = await opened.owner.query({
      text: `select from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and not l.granted and d.datname = current_database()`,
    })
    return rows.length
  }
})
