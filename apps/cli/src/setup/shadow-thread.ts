import { parentPort, workerData } from 'node:worker_threads'
import { createLogger } from '@writ/observability'
import type { Config } from './config.ts'
import { openDatabase } from './open-database.ts'
import { buildRuntime } from './runtime.ts'
import { shadowJudges } from './shadow-judges.ts'
import { ShadowRounds } from './shadow-rounds.ts'

/** How often decisions are looked for while a run is under way, and how often a run is looked for. Unit: ms. */
const RUNNING_MS = 500
const IDLE_MS = 1_000

// Candidates judge in a thread of their own, over connections of their own: no live decision waits for what they do.
// Only their appends stand in the same queue as everybody's, 64 at most at a time.
const config = workerData as Config
const logger = createLogger({ level: config.logLevel, name: 'shadow' })
const onFault = (fault: unknown): void =>
  logger.error({ err: fault }, 'a shadow run could not be followed; the next round tries again')
const runtime = buildRuntime(config, await openDatabase(config))
const rounds = new ShadowRounds({ deps: runtime.deps, judges: shadowJudges(), onFault })

let timer: NodeJS.Timeout | undefined
let stopping = false
const again = async (): Promise<void> => {
  const running = await rounds.round().catch((fault) => {
    onFault(fault)
    return 0
  })
  if (!stopping) timer = setTimeout(look, running === 0 ? IDLE_MS : RUNNING_MS)
}
let underWay = Promise.resolve()
const look = (): void => {
  underWay = again()
}
look()
parentPort?.once('message', async () => {
  stopping = true
  clearTimeout(timer)
  await underWay
  clearTimeout(timer)
  await rounds.stop()
  await runtime.close()
  parentPort?.close()
})
