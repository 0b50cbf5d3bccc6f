import type { Database } from '@writ/database'
import { LogReader, type LogTables } from '@writ/event-log'
import type { Kysely } from 'kysely'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases } from '../support/test-databases.ts'
import { openTestLog, orders, type TestLog } from './support/test-log.ts'

describeOnBothDatabases('a page at the end of the log', (open) => {
  let database: Database
  let log: TestLog

  beforeAll(async () => {
    database = (await open()).database
    log = await openTestLog(database)
    await log.append(orders(3))
  })

  it('takes what was appended since it was read for growth, not for a gap', async () => {
    const head = (await log.reader.head(log.ledger))?.position as number
    const reader = new LogReader(
      betweenPageAndHead(database, async () => {
        await log.append(orders(7))
      }),
    )
    expect(await reader.page(log.ledger, head, 2)).toEqual([])
    expect(await reader.page(log.ledger, head, 2)).toHaveLength(2)
  })
})

/** Does something once, before the first look at the head. */
const betweenPageAndHead = (database: Database, work: () => Promise<void>): Kysely<LogTables> => {
  let done = false
  return database.kysely<LogTables>().withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      const isPage = !done && result.rows.length === 0
      if (isPage) {
        done = true
        await work()
      }
      return result
    },
  })
}
