import { randomBytes } from 'node:crypto'
import { type Database, migrateUp, openServerDatabase } from '@writ/database'
import { EventLog, type NewEvent } from '@writ/event-log'
import { type LedgerName, timestampOf, uuidV7 } from '@writ/kernel'
import { type PostgresServer, startPostgresServer } from '../../support/postgres-server.ts'

/** A real server with fsync on, as installed by default, and one migrated database on it. */
export interface Rig {
  readonly server: PostgresServer
  readonly url: string
  /** As the running process has it. */
  readonly database: Database
  readonly owner: Database
  stop(): Promise<void>
}

export const startRig = async (settings: Readonly<Record<string, string>> = {}): Promise<Rig> => {
  // Checkpoints by size, not every few seconds: both sides of each ratio would otherwise meet them at random.
  const server = await startPostgresServer({
    durable: true,
    settings: { max_wal_size: '8GB', ...settings },
  })
  await server.query('create database bench')
  const url = server.url('bench')
  const owner = await openServerDatabase({ url, statementTimeoutMs: 0, lockTimeoutMs: 0 })
  await migrateUp(owner)
  const database = await openServerDatabase({ url, role: 'writ_app', poolMax: 40 })
  return {
    server,
    url,
    database,
    owner,
    stop: async () => {
      await database.close()
      await owner.close()
      await server.stop()
    },
  }
}

export const clock = { now: () => Date.now() }

/** Random bytes fetched in bulk: a system call for each id would be the larger part of what is measured. */
let pool = randomBytes(65_536)
let taken = 0
export const random = (bytes: number): Buffer => {
  if (taken + bytes > pool.length) {
    pool = randomBytes(65_536)
    taken = 0
  }
  taken += bytes
  return pool.subarray(taken - bytes, taken)
}

export const newId = (): string => uuidV7(Date.now(), random(10))

/** Opens a ledger for a bench. */
export const openBenchLedger = async (
  database: Database,
  ledger: LedgerName,
): Promise<EventLog> => {
  const log = new EventLog({ database, clock })
  await log.open(
    ledger,
    benchEvent({
      type: 'LedgerOpened',
      stream: `ledger:${ledger.split('/')[1]}`,
      data: { nonce: 'bench' },
    }),
  )
  return log
}

export const benchEvent = (
  parts: Pick<NewEvent, 'type' | 'stream' | 'data'> & { readonly id?: string },
): NewEvent => {
  const id = parts.id ?? newId()
  return {
    schema: 1,
    actor: { type: 'key', id: '01a1f92c-0f77-7000-8000-000000000000' },
    correlationId: id,
    occurredAt: timestampOf(Date.now()),
    ...parts,
    id,
  }
}

/** Keeps `callers` calls under way for `ms` milliseconds; gives the rate and each call's latency. */
export const drive = async (
  callers: number,
  ms: number,
  call: (caller: number, round: number) => Promise<void>,
): Promise<{ rate: number; latenciesMs: number[]; count: number }> => {
  const latenciesMs: number[] = []
  const started = performance.now()
  const until = started + ms
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let round = 0; performance.now() < until; round++) {
        const before = performance.now()
        await call(caller, round)
        latenciesMs.push(performance.now() - before)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  return { rate: latenciesMs.length / seconds, latenciesMs, count: latenciesMs.length }
}
