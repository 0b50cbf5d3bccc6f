import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Database, migrateUp, openServerDatabase } from '@writ/database'
import type { AppendResult } from '@writ/event-log'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  appendTo,
  bytes16,
  item,
  logOver,
  openTestLog,
  orders,
  placesOf,
  type TestLog,
} from '../conformance/support/test-log.ts'
import { exitOf, startModule } from '../support/child-process.ts'
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts'
import { HalfOpenProxy } from './support/half-open-proxy.ts'

/** What an append waits for at the gate. Any number that nothing else locks by. */
const GATE = 42_042

/**
 * Where in the append the backend stands still. Both are triggers of this test, made by the superuser: the function has
 * no hook of its own, which would be a line that production runs. A statement trigger fires behind the insert, with the
 * head not yet moved; a deferred one inside COMMIT, behind every statement and before the commit's record.
 */
const GATES = {
  'behind the insert, the head not yet moved': `create trigger test_gate after insert on log.entries
    for each statement execute function public.test_gate()`,
  'inside COMMIT, before its record': `create constraint trigger test_gate after update on log.heads
    deferrable initially deferred for each row execute function public.test_gate()`,
} as const
const OPEN = `drop trigger if exists test_gate on log.entries;
  drop trigger if exists test_gate on log.heads`

/** A process of Writ starts in half a second, several times that on a loaded machine. */
const PATIENCE = { timeout: 20_000 }

const WAITING = `pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`
const module = (path: string): string => JSON.stringify(join(import.meta.dirname, path))

describe.skipIf(inject('testDatabases').serverUrl === undefined)('kill -9 in an append', () => {
  let server: PostgresServer
  let database: Database
  let superuser: pg.Client | undefined
  let child: ReturnType<typeof startModule> | undefined

  beforeAll(async () => {
    server = await startPostgresServer({ durable: true })
    const owner = await openServerDatabase({ url: server.url() })
    await migrateUp(owner)
    await owner.close()
    await server.query(`create function public.test_gate() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock_shared(${GATE}); return null; end $$`)
    database = await openServerDatabase({ url: server.url(), role: 'writ_app', poolMax: 4 })
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    await superuser?.end().catch(() => {})
    superuser = undefined
  })
  afterAll(async () => {
    await database.close()
    await server.stop()
  })

  /** Held on a connection of its own: it opens with the connection's end, or with the server's. */
  const shutGate = async (at: string): Promise<void> => {
    await server.query(`${OPEN}; ${at}`)
    superuser = new pg.Client({ connectionString: server.url() })
    superuser.on('error', () => {})
    await superuser.connect()
    await superuser.query(`select pg_advisory_lock(${GATE})`)
  }
  const rows = async <Row extends pg.QueryResultRow>(text: string): Promise<readonly Row[]> => {
    const client = new pg.Client({ connectionString: server.url() })
    client.on('error', () => {})
    await client.connect()
    const result = await client.query<Row>(text).finally(() => client.end())
    return result.rows
  }
  const count = async (from: string): Promise<number> =>
    Number((await rows<{ n: string }>(`select count(*) as n from ${from}`))[0]?.n)
  const atTheGate = async (): Promise<void> => {
    await expect.poll(() => count(WAITING), PATIENCE).toBe(1)
    // Its rows are written: it holds the lock that an insert takes and keeps to the end of its transaction.
    const inserted = `pg_locks where relation = 'log.entries'::regclass and mode = 'RowExclusiveLock'
      and pid = (select pid from ${WAITING})`
    expect(await count(inserted)).toBe(1)
  }

  interface Attempt {
    readonly log: TestLog
    readonly key: string
    /** Starts another process of Writ that makes the append, over this URL. */
    start(url?: string): ReturnType<typeof startModule>
    /** The same again, by its key, as a caller who has no answer would. */
    repeat(): Promise<AppendResult>
  }
  const attempt = async (): Promise<Attempt> => {
    const log = await openTestLog(database)
    await log.append(orders(3))
    const key = randomBytes(16).toString('hex')
    const events = [item(), item()]
    const idempotency = { key: Buffer.from(key, 'hex'), fingerprint: bytes16(1) }
    const start = (url = server.url()) => {
      child = startModule(`
        import { openServerDatabase } from ${module('../../packages/database/src/index.ts')}
        import { appendTo, bytes16, logOver } from ${module('../conformance/support/test-log.ts')}
        const database = await openServerDatabase({ url: ${JSON.stringify(url)}, role: 'writ_app' })
        await appendTo(logOver(database), ${JSON.stringify(log.ledger)}, {
          events: ${JSON.stringify(events)},
          idempotency: { key: Buffer.from('${key}', 'hex'), fingerprint: bytes16(1) },
        }).catch(() => process.exit(7))
        await database.close()`)
      return child
    }
    const repeat = () => appendTo(logOver(database), log.ledger, { events, idempotency })
    return { log, key, start, repeat }
  }

  const nothingStored = async ({ log, key }: Attempt): Promise<void> => {
    expect(await log.verify()).toMatchObject({ findings: [], entries: 4 })
    expect(await log.reader.head(log.ledger)).toMatchObject({ position: 4 })
    expect(await count(`log.append_keys where key = '\\x${key}'`)).toBe(0)
  }
  const committed = ({ log }: Attempt) =>
    expect.poll(async () => (await log.reader.head(log.ledger))?.position, PATIENCE).toBe(6)
  const onceByRepeating = async ({ log, repeat }: Attempt): Promise<void> => {
    expect(placesOf(await repeat()).map(({ position }) => position)).toEqual([5, 6])
    await storedOnce({ log, repeat })
  }
  const storedOnce = async ({ log, repeat }: Pick<Attempt, 'log' | 'repeat'>): Promise<void> => {
    expect(await repeat()).toEqual({ status: 'duplicate', firstPosition: 5 })
    expect(await log.verify()).toMatchObject({ findings: [], entries: 6 })
    expect(placesOf(await log.append(orders(1)))[0]?.position).toBe(7)
  }
  /** The dead connections of our own pool are found by the first who uses them. */
  const serverAnswers = () =>
    expect
      .poll(() => database.query({ text: 'select 1' }).catch(() => []), PATIENCE)
      .toHaveLength(1)

  for (const [where, gate] of Object.entries(GATES)) {
    it(`AS-042: of the server, ${where}: nothing is stored, and the repeat is stored once`, async () => {
      const made = await attempt()
      await shutGate(gate)
      const ended = exitOf(made.start())
      await atTheGate()
      await server.kill9()
      await server.restart()
      expect(await ended).toBe(7)
      await server.query(OPEN)
      await serverAnswers()
      await nothingStored(made)
      await onceByRepeating(made)
    })

    it(`AS-042: of its one backend, ${where}: nothing is stored, and the repeat is stored once`, async () => {
      const made = await attempt()
      await shutGate(gate)
      const ended = exitOf(made.start())
      await atTheGate()
      const [backend] = await rows<{ pid: number }>(`select pid from ${WAITING}`)
      process.kill(backend?.pid as number, 'SIGKILL')
      expect(await ended).toBe(7)
      await expect.poll(() => count('log.ledgers').catch(() => 0), PATIENCE).toBeGreaterThan(0)
      await server.query(OPEN)
      await serverAnswers()
      await nothingStored(made)
      await onceByRepeating(made)
    })
  }

  it('of the process, before the commit: the server commits it all the same, and the repeat is told', async () => {
    const made = await attempt()
    await shutGate(GATES['inside COMMIT, before its record'])
    const process = made.start()
    const ended = exitOf(process)
    await atTheGate()
    process.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    await nothingStored(made)
    // A backend does not look for its client while it waits: it goes on, and nobody hears the answer.
    await superuser?.end()
    await committed(made)
    await server.query(OPEN)
    await storedOnce(made)
  })

  it('AS-043: of process and server, after the commit and before the answer: the repeat is a duplicate', async () => {
    const made = await attempt()
    const proxy = await HalfOpenProxy.before(server.url())
    await shutGate(GATES['inside COMMIT, before its record'])
    const process = made.start(proxy.url(server.url()))
    const ended = exitOf(process)
    await atTheGate()
    // Only now, or the process could not even connect. What the server answers from here on goes nowhere.
    proxy.fault = 'swallow replies'
    await superuser?.end()
    await committed(made)
    process.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    await server.kill9()
    await server.restart()
    await proxy.close()
    await server.query(OPEN)
    await serverAnswers()
    await storedOnce(made)
  })
})
