import { Worker } from 'node:worker_threads'
import {
  failedTally,
  type PageJudges,
  type PolicyText,
  type ReplayJob,
  type ReplayPage,
  type ReplayTally,
} from '@writ/commands'
import type { ToldThread } from './replay-thread.ts'

/**
 * Longest time for one page of at most 100 decisions, which takes some 5 ms at a hundred rules each. Unit: ms. Too
 * short calls honest work an error; too long leaves a replay hanging. Source: policy.md section 3.3.
 */
const PAGE_MS_MAX = 30_000

/** What a thread answers, and what the watch over it adds. */
type Answer =
  | { readonly tally: ReplayTally }
  | { readonly need: readonly string[] }
  | { readonly failed: 'time-limit' | 'thread-ended' }

export interface ThreadsOptions {
  /** How many pages are judged side by side. From 1. */
  readonly count: number
  readonly pageMsMax?: number
  /** For tests: a thread that misbehaves. */
  readonly thread?: URL
}

/**
 * Judges pages in threads, each with its own compiled policies, kept warm. A thread that does not answer in time is
 * ended and replaced; its page is told as errors.
 */
export const replayThreads =
  ({ count, pageMsMax = PAGE_MS_MAX, thread }: ThreadsOptions) =>
  (job: ReplayJob, policyText: PolicyText): PageJudges => {
    const file = thread ?? new URL('./replay-thread.ts', import.meta.url)
    const begin = (): Thread => new Thread(new Worker(file, { workerData: job }), pageMsMax)
    const idle: Thread[] = Array.from({ length: count }, begin)
    const waiting: ((thread: Thread) => void)[] = []
    let closed = false
    const give = (thread: Thread): void => {
      const next = waiting.shift()
      if (next === undefined) idle.push(thread)
      else next(thread)
    }
    const take = async (): Promise<Thread> =>
      idle.pop() ?? new Promise((resolve) => waiting.push(resolve))
    return {
      width: count,
      judge: async (page) => {
        const one = await take()
        const answer = await judgedBy(one, page, policyText)
        if ('tally' in answer) give(one)
        else {
          await one.end()
          if (!closed) give(begin())
        }
        return 'tally' in answer ? answer.tally : failedTally(page, answer.failed)
      },
      close: async () => {
        closed = true
        await Promise.all(idle.map((one) => one.end()))
      },
    }
  }

const judgedBy = async (
  thread: Thread,
  page: ReplayPage,
  policyText: PolicyText,
): Promise<Exclude<Answer, { readonly need: unknown }>> => {
  let answer = await thread.ask({ page })
  while ('need' in answer) {
    const texts = answer.need.map(async (digest) => [digest, await policyText(digest)] as const)
    answer = await thread.ask({ policies: await Promise.all(texts) })
  }
  return answer
}

/** One thread with the watch over it. */
class Thread {
  private readonly worker: Worker
  private readonly answerMsMax: number
  private readonly gone: Promise<unknown>
  private ended = false

  constructor(worker: Worker, answerMsMax: number) {
    this.worker = worker
    this.answerMsMax = answerMsMax
    // A thread that ends before it was asked anything must not end the process.
    worker.on('error', () => {})
    this.gone = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.ended = true
        resolve(code)
      })
    })
  }

  ask(told: ToldThread): Promise<Answer> {
    const { worker } = this
    return new Promise((resolve) => {
      const answered = (answer: Answer): void => {
        clearTimeout(watch)
        worker.off('message', answered)
        worker.off('exit', ended)
        resolve(answer)
      }
      const ended = (): void => answered({ failed: 'thread-ended' })
      if (this.ended) return resolve({ failed: 'thread-ended' })
      const watch = setTimeout(() => answered({ failed: 'time-limit' }), this.answerMsMax)
      worker.on('message', answered)
      worker.on('exit', ended)
      worker.postMessage(told)
    })
  }

  /** Ends it whatever it does: nothing of it is needed any more. */
  async end(): Promise<void> {
    if (!this.ended) await this.worker.terminate()
    await this.gone
  }
}
