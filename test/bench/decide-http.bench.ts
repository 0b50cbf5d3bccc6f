import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { atLeast, median, note, ratioOf, report } from './support/figure.ts'
import { httpLoad } from './support/http-load.ts'
import { openLoop } from './support/open-loop.ts'
import { type Rig, startRig } from './support/rig.ts'

const CONNECTIONS = 64
const ROUNDS = 5
const ROUND_SECONDS = 3
const POOLS = [8, 16, 32, 64]
const BODY = JSON.stringify({
  action: 'discount',
  subject: { type: 'customer', id: 'c-42' },
  request: { discount: 0.08, margin: 0.31 },
})
const ENTRY_BYTES_BUDGET = 2_048

/** Decisions over HTTP against a route that validates and does one INSERT, both in processes of their own. */
export const decideHttpBench = async (): Promise<void> => {
  const rig = await startRig()
  try {
    await throughput(rig)
  } finally {
    await rig.stop()
  }
}

const throughput = async (rig: Rig): Promise<void> => {
  const pool = await bestPool(rig)
  const writ = await serve('./support/writ-server.ts', { DATABASE_URL: rig.url })
  const bare = await serve('./support/insert-server.ts', {
    DATABASE_URL: rig.url,
    POOL: String(pool),
  })
  try {
    const rates = { writ: [] as number[], bare: [] as number[] }
    for (let round = -1; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? (['writ', 'bare'] as const) : (['bare', 'writ'] as const)
      for (const side of order) {
        const { rate } = await load(side === 'writ' ? writ : bare, ROUND_SECONDS)
        if (round >= 0) rates[side].push(rate)
      }
    }
    const ratio = ratioOf(rates.writ, rates.bare)
    report({
      bench: 'decide-http',
      figure: 'throughput',
      unit: 'decisions/s',
      n: ROUNDS,
      ...ratio,
      ...atLeast(ratio.ratio, 1),
    })
    await latency(writ, bare, median(rates.writ) / 2)
    await entryBytes(rig)
  } finally {
    writ.stop()
    bare.stop()
  }
}

/**
 * At half of the rate it can do: requests leave evenly and their latency counts from the moment they were due. The bare
 * server at the same rate is printed beside it: where its tail is long too, the disk or a neighbour made it.
 */
const latency = async (writ: Served, bare: Served, rate: number): Promise<void> => {
  const seconds = 2 * ROUND_SECONDS
  const beside = (await openLoop({ ...target(bare), rate, seconds })).ms
  note(
    `insert server at ${Math.round(rate)}/s: p50 ${beside.p50.toFixed(1)} p95 ${beside.p95.toFixed(1)} p99 ${beside.p99.toFixed(1)} ms`,
  )
  const result = await openLoop({ ...target(writ), rate, seconds })
  const { p50, p99 } = result.ms
  const ok = p50 < 5 && p99 < 15
  report({
    bench: 'decide-http',
    figure: 'half-load',
    value: result.rate,
    unit: 'decisions/s',
    n: result.count,
    ms: result.ms,
    budget: 'p50 < 5 ms, p99 < 15 ms',
    ok,
  })
}

const entryBytes = async (rig: Rig): Promise<void> => {
  const [row] = await rig.owner.query<{ bytes: number; n: bigint }>({
    text: "select max(octet_length(entry))::int as bytes, count(*) as n from log.entries where type = 'DecisionMade'",
  })
  const bytes = row?.bytes ?? 0
  report({
    bench: 'decide-http',
    figure: 'entry-bytes',
    value: bytes,
    unit: 'bytes',
    n: Number(row?.n ?? 0),
    budget: `<= ${ENTRY_BYTES_BUDGET}`,
    ok: bytes > 0 && bytes <= ENTRY_BYTES_BUDGET,
  })
}

interface Served {
  readonly url: string
  readonly token: string
  stop(): void
}

/** Starts a server script; its first line of output is `{url, token}`. */
const serve = async (script: string, env: Readonly<Record<string, string>>): Promise<Served> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { ...process.env, WRIT_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url, token } = JSON.parse(line.toString()) as { url: string; token: string }
  return { url, token, stop: () => child.kill('SIGTERM') }
}

const target = ({ url, token }: Served) => ({
  url: `${url}/decisions/finance`,
  connections: CONNECTIONS,
  body: BODY,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
})

const load = (served: Served, seconds: number) => httpLoad({ ...target(served), seconds })

const bestPool = async (rig: Rig): Promise<number> => {
  const rates: { pool: number; rate: number }[] = []
  for (const pool of POOLS) {
    const served = await serve('./support/insert-server.ts', {
      DATABASE_URL: rig.url,
      POOL: String(pool),
    })
    await load(served, 1)
    rates.push({ pool, rate: (await load(served, 2)).rate })
    served.stop()
  }
  note(
    `insert server: ${rates.map(({ pool, rate }) => `pool ${pool} ${Math.round(rate)}/s`).join(', ')}`,
  )
  return (rates.sort((a, b) => b.rate - a.rate)[0] as { pool: number }).pool
}
