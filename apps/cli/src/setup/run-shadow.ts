import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Logger } from '@writ/observability'
import type { Config } from './config.ts'

/** How long a start is left to itself before runs are looked for, and a thread that ended before the next. Unit: ms. */
const FIRST_MS = 1_500
const AGAIN_MS = 1_000

/** Follows shadow runs beside the API; a thread that fails is replaced. Returns how to end it. */
export const runShadow = (config: Config, logger: Logger): (() => Promise<void>) => {
  let stopping = false
  let worker: Worker | undefined
  let timer: NodeJS.Timeout
  const begin = (): void => {
    const begun = new Worker(new URL('./shadow-thread.ts', import.meta.url), { workerData: config })
    worker = begun
    begun.on('error', (fault) => logger.error({ err: fault }, 'the shadow thread ended'))
    begun.on('exit', () => {
      worker = undefined
      if (!stopping) timer = setTimeout(begin, AGAIN_MS).unref()
    })
  }
  timer = setTimeout(begin, FIRST_MS).unref()
  return async () => {
    stopping = true
    clearTimeout(timer)
    if (worker === undefined) return
    const ended = once(worker, 'exit')
    worker.postMessage('stop')
    await ended
  }
}
