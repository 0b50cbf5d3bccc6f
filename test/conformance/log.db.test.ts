import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  describeOnServer,
  type TestDatabase,
} from '../support/test-databases.ts'
import {
  appendTo,
  dataOf,
  item,
  logOver,
  nextLedger,
  opening,
  openTestLog,
  orders,
  placeOf,
  placesOf,
  type TestLog,
  verifyNow,
} from './support/test-log.ts'

describeOnBothDatabases('append and revisions', (open) => {
  let opened: TestDatabase
  let log: TestLog
  beforeAll(async () => {
    opened = await open()
  })
  const freshLog = async (): Promise<TestLog> => {
    log = await openTestLog(opened.database)
    return log
  }
  const countOf = async (stream: string): Promise<number> =>
    (await log.reader.stream(log.ledger, stream)).length

  it('1: an append to a new stream returns revisions 1 to n, readable at once by the same caller', async () => {
    const { append, reader, ledger } = await freshLog()
    const places = placesOf(await append(orders(3)))
    expect(places.map(({ revision }) => revision)).toEqual([1, 2, 3])
    expect(places.map(({ position }) => position)).toEqual([2, 3, 4])
    const read = await reader.stream(ledger, 'order:1')
    expect(read.map(dataOf)).toEqual([{ no: 1 }, { no: 2 }, { no: 3 }])
    expect(read.map(({ hash }) => hash)).toEqual(places.map(({ hash }) => hash))
  })

  it('2: events of one append are written together or not at all', async () => {
    const { append, reader, ledger } = await freshLog()
    await append([item({ stream: 'order:2' })])
    const failing = append([
      item({ stream: 'order:1' }),
      item({ stream: 'order:1' }),
      item({ stream: 'order:2' }, { expectedRevision: 0 }),
    ])
    expect(await failing).toEqual({ status: 'conflict', actual: [0, 0, 1] })
    expect(await countOf('order:1')).toBe(0)
    expect((await reader.head(ledger))?.position).toBe(2)
  })

  it('3: an empty append is a no-op: no error, no position', async () => {
    const { append, reader, ledger } = await freshLog()
    expect(await append([])).toEqual({ status: 'appended', recordedAt: '', places: [] })
    expect((await reader.head(ledger))?.position).toBe(1)
  })

  it('4: the expected revision is accepted; a lower or higher one is a conflict with the actual one', async () => {
    const { append } = await freshLog()
    await append(orders(2))
    for (const expectedRevision of [0, 1, 3, 1_000]) {
      const refused = await append([item({}, { expectedRevision })])
      expect(refused).toEqual({ status: 'conflict', actual: [2] })
    }
    expect(await countOf('order:1')).toBe(2)
    expect(placeOf(await append([item({}, { expectedRevision: 2 })])).revision).toBe(3)
  })

  it('5: "must not exist" on an existing stream and "must exist" on a missing one are refused', async () => {
    const { append } = await freshLog()
    const missing = await append([item({}, { expectedRevision: 'exists' })])
    expect(missing).toEqual({ status: 'conflict', actual: [0] })
    await append([item({}, { expectedRevision: 0 })])
    const existing = await append([item({}, { expectedRevision: 0 })])
    expect(existing).toEqual({ status: 'conflict', actual: [1] })
    expect(placeOf(await append([item({}, { expectedRevision: 'exists' })])).revision).toBe(2)
  })

  it('6: revision n of a missing stream is refused and leaves no gap', async () => {
    const { append } = await freshLog()
    const refused = await append([item({}, { expectedRevision: 7 })])
    expect(refused).toEqual({ status: 'conflict', actual: [0] })
    expect(placeOf(await append([item()]))).toMatchObject({ position: 2, revision: 1 })
  })

  it('9: a conflict of one caller does not fail the others of its batch', async () => {
    const { append, verify } = await freshLog()
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, i) =>
        append([item({ stream: `order:${i}` }, { expectedRevision: i === 4 ? 3 : 0 })]),
      ),
    )
    expect(results.map(({ status }) => status === 'appended')).toEqual(
      results.map((_, i) => i !== 4),
    )
    expect(results[4]).toEqual({ status: 'conflict', actual: [0] })
    expect(await verify()).toMatchObject({ entries: 9, findingCount: 0 })
  })

  it('9: of two in one batch that expect the same revision one is accepted', async () => {
    const { append } = await freshLog()
    const results = await Promise.all([1, 2].map(() => append([item({}, { expectedRevision: 0 })])))
    expect(results.map(({ status }) => status)).toEqual(['appended', 'conflict'])
    expect(results[1]).toEqual({ status: 'conflict', actual: [1] })
  })

  it('10: the revision returned is what a fresh read returns, and 1 only the first time', async () => {
    const { append, reader, ledger } = await freshLog()
    const revisions: number[] = []
    for (let i = 0; i < 4; i++) revisions.push(placeOf(await append([item()])).revision)
    expect(revisions).toEqual([1, 2, 3, 4])
    const read = await reader.stream(ledger, 'order:1')
    expect(read.map(({ text }) => JSON.parse(text).revision)).toEqual(revisions)
  })
})

describeOnServer('append and revisions of racing processes', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })

  it('7: 4 writers × 100 appends to one stream all succeed, contiguous, each writer in its order', async () => {
    const { ledger, reader, verify } = await openTestLog(opened.database)
    const writers = await Promise.all(
      [1, 2, 3, 4].map(async (writer) => ({ writer, log: logOver(await opened.open('writ_app')) })),
    )
    await Promise.all(
      writers.map(async ({ writer, log }) => {
        for (let no = 1; no <= 100; no++) {
          placeOf(await appendTo(log, ledger, { events: [item({ data: { writer, no } })] }))
        }
      }),
    )
    const read = await reader.stream(ledger, 'order:1')
    expect(read.map(({ text }) => JSON.parse(text).revision)).toEqual(
      Array.from({ length: 400 }, (_, i) => i + 1),
    )
    const inOrder = Array.from({ length: 100 }, (_, i) => i + 1)
    for (const { writer } of writers) {
      const own = read.map(dataOf).filter((data) => data.writer === writer)
      expect(own.map(({ no }) => no)).toEqual(inOrder)
    }
    expect(await verify()).toMatchObject({ entries: 401, findingCount: 0 })
  })

  it('8: of 20 first appends at once that expect a new stream, one succeeds and one event is stored', async () => {
    const { ledger, reader } = await openTestLog(opened.database)
    const logs = await Promise.all(
      Array.from({ length: 20 }, async () =>
        logOver(await opened.open('writ_app', { poolMax: 1 })),
      ),
    )
    const results = await Promise.all(
      logs.map((log) => appendTo(log, ledger, { events: [item({}, { expectedRevision: 0 })] })),
    )
    const refused = results.filter(({ status }) => status !== 'appended')
    expect(refused).toEqual(Array.from({ length: 19 }, () => ({ status: 'conflict', actual: [1] })))
    expect(await reader.stream(ledger, 'order:1')).toHaveLength(1)
  })

  it('8: of 20 openings of one ledger at once, one opens it', async () => {
    const ledger = nextLedger()
    const log = logOver(opened.database)
    const opens = await Promise.all(
      Array.from({ length: 20 }, () => log.open(ledger, opening(ledger))),
    )
    expect(opens.filter((now) => now)).toHaveLength(1)
    expect(await verifyNow(opened.database, ledger)).toMatchObject({ entries: 1, findingCount: 0 })
  })
})
