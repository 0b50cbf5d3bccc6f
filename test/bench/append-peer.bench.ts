import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql'
import { type LedgerName, Problem } from '@writ/kernel'
import pg from 'pg'
import { latencies, note, ratioOf, report } from './support/figure.ts'
import { benchEvent, drive, newId, openBenchLedger, type Rig, startRig } from './support/rig.ts'

const LEDGER = 'bench/main' as LedgerName
const ROUNDS = 5
const ROUND_MS = 2_000
const POOLS = [16, 32, 64]
const DATA = { note: 'x'.repeat(300), amount: 1250, accepted: true }

/** Single-event appends to fresh streams against Emmett's PostgreSQL store at its best pool, on one server. */
export const appendPeerBench = async (only?: string): Promise<void> => {
  const wanted = (lanes: readonly Lane[]): readonly Lane[] =>
    lanes.filter(({ figure }) => only === undefined || only === figure)
  const plain = wanted([
    { figure: 'local-32', callers: 32, budget: 6 },
    { figure: 'local-256', callers: 256, budget: 8 },
  ])
  const slow = wanted([{ figure: 'commit-2ms-256', callers: 256, budget: 5 }])
  if (plain.length > 0) await lane({}, plain)
  if (slow.length > 0) await lane({ commit_delay: '2000', commit_siblings: '0' }, slow)
}

interface Lane {
  readonly figure: string
  readonly callers: number
  readonly budget: number
}

const lane = async (
  settings: Readonly<Record<string, string>>,
  figures: readonly Lane[],
): Promise<void> => {
  const rig = await startRig(settings)
  try {
    const log = await openBenchLedger(rig.database, LEDGER)
    await rig.server.query('create database emmett')
    const ours = async (caller: number): Promise<void> => {
      const id = newId()
      const event = benchEvent({ id, type: 'Tested', stream: `order:${id}`, data: DATA })
      const result = await log.append(LEDGER, {
        caller: `c${caller}`,
        events: [{ event, expectedRevision: 0, mac: Buffer.alloc(16) }],
      })
      if (result instanceof Problem || result.status !== 'appended')
        throw new Error(JSON.stringify(result))
    }
    for (const { figure, callers, budget } of figures)
      await compare(rig, { figure, callers, budget, ours })
  } finally {
    await rig.stop()
  }
}

const compare = async (
  rig: Rig,
  { figure, callers, budget, ours }: Lane & { ours: (caller: number) => Promise<void> },
): Promise<void> => {
  const pool = await bestPool(rig, callers)
  const peer = emmett(rig, pool)
  const rates = { ours: [] as number[], peer: [] as number[] }
  const ms: number[] = []
  for (let round = -1; round < ROUNDS; round++) {
    const theirs = await drive(callers, ROUND_MS, peer.append)
    const mine = await drive(callers, ROUND_MS, ours)
    if (round < 0) continue
    rates.peer.push(theirs.rate)
    rates.ours.push(mine.rate)
    ms.push(...mine.latenciesMs)
  }
  await peer.close()
  const ratio = ratioOf(rates.ours, rates.peer)
  report({
    bench: 'append-peer',
    figure,
    unit: 'events/s',
    n: ms.length,
    ms: latencies(ms),
    ...ratio,
    budget: `>= ${budget}`,
    ok: ratio.ratio >= budget,
  })
}

const bestPool = async (rig: Rig, callers: number): Promise<number> => {
  const rates: { pool: number; rate: number }[] = []
  for (const pool of POOLS) {
    const peer = emmett(rig, pool)
    await drive(callers, 500, peer.append)
    rates.push({ pool, rate: (await drive(callers, 1_500, peer.append)).rate })
    await peer.close()
  }
  note(
    `emmett, ${callers} callers: ${rates.map(({ pool, rate }) => `pool ${pool} ${Math.round(rate)}/s`).join(', ')}`,
  )
  return (rates.sort((a, b) => b.rate - a.rate)[0] as { pool: number }).pool
}

const emmett = (
  rig: Rig,
  max: number,
): { append: (caller: number) => Promise<void>; close: () => Promise<void> } => {
  const connectionString = rig.server.url('emmett')
  const pool = new pg.Pool({ connectionString, max })
  // The store leaves idle connections open when it is closed; the server ends them when it stops.
  pool.on('error', () => {})
  const store = getPostgreSQLEventStore(connectionString, {
    schema: { autoMigration: 'CreateOrUpdate' },
    connectionOptions: { pool },
  })
  return {
    append: async () => {
      const id = newId()
      await store.appendToStream(`order-${id}`, [{ type: 'Tested', data: DATA }])
    },
    close: async () => {
      await store.close()
      if (!pool.ended) await pool.end()
    },
  }
}
