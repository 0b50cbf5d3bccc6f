import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import {
  appendTo,
  bytes16,
  event,
  item,
  logOver,
  NOON,
  nextId,
  openTestLog,
  orders,
  placeOf,
  type TestLog,
} from './support/test-log.ts'

const HOUR_MS = 3_600_000

/** The request that a caller repeats: one key, one fingerprint, new event ids each time. */
const request = (key: number, says = 1) => ({
  idempotency: { key: bytes16(key), fingerprint: bytes16(says) },
})

describeOnBothDatabases('idempotency', (open) => {
  let opened: TestDatabase
  let log: TestLog
  beforeAll(async () => {
    opened = await open()
  })
  const freshLog = async (): Promise<TestLog> => {
    log = await openTestLog(opened.database)
    return log
  }
  const position = async (): Promise<number | undefined> =>
    (await log.reader.head(log.ledger))?.position

  it('11: the same key and content give the first result again, and nothing new', async () => {
    const { append } = await freshLog()
    const first = placeOf(await append(orders(2), request(1)))
    await append([item({ stream: 'order:9' })])
    const again = await append(orders(2), request(1))
    expect(again).toEqual({ status: 'duplicate', firstPosition: first.position })
    expect(await position()).toBe(4)
  })

  it('11: also after a restart', async () => {
    const { append, ledger, reader } = await freshLog()
    const first = placeOf(await append(orders(2), request(1)))
    const restarted = logOver(await opened.open('writ_app'))
    const again = await appendTo(restarted, ledger, { events: orders(2), ...request(1) })
    expect(again).toEqual({ status: 'duplicate', firstPosition: first.position })
    const kept = await reader.keyed(ledger, bytes16(1), new Date(NOON - 1))
    expect(kept).toMatchObject({ firstPosition: first.position, events: 2 })
  })

  it('11: also 20 at once, and also two in one batch', async () => {
    const { append } = await freshLog()
    for (const count of [2, 20]) {
      const before = (await position()) ?? 0
      const results = await Promise.all(
        Array.from({ length: count }, () => append(orders(2), request(count))),
      )
      const written = results.filter(({ status }) => status === 'appended')
      const repeats = results.filter(({ status }) => status === 'duplicate')
      expect([written.length, repeats.length]).toEqual([1, count - 1])
      for (const repeat of repeats) {
        expect(repeat).toEqual({ status: 'duplicate', firstPosition: before + 1 })
      }
      expect(await position()).toBe(before + 2)
    }
  })

  it('11: a repeat is answered before its other conditions are judged', async () => {
    const { append } = await freshLog()
    const once = () => append([item({}, { expectedRevision: 0 })], request(1))
    expect((await once()).status).toBe('appended')
    expect((await once()).status).toBe('duplicate')
  })

  it('11: an append that was refused leaves its key free', async () => {
    const { append } = await freshLog()
    expect((await append([item({}, { expectedRevision: 5 })], request(1))).status).toBe('conflict')
    expect((await append([item()], request(1))).status).toBe('appended')
  })

  it('11: a key is free again after 24 hours', async () => {
    const { append, ledger } = await freshLog()
    await append([item()], request(1))
    const later = (ms: number) => logOver(opened.database, NOON + ms)
    const within = await appendTo(later(24 * HOUR_MS - 1), ledger, {
      events: [item()],
      ...request(1),
    })
    expect(within.status).toBe('duplicate')
    const after = await appendTo(later(24 * HOUR_MS), ledger, { events: [item()], ...request(1) })
    expect(after.status).toBe('appended')
  })

  it('12: the same key with other content is key-reused, alone and in one batch', async () => {
    const { append } = await freshLog()
    await append([item()], request(1))
    expect(await append([item()], request(1, 2))).toEqual({ status: 'key-reused' })
    const results = await Promise.all([
      append([item()], request(2)),
      append([item()], request(2, 2)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['appended', 'key-reused'])
    expect(await position()).toBe(3)
  })

  it('12: a key belongs to one ledger', async () => {
    const first = await freshLog()
    await first.append([item()], request(1))
    const second = await openTestLog(opened.database)
    expect((await second.append([item()], request(1, 2))).status).toBe('appended')
  })

  it('13: one event id in two streams is one event: the same request repeats, another one is id-reused', async () => {
    const { append } = await freshLog()
    const id = nextId()
    const send = (stream: string, mac: number) =>
      append([{ event: event({ id, stream }), mac: bytes16(mac) }])
    const first = placeOf(await send('order:1', 1))
    expect(await send('order:1', 1)).toEqual({ status: 'duplicate', firstPosition: first.position })
    expect(await send('order:2', 2)).toEqual({ status: 'id-reused' })
    // Without a mac nobody can tell a repeat from a reuse, so it counts as reuse.
    expect(await append([{ event: event({ id }) }])).toEqual({ status: 'id-reused' })
    expect(await log.reader.stream(log.ledger, 'order:2')).toEqual([])
  })

  it('13: one event id twice in one batch is answered as if the second came later', async () => {
    const { append, verify } = await freshLog()
    const id = nextId()
    const send = (mac: number) => append([{ event: event({ id }), mac: bytes16(mac) }])
    const results = await Promise.all([send(1), send(1), send(2)])
    expect(results.map(({ status }) => status)).toEqual(['appended', 'duplicate', 'id-reused'])
    expect(await verify()).toMatchObject({ entries: 2, findingCount: 0 })
  })

  it('13: an append of one old and one new event is id-reused and writes neither', async () => {
    const { append } = await freshLog()
    const old = { event: event(), mac: bytes16(1) }
    await append([old])
    const mixed = [old, { event: event({ stream: 'order:2' }), mac: bytes16(1) }]
    expect(await append(mixed)).toEqual({ status: 'id-reused' })
    expect(await position()).toBe(2)
  })
})
