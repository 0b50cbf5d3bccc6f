// Appends from many processes to one ledger while they are killed at random, then verifies what the log promised.
//
//   node test/fault/append-storm.ts SECONDS [--durable] [--processes=8] [--connections=4] [--seed=1]
//
// The database is that of DATABASE_URL (migrated, superuser), or with --durable a server of its own with fsync on.
// Prints one line with counts. Exit code 0: every promise kept; 4: broken.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { APP_ROLE, type Database, migrateUp, openServerDatabase } from '@writ/database'
import { EventLog, type NewEvent } from '@writ/event-log'
import { type LedgerName, StoreUnavailable, timestampOf, uuidV7 } from '@writ/kernel'
import { startPostgresServer } from '../support/postgres-server.ts'
import { stormVerdict } from './support/storm-verdict.ts'

const LEDGER = 'storm/main' as LedgerName
/** Callers of one connection: enough that batches form, few enough that eight processes stay responsive. */
const CALLERS = 4
/** Time between two kills. Unit: ms. A worker lives long enough to append, and dies often enough to die mid-commit. */
const KILL_MS = { least: 100, most: 400 }

const clock = { now: () => Date.now() }
const newId = (): string => uuidV7(Date.now(), randomBytes(10))

const stormEvent = (type: string, stream: string): NewEvent => {
  const id = newId()
  return {
    id,
    type,
    stream,
    schema: 1,
    data: { storm: true },
    actor: { type: 'system', id: '01a1f92c-0f77-7000-8000-000000000000' },
    correlationId: id,
    occurredAt: timestampOf(Date.now()),
  }
}

const worker = async (no: string, file: string, connections: number): Promise<void> => {
  const acknowledged = openSync(file, 'a')
  const url = process.env.DATABASE_URL as string
  const appendForEver = async (log: EventLog, caller: string): Promise<never> => {
    for (let turn = 0; ; turn++) {
      const event = stormEvent('StormBlew', `storm:${no}-${turn % 7}`)
      await appendUntilAnswered(log, caller, event)
      // The file first: what is counted must be on record, wherever the kill strikes.
      writeSync(acknowledged, `${event.id}\n`)
      if (turn === 0) process.send?.('first')
    }
  }
  const all = Array.from({ length: connections }, async (_, connection) => {
    const database = await openServerDatabase({ url, role: APP_ROLE, poolMax: 1 })
    const log = new EventLog({ database, clock, hints: false })
    await Promise.all(
      Array.from({ length: CALLERS }, (_, i) => appendForEver(log, `${connection} ${i}`)),
    )
  })
  try {
    await Promise.all(all)
  } finally {
    closeSync(acknowledged)
  }
}

/** Repeats with the same id after a lost reply; `duplicate` is then as good as `appended`. */
const appendUntilAnswered = async (
  log: EventLog,
  caller: string,
  event: NewEvent,
): Promise<void> => {
  const mac = createHash('sha256').update(event.id).digest().subarray(0, 16)
  for (;;) {
    try {
      const result = await log.append(LEDGER, { caller, events: [{ event, mac }] })
      if ('status' in result && ['appended', 'duplicate'].includes(result.status)) return
      throw new Error(`an append was answered ${JSON.stringify(result)}`)
    } catch (fault) {
      if (!(fault instanceof StoreUnavailable)) throw fault
      await sleep(20)
    }
  }
}

interface Storm {
  readonly url: string
  readonly seconds: number
  readonly processes: number
  readonly connections: number
  readonly seed: number
}

const startWorker = (storm: Storm, directory: string, no: number): ChildProcess =>
  spawn(
    process.execPath,
    [import.meta.filename, '--worker', `${no}`, '--into', join(directory, `${no}`)].concat(
      `--connections=${storm.connections}`,
    ),
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, DATABASE_URL: storm.url },
    },
  )

/** Pseudo-random numbers below 1 from a seed, so that a storm can be told again (Lehmer, modulus 2^31−1). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed % 2_147_483_647 || 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Kills and replaces workers until the time is over. @returns how many it killed */
const blow = async (storm: Storm, directory: string): Promise<number> => {
  const random = randomFrom(storm.seed)
  let started = 0
  let deaths = 0
  const start = (): ChildProcess => startWorker(storm, directory, ++started)
  const running = Array.from({ length: storm.processes }, start)
  await Promise.all(running.map(firstWord))
  const until = Date.now() + storm.seconds * 1_000
  while (Date.now() < until) {
    await sleep(KILL_MS.least + random() * (KILL_MS.most - KILL_MS.least))
    const victim = Math.floor(random() * running.length)
    await killed(running[victim] as ChildProcess)
    deaths++
    running[victim] = start()
  }
  await Promise.all(running.map(killed))
  return deaths
}

const firstWord = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)))
  })

const killed = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) throw new Error(`a worker ended by itself with ${child.exitCode}`)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

const runStorm = async (storm: Storm): Promise<number> => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-storm-'))
  const database: Database = await openServerDatabase({ url: storm.url, role: APP_ROLE })
  try {
    const log = new EventLog({ database, clock, hints: false })
    await log.open(LEDGER, stormEvent('LedgerOpened', 'ledger:main'))
    const deaths = await blow(storm, directory)
    const { entries, acknowledged, head, faults } = await stormVerdict(database, LEDGER, directory)
    const verdict = faults.length === 0 ? 'every promise kept' : `BROKEN: ${faults.join('; ')}`
    process.stdout.write(
      `storm of ${storm.seconds} s, seed ${storm.seed}: ${deaths} kills, ${acknowledged} acknowledged, ` +
        `${entries} entries, head ${head.slice(0, 16)}: ${verdict}\n`,
    )
    return faults.length === 0 ? 0 : 4
  } finally {
    await database.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

const durableStorm = async (storm: Omit<Storm, 'url'>): Promise<number> => {
  const server = await startPostgresServer({ durable: true })
  try {
    const owner = await openServerDatabase({ url: server.url() })
    await migrateUp(owner).finally(() => owner.close())
    return await runStorm({ ...storm, url: server.url() })
  } finally {
    await server.stop()
  }
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      durable: { type: 'boolean', default: false },
      processes: { type: 'string', default: '8' },
      connections: { type: 'string', default: '4' },
      seed: { type: 'string', default: '1' },
      worker: { type: 'string' },
      into: { type: 'string' },
    },
  })
  const connections = Number(values.connections)
  if (values.worker !== undefined && values.into !== undefined) {
    await worker(values.worker, values.into, connections)
    return 0
  }
  const storm = {
    seconds: Number(positionals[0] ?? 60),
    processes: Number(values.processes),
    connections,
    seed: Number(values.seed),
  }
  if (values.durable) return durableStorm(storm)
  const url = process.env.DATABASE_URL
  if (url === undefined) throw new Error('set DATABASE_URL, or give --durable')
  return runStorm({ ...storm, url })
}

process.exitCode = await main()
