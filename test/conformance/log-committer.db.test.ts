import { EventLog, entryTexts, QUEUED_APPENDS_MAX, QueueFull } from '@writ/event-log'
import { fixedClock, type SqlDatabase } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  describeOnServer,
  type TestDatabase,
} from '../support/test-databases.ts'
import { appendTo, dataOf, event, item, NOON, openTestLog, placeOf } from './support/test-log.ts'

describeOnBothDatabases('the text that is stored', (open) => {
  it('21: is the head, the four fields of the log, and the tail, byte for byte', async () => {
    const log = await openTestLog((await open()).database)
    const stored = event({
      causationId: '01a1f92c-0f77-7000-8000-0000000000c0',
      commitments: { '/name': { c: '00'.repeat(32), k: '01a1f92c-0f77-7000-8000-0000000000d0' } },
      data: { text: 'é"\\\n🦦', deep: { 10: 1, 9: [true, null] } },
      meta: { source: 'shop', time: '2026-03-02T13:00:00+01:00' },
    })
    const result = await log.append([{ event: stored }])
    if (result.status !== 'appended') throw new Error(result.status)
    const place = placeOf(result)
    const { head, tail } = entryTexts(log.ledger, stored)
    const linked = `"position":${place.position},"prev":"${place.prev}"`
    const recorded = `"recordedAt":"${result.recordedAt}","revision":1`
    expect((await log.reader.at(log.ledger, place.position))?.text).toBe(
      `${head},${linked},${recorded},${tail}`,
    )
    expect(await log.verify()).toMatchObject({ findingCount: 0 })
  })
})

describeOnServer('the group committer', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })

  /** Counts what leaves for the database, and can note how many appends each statement brought. */
  const counted = () => {
    const seen = { statements: 0 }
    const database: SqlDatabase = {
      kind: 'server',
      query: (statement) => opened.database.query(statement),
      lane: () => {
        const behind = opened.database.lane()
        return {
          query: (statement) => {
            if (statement.text.includes('log.append(')) seen.statements++
            return behind.query(statement)
          },
        }
      },
      transaction: (work) => opened.database.transaction(work),
      notify: (channel, payload) => opened.database.notify(channel, payload),
      listen: (channel, onHint) => opened.database.listen(channel, onHint),
      close: async () => {},
    }
    return { seen, log: new EventLog({ database, clock: fixedClock(NOON), hints: false }) }
  }

  it('shares commits among those who wait', async () => {
    const { ledger } = await openTestLog(opened.database)
    const { seen, log } = counted()
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        appendTo(log, ledger, { caller: `c${i}`, events: [item({ stream: `order:${i}` })] }),
      ),
    )
    expect(results.every(({ status }) => status === 'appended')).toBe(true)
    expect(seen.statements).toBeLessThanOrEqual(4)
    await log.drained()
  })

  it('is fair: a caller with one append waits for a round, not for all of another caller', async () => {
    const { ledger } = await openTestLog(opened.database)
    const { log } = counted()
    const order: string[] = []
    const send = async (caller: string): Promise<void> => {
      await appendTo(log, ledger, { caller, events: [item()] })
      order.push(caller)
    }
    await Promise.all([...Array.from({ length: 2_000 }, () => send('busy')), send('quiet')])
    expect(order.indexOf('quiet')).toBeLessThan(510)
  })

  it('7: keeps the order of a caller, also of appends that do not wait for each other', async () => {
    for (let round = 0; round < 5; round++) {
      const { ledger, reader } = await openTestLog(opened.database)
      const { log } = counted()
      // A flush of large entries travels for longer than one of small entries that is sent right behind it.
      const text = (no: number) => 'x'.repeat(no < 17 ? 60_000 : 1)
      const numbers = Array.from({ length: 400 }, (_, no) => no)
      await Promise.all(
        numbers.map((no) =>
          appendTo(log, ledger, { events: [item({ data: { no, text: text(no) } })] }),
        ),
      )
      const stored = await reader.stream(ledger, 'order:1')
      expect(stored.map((entry) => dataOf(entry).no)).toEqual(numbers)
    }
  })

  it('refuses what the queue cannot hold, at once; all that it held is stored', async () => {
    const { ledger, reader } = await openTestLog(opened.database)
    const { log } = counted()
    const appends = Array.from({ length: QUEUED_APPENDS_MAX + 3 }, (_, i) =>
      appendTo(log, ledger, { events: [item({ stream: `order:${i}` })] }),
    )
    const settled = await Promise.allSettled(appends)
    const refused = settled.filter((one) => one.status === 'rejected')
    expect(refused).toHaveLength(3)
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(QueueFull)
      expect(reason).toMatchObject({ retryAfterSeconds: 1 })
    }
    expect((await reader.head(ledger))?.position).toBe(QUEUED_APPENDS_MAX + 1)
    expect((await appendTo(log, ledger, { events: [item()] })).status).toBe('appended')
  })
})
