import { Problem, type SqlDatabase, StoreUnavailable } from '@writ/kernel'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  appendTo,
  bytes16,
  item,
  logOver,
  NOON,
  nextId,
  nextLedger,
  opening,
  openTestLog,
} from '../conformance/support/test-log.ts'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { FaultyDatabase } from './support/faulty-database.ts'
import { adaIn, useCasesOver, vaultOver } from './support/use-cases-over.ts'

/** Every write fails in two ways, and the caller cannot tell which. */
const FAULTS = [
  { name: 'fails, nothing stored', stored: false },
  { name: 'is stored, the reply lost', stored: true },
] as const

/** One write of the log, with the way to repeat it and to see what it left. */
interface Write {
  /** Part of the statement that fails. */
  readonly at: string
  /** Runs the write; called again it is the caller's repeat. The answer says what the caller was told. */
  readonly run: (database: SqlDatabase) => Promise<unknown>
  /** How many copies are stored. */
  readonly stored: () => Promise<number>
  /** What the repeat is told, by whether the first try was stored. */
  readonly told: (stored: boolean) => unknown
}

describeOnBothDatabases('each write fails in two ways', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })
  const count = async (text: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await opened.owner.query<{ n: bigint }>({ text, values })
    return Number(row?.n)
  }

  const appendById = async (): Promise<Write> => {
    const log = await openTestLog(opened.database)
    const events = [item({}, { mac: bytes16(1) }), item({}, { mac: bytes16(1) })]
    return {
      at: 'log.append(',
      run: async (database) => (await appendTo(logOver(database), log.ledger, { events })).status,
      // Two events an append, behind the opening.
      stored: async () => (((await log.reader.head(log.ledger))?.position ?? 0) - 1) / 2,
      told: (stored) => (stored ? 'duplicate' : 'appended'),
    }
  }
  const appendByKey = async (): Promise<Write> => {
    const log = await openTestLog(opened.database)
    const idempotency = { key: bytes16(1), fingerprint: bytes16(2) }
    const limit = { name: 'AL1', windowStart: new Date(NOON).toISOString(), max: 1 }
    return {
      at: 'log.append(',
      // A new id each time, and the only use of a limit: the key alone tells that it is a repeat.
      run: async (database) => {
        const append = { events: [item()], idempotency, limit }
        return (await appendTo(logOver(database), log.ledger, append)).status
      },
      stored: async () => ((await log.reader.head(log.ledger))?.position ?? 0) - 1,
      told: (stored) => (stored ? 'duplicate' : 'appended'),
    }
  }
  const openLedger = async (): Promise<Write> => {
    const ledger = nextLedger()
    return {
      at: 'log.open_ledger(',
      run: (database) => logOver(database).open(ledger, opening(ledger)),
      stored: () => count('select count(*) as n from log.ledgers where ledger = $1', [ledger]),
      told: (stored) => !stored,
    }
  }
  const issueSubject = async (at: string): Promise<Write> => {
    const issued = new Set<string>()
    const name = `ada-${nextId()}`
    return {
      at,
      run: async (database) => {
        const vault = vaultOver(database)
        const known = await vault.known('acme', name, 'ada@example.org')
        issued.add(`${known.issuedId} ${known.keyId} ${Buffer.from(known.key).toString('hex')}`)
        return issued.size
      },
      stored: () =>
        count('select count(*) as n from log.subject_keys where subject_type = $1', [name]),
      told: () => 1,
    }
  }
  let producerIds = 0
  const permanentId = async (): Promise<Write> => {
    const { ledger } = await openTestLog(opened.database)
    const issued = new Set<string>()
    // No time, so the id cannot be computed from it: the first sight must fix it in a row.
    const order = {
      type: 'OrderPlaced',
      stream: 'order:1',
      data: {},
      source: 'shop',
      id: `order-${++producerIds}`,
    }
    const before = await count('select count(*) as n from log.external_ids', [])
    return {
      at: 'insert into log.external_ids',
      run: async (database) => {
        const caller = adaIn(ledger)
        const receipt = await useCasesOver(database).appendEvents({ caller }, [order])
        if (receipt instanceof Problem) throw new Error(receipt.detail)
        for (const { id, position } of receipt.events) issued.add(`${id} at ${position}`)
        return issued.size
      },
      stored: async () => (await count('select count(*) as n from log.external_ids', [])) - before,
      told: () => 1,
    }
  }
  let day = 0
  const keyPartition = async (): Promise<Write> => {
    const date = `2031-01-${String(++day).padStart(2, '0')}`
    return {
      at: 'log.add_key_partition(',
      run: async (database) => {
        await database.query({ text: 'select log.add_key_partition($1::date)', values: [date] })
        return 'done'
      },
      stored: () =>
        count(
          "select count(to_regclass('log.append_keys_' || to_char($1::date, 'YYYYMMDD'))) as n",
          [date],
        ),
      told: () => 'done',
    }
  }

  const WRITES: Readonly<Record<string, () => Promise<Write>>> = {
    'an append named by its event ids': appendById,
    'an append named by a key': appendByKey,
    'the opening of a ledger': openLedger,
    'the first sight of a subject': () => issueSubject('insert into log.issued_ids'),
    'a permanent event id': permanentId,
    'the partition of a day of keys': keyPartition,
  }
  for (const [name, prepare] of Object.entries(WRITES)) {
    describe(name, () => {
      for (const { name: how, stored } of FAULTS) {
        it(`${how}: no answer escapes, and the repeat gives the one result there will ever be`, async () => {
          const write = await prepare()
          const faulty = new FaultyDatabase(opened.database)
          faulty.failOnce(write.at, stored)
          await expect(write.run(faulty)).rejects.toBeInstanceOf(StoreUnavailable)
          expect(faulty.struck).toBe(true)
          expect(await write.stored()).toBe(stored ? 1 : 0)
          expect(await write.run(faulty)).toEqual(write.told(stored))
          expect(await write.stored()).toBe(1)
          // A third try, as after a restart, changes nothing and is told the same as one that was stored.
          expect(await write.run(opened.database)).toEqual(write.told(true))
          expect(await write.stored()).toBe(1)
        })
      }
    })
  }

  it('the first sight of a subject, stored, then lost while it is read back: the same id and key', async () => {
    const write = await issueSubject('select i.issued_id, k.key_id')
    const faulty = new FaultyDatabase(opened.database)
    // The first look finds nothing; the second, behind the write, is the one that fails.
    faulty.failOnce(write.at, true, 1)
    await expect(write.run(faulty)).rejects.toBeInstanceOf(StoreUnavailable)
    expect(await write.stored()).toBe(1)
    expect(await write.run(faulty)).toBe(1)
    expect(await write.run(opened.database)).toBe(1)
    expect(await write.stored()).toBe(1)
  })

  it('one lost reply leaves every caller of the batch without an answer, and each repeat finds its own', async () => {
    const log = await openTestLog(opened.database)
    const faulty = new FaultyDatabase(opened.database)
    const over = logOver(faulty)
    const appends = [1, 2, 3].map((no) => [item({ stream: `order:${no}` }, { mac: bytes16(no) })])
    faulty.failOnce('log.append(', true)
    const sent = appends.map((events) => appendTo(over, log.ledger, { events }))
    const first = await Promise.allSettled(sent)
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    for (const [i, events] of appends.entries()) {
      const again = await appendTo(over, log.ledger, { events })
      expect(again).toEqual({ status: 'duplicate', firstPosition: i + 2 })
    }
    expect(await log.verify()).toMatchObject({ entries: 4, findingCount: 0 })
  })

  it('keys of a day that had no partition move into it when it comes, and still tell a repeat', async () => {
    const log = await openTestLog(opened.database)
    const idempotency = { key: bytes16(7), fingerprint: bytes16(7) }
    const send = async () => (await log.append([item()], { idempotency })).status
    expect(await send()).toBe('appended')
    const today = new Date(NOON).toISOString().slice(0, 10)
    const add = { text: 'select log.add_key_partition($1::date)', values: [today] }
    await opened.database.query(add)
    await opened.database.query(add)
    expect(await send()).toBe('duplicate')
    const [row] = await opened.owner.query<{ here: string }>({
      text: 'select tableoid::regclass::text as here from log.append_keys where key = $1',
      values: [bytes16(7)],
    })
    expect(row?.here).toBe(`log.append_keys_${today.replaceAll('-', '')}`)
  })
})
