import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openServerDatabase } from '@writ/database'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgresBinaries } from '../support/postgres-server.ts'
import { cloneDatabase, describeOnServer, type TestDatabase } from '../support/test-databases.ts'
import { codesOf, item, openTestLog, orders, type TestLog, verifyNow } from './support/test-log.ts'

/** The program beside the server binaries, else the one on PATH. */
const program = (name: string): string => {
  const beside = join(postgresBinaries(), name)
  return existsSync(beside) ? beside : name
}

const dump = (url: string): Buffer =>
  execFileSync(program('pg_dump'), ['--no-sync', url], { maxBuffer: 2 ** 28 })

const restoreInto = (url: string, sql: Buffer): void => {
  execFileSync(program('psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url], { input: sql })
}

describeOnServer('dump and restore', (open) => {
  let opened: TestDatabase
  let url: string
  const closing: Database[] = []
  beforeAll(async () => {
    opened = await open()
    url = opened.environment.DATABASE_URL as string
  })
  afterAll(async () => {
    for (const database of closing) await database.close()
  })
  const connect = async (to: string): Promise<Database> => {
    const database = await openServerDatabase({ url: to, role: 'writ_app' })
    closing.push(database)
    return database
  }
  const restored = async (sql: Buffer): Promise<Database> => {
    const copy = await cloneDatabase('template0')
    restoreInto(copy, sql)
    return connect(copy)
  }
  const hostileLog = async (): Promise<TestLog> => {
    const log = await openTestLog(opened.database)
    await log.append(orders(20))
    await log.append([
      item({
        data: { text: '日本 🦦 \u2028 \\N \\. \t\r\n \u0000 "quoted"', numbers: [0.1, 1e-7] },
      }),
      item({ data: { text: 'x'.repeat(60_000) } }),
    ])
    return log
  }

  it('26, 27: a dump restored into another database verifies with the same head', async () => {
    const log = await hostileLog()
    const before = await log.verify()
    const anchor = await log.anchor()
    const copy = await restored(dump(url))
    const after = await verifyNow(copy, log.ledger, [anchor])
    expect(after).toMatchObject({ findings: [], entries: 23, head: before.head, anchoredTo: 23 })
  })

  it('27: the restored ledger goes on, and its triggers still stand guard', async () => {
    const log = await hostileLog()
    const copy = await restored(dump(url))
    const again = await openTestLog(copy, log.ledger)
    expect((await again.append([item()])).status).toBe('appended')
    expect(codesOf(await again.verify())).toEqual([])
    await expect(copy.query({ text: 'delete from log.entries' })).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('27: a logical copy, row by row, verifies with the same head', async () => {
    const log = await hostileLog()
    const before = await log.verify()
    const copy = await open()
    const data = execFileSync(
      program('pg_dump'),
      ['--no-sync', '--data-only', '--inserts', '--disable-triggers', '--schema=log', url],
      { maxBuffer: 2 ** 28 },
    )
    restoreInto(copy.environment.DATABASE_URL as string, data)
    const after = await verifyNow(copy.database, log.ledger)
    expect(after).toMatchObject({ findings: [], entries: 23, head: before.head })
  })

  it('24, 41: an old backup replayed is whole in itself, and found against the anchor outside', async () => {
    const log = await hostileLog()
    const old = dump(url)
    await log.append(orders(10))
    const anchor = await log.anchor()
    const copy = await restored(old)
    expect(codesOf(await verifyNow(copy, log.ledger))).toEqual([])
    expect(codesOf(await verifyNow(copy, log.ledger, [anchor]))).toEqual(['SIZE_REGRESSION 23'])
    // Grown past the anchor again, the size alone would tell nothing: the root does.
    const again = await openTestLog(copy, log.ledger)
    await again.append(orders(12))
    expect(codesOf(await again.verify([anchor]))).toEqual(['ROOT_MISMATCH 33'])
  })

  it('41: a fail-over that lost nothing keeps the head, and is anchored as before', async () => {
    const log = await hostileLog()
    const anchor = await log.anchor()
    const copy = await restored(dump(url))
    const again = await openTestLog(copy, log.ledger)
    expect(await again.reader.head(log.ledger)).toEqual(await log.reader.head(log.ledger))
    await again.append(orders(1))
    expect(await again.verify([anchor])).toMatchObject({ findings: [], anchoredTo: anchor.size })
  })
})
