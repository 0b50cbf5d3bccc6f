import { Worker } from 'node:worker_threads'
import { type PolicyChecks, PolicyCheckTooLong } from '@writ/commands'

/** Longest look at one policy. Unit: ms. The largest that fits its limits takes some 6 s on a slow core. */
const CHECK_MS_MAX = 30_000

/** How long the thread stays when nobody asks. Unit: ms. It holds some tens of megabytes. */
const IDLE_MS_MAX = 60_000

export interface Asked {
  readonly no: number
  readonly name: keyof PolicyChecks
  readonly texts: readonly string[]
}

export interface Answered {
  readonly no: number
  readonly result?: unknown
  readonly fault?: string
}

/**
 * The checks of policies in a thread that is begun when it is needed and ends when it is not. One at a time; a check
 * that takes too long ends with the thread, so a hostile policy costs one core for that time and nothing else.
 */
export const threadedPolicyChecks = (): PolicyChecks & { close(): Promise<void> } => {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let idle: NodeJS.Timeout | undefined
  let no = 0

  const end = async (): Promise<void> => {
    clearTimeout(idle)
    const ending = worker
    worker = undefined
    await ending?.terminate()
  }
  const ask = (name: Asked['name'], texts: readonly string[]): Promise<unknown> => {
    clearTimeout(idle)
    worker ??= begun((gone) => {
      if (worker === gone) worker = undefined
    })
    const asked: Asked = { no: ++no, name, texts }
    return answerOf(worker, asked).catch(async (fault) => {
      await end()
      throw fault
    })
  }
  const queued = <T>(name: Asked['name'], texts: readonly string[]): Promise<T> => {
    const answer = last.then(() => ask(name, texts)) as Promise<T>
    last = answer
      .catch(() => {})
      .then(() => {
        idle = setTimeout(end, IDLE_MS_MAX).unref()
      })
    return answer
  }
  return {
    tests: (text) => queued('tests', [text]),
    check: (text, against) => queued('check', against === undefined ? [text] : [text, against]),
    loosening: (before, after) => queued('loosening', [before, after]),
    diff: (before, after) => queued('diff', [before, after]),
    close: end,
  }
}

const begun = (onGone: (gone: Worker) => void): Worker => {
  const worker = new Worker(new URL('./policy-checks-thread.ts', import.meta.url))
  // Also while nobody asks: an error that nobody hears would end the server, and a dead thread answers no one.
  worker.on('error', () => onGone(worker)).on('exit', () => onGone(worker))
  worker.unref()
  return worker
}

const answerOf = (worker: Worker, asked: Asked): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timeout)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      act()
    }
    const onMessage = ({ no, result, fault }: Answered): void => {
      if (no !== asked.no) return
      settle(() => (fault === undefined ? resolve(result) : reject(new Error(fault))))
    }
    const onError = (fault: unknown): void => settle(() => reject(fault))
    const onExit = (): void => settle(() => reject(new Error('the thread of policy checks ended')))
    const timeout = setTimeout(
      () => onError(new PolicyCheckTooLong(`not within ${CHECK_MS_MAX / 1000} s`)),
      CHECK_MS_MAX,
    )
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(asked)
  })
