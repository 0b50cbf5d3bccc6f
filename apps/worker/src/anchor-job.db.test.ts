import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventLog, LogReader, type LogTables, parseAnchors, verifyLedger } from '@writ/event-log'
import { type LedgerName, ledgerName, timestampOf, uuidV7 } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../../test/support/test-databases.ts'
import { AnchorJob } from './anchor-job.ts'

const NOON = Date.parse('2026-03-02T12:00:00Z')
const SHOP = ledgerName('shop/main') as LedgerName
const BANK = ledgerName('bank/main') as LedgerName

describeOnBothDatabases('the anchor job', (open) => {
  let database: TestDatabase['database']
  let log: EventLog
  let job: AnchorJob
  let file: string
  const faults: unknown[] = []

  const event = (stream: string) => {
    const id = uuidV7(NOON, randomBytes(10))
    return {
      id,
      type: 'Noted',
      schema: 1,
      stream,
      data: {},
      actor: { type: 'system' as const, id: 'test' },
      correlationId: id,
      occurredAt: timestampOf(NOON),
    }
  }
  const append = (ledger: LedgerName) =>
    log.append(ledger, { caller: 'test', events: [{ event: event('note:1') }] })
  const anchors = () => parseAnchors(readFileSync(file, 'utf8'))

  beforeAll(async () => {
    database = (await open()).database
    const clock = { now: () => NOON }
    log = new EventLog({ database, clock, hints: false })
    for (const ledger of [SHOP, BANK]) {
      await log.open(ledger, { ...event(`ledger:${ledger.split('/')[1]}`), type: 'LedgerOpened' })
    }
    // A directory that is not there yet: the first round makes it.
    file = join(mkdtempSync(join(tmpdir(), 'writ-anchors-')), 'outside', 'anchors.ndjson')
    job = new AnchorJob({
      reader: new LogReader(database.kysely<LogTables>()),
      clock,
      origin: 'writ.test',
      file,
      onFault: (fault) => faults.push(fault),
    })
  })

  it('writes one line for each ledger, with its size, root and time', async () => {
    expect(existsSync(file)).toBe(false)
    await append(SHOP)
    await job.once()
    expect(anchors().map(({ origin, size, time }) => [origin, size, time])).toEqual([
      ['writ.test/bank/main', 1, '2026-03-02T12:00:00.000Z'],
      ['writ.test/shop/main', 2, '2026-03-02T12:00:00.000Z'],
    ])
  })

  it('writes nothing of a ledger that has not grown, and one line of one that has', async () => {
    await job.once()
    expect(anchors()).toHaveLength(2)
    await append(BANK)
    await append(BANK)
    await job.once()
    expect(anchors().slice(2)).toMatchObject([{ origin: 'writ.test/bank/main', size: 3 }])
  })

  it('writes what a verification finds true', async () => {
    const own = anchors().filter(({ origin }) => origin === `writ.test/${BANK}`)
    const verified = await verifyLedger(database.kysely<LogTables>(), BANK, {
      depth: 'full',
      anchors: own,
      now: () => 0,
    })
    expect(verified).toMatchObject({ findingCount: 0, anchoredTo: 3 })
    const [first, last] = own
    const swapped = [{ ...(first as (typeof own)[0]), root: last?.root ?? '' }]
    const refused = await verifyLedger(database.kysely<LogTables>(), BANK, {
      depth: 'full',
      anchors: swapped,
      now: () => 0,
    })
    expect(refused.findings).toMatchObject([{ code: 'ROOT_MISMATCH', position: 1 }])
  })

  it('is written once by two processes that share a file, whenever they come', async () => {
    const shared = join(mkdtempSync(join(tmpdir(), 'writ-anchors-')), 'anchors.ndjson')
    const jobOf = () =>
      new AnchorJob({
        reader: new LogReader(database.kysely<LogTables>()),
        clock: { now: () => NOON },
        origin: 'writ.test',
        file: shared,
        onFault: (fault) => faults.push(fault),
      })
    const jobs = [jobOf(), jobOf()]
    for (let round = 0; round < 15; round++) {
      const appends = [append(SHOP), append(BANK)]
      await Promise.all([...jobs.map((one) => one.once()), ...appends])
      // One that has just started, and knows of nothing, too.
      await Promise.all([...jobs, jobOf()].map((one) => one.once()))
    }
    const told = parseAnchors(readFileSync(shared, 'utf8'))
    const names = told.map(({ origin, size }) => `${origin} ${size}`)
    expect([...new Set(names)]).toEqual(names)
    const reader = new LogReader(database.kysely<LogTables>())
    for (const ledger of [SHOP, BANK]) {
      const own = told.filter(({ origin }) => origin === `writ.test/${ledger}`)
      expect(own.at(-1)?.size).toBe((await reader.head(ledger))?.position)
    }
    expect(readdirSync(join(shared, '..'))).toEqual(['anchors.ndjson'])
  })

  it('tells of a file that it cannot write, and writes the newest sizes when it stops', async () => {
    await append(SHOP)
    await job.stop()
    expect(anchors().at(-1)).toMatchObject({ origin: 'writ.test/shop/main', size: 18 })
    expect(faults).toEqual([])
    await append(SHOP)
    const broken = new AnchorJob({
      reader: new LogReader(database.kysely<LogTables>()),
      clock: { now: () => NOON },
      origin: 'writ.test',
      file: join(file, 'below-a-file'),
      onFault: (fault) => faults.push(fault),
    })
    await broken.stop()
    expect(faults).toMatchObject([{ code: expect.stringMatching(/^E/) }])
  })
})
