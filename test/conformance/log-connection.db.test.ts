import { openServerDatabase } from '@writ/database'
import { HINT_CHANNEL } from '@writ/event-log'
import { StoreUnavailable } from '@writ/kernel'
import { afterEach, expect, it } from 'vitest'
import { HalfOpenProxy } from '../fault/support/half-open-proxy.ts'
import { describeOnServer, type TestDatabase } from '../support/test-databases.ts'
import { appendTo, bytes16, item, logOver, openTestLog, type TestLog } from './support/test-log.ts'

const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  const fault = await work.then(
    (value) => value,
    (caught: unknown) => caught,
  )
  return fault instanceof StoreUnavailable ? fault.outcome : `answered ${JSON.stringify(fault)}`
}

describeOnServer('half-open connections', (open) => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  /** A ledger, and a second way to it that leads through a proxy. */
  const behindProxy = async () => {
    const opened: TestDatabase = await open()
    const log: TestLog = await openTestLog(opened.database)
    const url = opened.environment.DATABASE_URL as string
    const proxy = await HalfOpenProxy.before(url)
    const database = await openServerDatabase({
      url: proxy.url(url),
      role: 'writ_app',
      poolMax: 1,
      // Five seconds later, at the reply limit, a connection that said nothing counts as dead.
      statementTimeoutMs: 200,
      connectTimeoutMs: 1_000,
    })
    closing.push(
      () => proxy.close(),
      () => database.close(),
    )
    return { log, proxy, database, opened }
  }
  const events = [item({}, { mac: bytes16(1) })]

  it('14, 41: the server committed, the reply is swallowed: unknown; the repeat finds the one copy', async () => {
    const { log, proxy, database } = await behindProxy()
    const over = logOver(database)
    proxy.fault = 'swallow replies'
    const lost = outcomeOf(appendTo(over, log.ledger, { events }))
    await expect.poll(async () => (await log.reader.head(log.ledger))?.position).toBe(2)
    expect(await lost).toBe('unknown')
    proxy.fault = 'none'
    const again = await appendTo(over, log.ledger, { events })
    expect(again).toEqual({ status: 'duplicate', firstPosition: 2 })
    expect(await log.verify()).toMatchObject({ entries: 2, findingCount: 0 })
  })

  it('41: the request never arrived: unknown as well; the repeat writes the one copy', async () => {
    const { log, proxy, database } = await behindProxy()
    const over = logOver(database)
    proxy.fault = 'black hole'
    expect(await outcomeOf(appendTo(over, log.ledger, { events }))).toBe('unknown')
    expect(await outcomeOf(appendTo(over, log.ledger, { events }))).toBe('not-written')
    expect((await log.reader.head(log.ledger))?.position).toBe(1)
    proxy.fault = 'none'
    expect((await appendTo(over, log.ledger, { events })).status).toBe('appended')
    expect(await log.verify()).toMatchObject({ entries: 2, findingCount: 0 })
  })

  it('41: a half-open append holds up no other process', async () => {
    const { log, proxy, database } = await behindProxy()
    proxy.fault = 'swallow replies'
    const lost = outcomeOf(appendTo(logOver(database), log.ledger, { events }))
    await expect.poll(async () => (await log.reader.head(log.ledger))?.position).toBe(2)
    const started = performance.now()
    expect((await log.append([item()])).status).toBe('appended')
    expect(performance.now() - started).toBeLessThan(2_000)
    proxy.cut()
    expect(await lost).toBe('unknown')
  })

  it('41: a half-open LISTEN hears nothing while readers see all; it listens again once cut', async () => {
    const { log, proxy, database, opened } = await behindProxy()
    const heard: string[] = []
    await database.listen(HINT_CHANNEL, (payload) => heard.push(payload))
    proxy.fault = 'black hole'
    await log.append([item()])
    await opened.owner.notify(HINT_CHANNEL, 'lost')
    expect((await log.reader.page(log.ledger, 1, 10)).map(({ position }) => position)).toEqual([2])
    proxy.fault = 'none'
    proxy.cut()
    await expect
      .poll(
        async () => {
          await opened.owner.notify(HINT_CHANNEL, 'again')
          return heard
        },
        { timeout: 5_000 },
      )
      .toContain('again')
    expect(heard).not.toContain('lost')
  })
})
