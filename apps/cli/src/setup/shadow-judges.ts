import { Worker } from 'node:worker_threads'
import {
  failure,
  type Judgement,
  type ReplayPage,
  type ShadowJob,
  type ShadowJudges,
} from '@writ/commands'

/**
 * Longest time for one decision; the costliest that the policy language admits takes a fifth of a second. Unit: ms. Too
 * short calls honest work an error; too long lets a candidate that hangs fall behind. Source: policy.md section 3.3.
 */
const DECISION_MS_MAX = 2_000
/** Longest time until a new thread has compiled both policies. Unit: ms. */
const START_MS_MAX = 20_000
/** Failures in one page after which the rest of it is noted without being tried: a page then costs 6 s at most. */
const FAILURES_MAX = 3
/** What a candidate may take of the memory that it shares with the live path. Unit: MB. */
const HEAP_MB_MAX = 256

export interface ShadowJudgesOptions {
  readonly decisionMsMax?: number
  /** For tests: a thread that misbehaves. */
  readonly thread?: URL
}

type Failed = 'time-limit' | 'thread-ended'

/**
 * Judges one run's decisions in a thread of its own under a clock. A decision that is not judged in time is noted as an
 * error, and the next one is judged by a new thread: nothing a candidate does holds up whoever asks for long.
 */
export const shadowJudges =
  ({ decisionMsMax = DECISION_MS_MAX, thread }: ShadowJudgesOptions = {}) =>
  (job: ShadowJob): ShadowJudges => {
    const file = thread ?? new URL('./shadow-judge-thread.ts', import.meta.url)
    let worker: WatchedWorker | undefined
    let closed = false
    const begin = async (): Promise<WatchedWorker | Failed> => {
      const begun = new WatchedWorker(file, job)
      worker = begun
      return (await begun.next(START_MS_MAX)) === 'ready' ? begun : 'thread-ended'
    }
    const end = async (): Promise<void> => {
      await worker?.end()
      worker = undefined
    }
    /** Adds to `judged` until all are, or one fails. */
    const judgeSome = async (items: ReplayPage, judged: Judgement[]): Promise<Failed | 'done'> => {
      const one = worker ?? (await begin())
      if (typeof one === 'string') return one
      one.post(items.slice(judged.length))
      while (judged.length < items.length) {
        const answer = await one.next(decisionMsMax)
        if (typeof answer === 'string') return answer === 'time-limit' ? answer : 'thread-ended'
        judged.push(answer)
      }
      return 'done'
    }
    return {
      judge: async (items) => {
        const judged: Judgement[] = []
        for (let failures = 0; judged.length < items.length; ) {
          const result = await judgeSome(items, judged)
          // Ended by us: that is no judgement on the candidate, and nobody may write one down.
          if (closed) throw new Error('the judges of a shadow run were closed')
          if (result === 'done') break
          await end()
          judged.push(failure(result === 'time-limit' ? 'timeout' : 'defect', result))
          failures++
          while (failures === FAILURES_MAX && judged.length < items.length)
            judged.push(failure('timeout', 'given-up'))
        }
        return judged
      },
      close: async () => {
        closed = true
        await end()
      },
    }
  }

type Answer = Judgement | 'ready' | Failed

/** One thread with the watch over it. */
class WatchedWorker {
  private readonly worker: Worker
  private readonly answers: Answer[] = []
  private heard: (() => void) | undefined
  private ended = false

  constructor(file: URL, job: ShadowJob) {
    this.worker = new Worker(file, {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    })
    // A thread that ends by itself must not end the process; that it has ended is heard below.
    this.worker.on('error', () => {})
    this.worker.on('message', (answer: Judgement | 'ready') => {
      this.answers.push(answer)
      this.heard?.()
    })
    this.worker.once('exit', () => {
      this.ended = true
      this.heard?.()
    })
  }

  post(items: ReplayPage): void {
    this.worker.postMessage(items)
  }

  /** The next answer, or why there is none. */
  async next(msMax: number): Promise<Answer> {
    if (this.answers.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        const watch = setTimeout(resolve, msMax)
        this.heard = () => {
          clearTimeout(watch)
          resolve()
        }
      })
      this.heard = undefined
    }
    return this.answers.shift() ?? (this.ended ? 'thread-ended' : 'time-limit')
  }

  /** Ends it whatever it does. */
  async end(): Promise<void> {
    await this.worker.terminate()
  }
}
