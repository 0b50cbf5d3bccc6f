import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Logger } from '@writ/observability'
import type { Config } from './config.ts'

/** How long a thread that ended by itself is left alone before the next one. Unit: ms. */
const AGAIN_MS = 1_000

/** Runs the projector beside the API; a thread that fails is replaced. Returns how to end it. */
export const runProjector = (config: Config, logger: Logger): (() => Promise<void>) => {
  let stopping = false
  let again: NodeJS.Timeout | undefined
  let worker: Worker
  const begin = (): void => {
    worker = new Worker(new URL('./projector-thread.ts', import.meta.url), { workerData: config })
    worker.on('error', (fault) => logger.error({ err: fault }, 'the projector ended'))
    worker.on('exit', () => {
      if (!stopping) again = setTimeout(begin, AGAIN_MS).unref()
    })
  }
  begin()
  return async () => {
    stopping = true
    clearTimeout(again)
    const ended = once(worker, 'exit')
    worker.postMessage('stop')
    await ended
  }
}
