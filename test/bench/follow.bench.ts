import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { projectionStatus } from '@writ/projector'
import { note, quantile, report } from './support/figure.ts'
import { openLoop } from './support/open-loop.ts'
import { type Rig, startRig } from './support/rig.ts'

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))
const LAG_RATE = 1_000
const LAG_SECONDS = 60
const LAG_P99_SECONDS = 1
const REBUILD_RATE = 200
const SWAP_MS = 10
const BODY = JSON.stringify({
  action: 'discount',
  subject: { type: 'customer', id: 'c-42' },
  request: { discount: 0.08, margin: 0.31 },
})

/**
 * Read models of a running `writ start`: how far they lag under steady load, and what a rebuild of all of them does to
 * those who read and write meanwhile. With `BENCH_LOAN_LOG=FILE` the loan log is imported and decided first.
 */
export const followBench = async (only?: string): Promise<void> => {
  const rig = await startRig()
  const home = mkdtempSync(join(tmpdir(), 'writ-follow-'))
  const environment = {
    ...process.env,
    DATABASE_URL: rig.url,
    WRIT_HOME: home,
    WRIT_PORT: '0',
    WRIT_LOG_LEVEL: 'warn',
  }
  try {
    const file = process.env.BENCH_LOAN_LOG
    if (file !== undefined && existsSync(file)) await run(['demo', '--data', file], environment)
    const writ = await startWrit(environment, home)
    await level(rig)
    if (only !== 'rebuild') await lag(rig, writ)
    if (only !== 'lag') await rebuild(rig, writ, environment)
    await writ.stop()
  } finally {
    rmSync(home, { recursive: true, force: true })
    await rig.stop()
  }
}

interface Running {
  readonly url: string
  readonly token: string
  stop(): Promise<void>
}

const run = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`writ ${args.join(' ')} ended with ${code}: ${text}`)
  return text
}

const startWrit = async (env: NodeJS.ProcessEnv, home: string): Promise<Running> => {
  const child = spawn(process.execPath, [MAIN, 'start'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  for (;;) {
    const url = /Writ listens on (http:\/\/\S+)/.exec(said)?.[1]
    if (url !== undefined && existsSync(join(home, 'key'))) {
      const { readFileSync } = await import('node:fs')
      const token = readFileSync(join(home, 'key'), 'utf8').trim()
      const stop = async (): Promise<void> => {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      return { url, token, stop }
    }
    await sleep(50)
  }
}

/** Waits until nothing is left to fold. */
const level = async (rig: Rig): Promise<void> => {
  const started = performance.now()
  for (;;) {
    const status = await projectionStatus(rig.owner)
    const behind = status.reduce((sum, { lagEvents }) => sum + lagEvents, 0)
    if (status.length > 0 && behind === 0) break
    await sleep(100)
  }
  note(`level after ${((performance.now() - started) / 1_000).toFixed(1)} s`)
}

const target = ({ url, token }: Running) => ({
  url: `${url}/decisions/finance`,
  connections: 64,
  body: BODY,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
})

/** The age of the oldest entry that some read model has not folded, sampled while decisions arrive. */
const lag = async (rig: Rig, writ: Running): Promise<void> => {
  await openLoop({ ...target(writ), rate: LAG_RATE, seconds: 3 })
  const samples: number[] = []
  let running = true
  const sampling = (async () => {
    while (running) {
      const status = await projectionStatus(rig.owner)
      samples.push(Math.max(0, ...status.map(({ lagSeconds }) => lagSeconds)))
      await sleep(50)
    }
  })()
  const load = await openLoop({ ...target(writ), rate: LAG_RATE, seconds: LAG_SECONDS })
  running = false
  await sampling
  samples.sort((a, b) => a - b)
  const p99 = quantile(samples, 0.99)
  note(
    `decisions p50 ${load.ms.p50.toFixed(1)} p99 ${load.ms.p99.toFixed(1)} ms at ${Math.round(load.rate)}/s`,
  )
  report({
    bench: 'follow',
    figure: 'lag',
    value: p99,
    unit: 's',
    n: samples.length,
    ms: {
      p50: quantile(samples, 0.5) * 1_000,
      p95: quantile(samples, 0.95) * 1_000,
      p99: p99 * 1_000,
    },
    budget: `p99 < ${LAG_P99_SECONDS} s`,
    ok: p99 < LAG_P99_SECONDS,
  })
}

/** All read models rebuilt aside while decisions arrive and somebody reads; then compared with a fold from zero. */
const rebuild = async (rig: Rig, writ: Running, env: NodeJS.ProcessEnv): Promise<void> => {
  let running = true
  const seen = { reads: 0, failed: 0, back: 0, position: 0 }
  const reading = (async () => {
    while (running) {
      const reply = await fetch(`${writ.url}/decisions?domain=finance&limit=5`, {
        headers: { authorization: `Bearer ${writ.token}` },
      }).catch(() => undefined)
      seen.reads++
      if (reply?.status !== 200) seen.failed++
      else {
        const { position, items } = (await reply.json()) as {
          position: number
          items: { position: number }[]
        }
        const shown = items[0]?.position ?? 0
        if (position < seen.position || shown > position) seen.back++
        seen.position = position
      }
      await sleep(10)
    }
  })()
  let load = true
  const loading = (async () => {
    while (load) await openLoop({ ...target(writ), rate: REBUILD_RATE, seconds: 1 })
  })()
  const started = performance.now()
  const text = await run(['projections', 'rebuild', '--json'], env)
  const seconds = (performance.now() - started) / 1_000
  running = false
  load = false
  await reading
  await loading
  const { rebuilt } = JSON.parse(text) as { rebuilt: { name: string; swapMs?: number }[] }
  const verified = JSON.parse(await run(['projections', 'verify', '--json'], env)) as {
    projections: { name: string; rows: number; differenceCount: number }[]
  }
  const head = Math.max(...(await projectionStatus(rig.owner)).map((one) => one.head))
  const rows = verified.projections.reduce((sum, one) => sum + one.rows, 0)
  const differences = verified.projections.reduce((sum, one) => sum + one.differenceCount, 0)
  const swaps = rebuilt.flatMap(({ swapMs }) => swapMs ?? []).sort((a, b) => a - b)
  const swap = quantile(swaps, 0.5)
  note(`swaps took ${swaps.join(', ')} ms`)
  note(
    `${rebuilt.length} read models over ${head} entries rebuilt in ${seconds.toFixed(1)} s; ${rows} rows compared, ${differences} differ`,
  )
  note(`${seen.reads} reads meanwhile, ${seen.failed} failed, ${seen.back} went back`)
  report({
    bench: 'follow',
    figure: 'rebuild',
    value: head / seconds,
    unit: 'entries/s',
    n: seen.reads,
    budget: '0 differ, 0 reads failed, 0 went back',
    ok: differences + seen.failed + seen.back === 0 && seen.reads > 0,
  })
  report({
    bench: 'follow',
    figure: 'swap',
    value: swap,
    unit: 'ms',
    n: swaps.length,
    budget: `< ${SWAP_MS}`,
    ok: swap < SWAP_MS,
  })
}
