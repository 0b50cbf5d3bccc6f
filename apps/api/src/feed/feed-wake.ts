/** Tells of commits: a text of ledger names, or `*`. May lose some; whoever waits looks again by itself. */
export type Hints = (onHint: (payload: string) => void) => Promise<() => Promise<void>>

/** One listener of the process, shared by all feeds and by all who wait for a position. */
export class FeedWake {
  private readonly waiting = new Set<{ readonly ledger: string; readonly wake: () => void }>()
  private readonly hints: Hints | undefined
  private listening: Promise<(() => Promise<void>) | undefined> | undefined

  constructor(hints?: Hints) {
    this.hints = hints
  }

  /** Resolves when something may have been appended to the ledger, after `ms`, or when the signal says so. */
  wait(ledger: string, ms: number, signal?: AbortSignal): Promise<void> {
    // Without hints, or while they cannot be had, waiting is all there is.
    this.listening ??= this.hints?.((payload) => this.hear(payload)).catch(() => undefined)
    return new Promise((resolve) => {
      const waiter = {
        ledger,
        wake: () => {
          clearTimeout(timer)
          this.waiting.delete(waiter)
          signal?.removeEventListener('abort', waiter.wake)
          resolve()
        },
      }
      const timer = setTimeout(waiter.wake, ms)
      this.waiting.add(waiter)
      if (signal?.aborted === true) waiter.wake()
      else signal?.addEventListener('abort', waiter.wake)
    })
  }

  private hear(payload: string): void {
    const ledgers = new Set(payload.split(','))
    for (const waiter of [...this.waiting]) {
      if (payload === '*' || ledgers.has(waiter.ledger)) waiter.wake()
    }
  }

  async close(): Promise<void> {
    for (const waiter of [...this.waiting]) waiter.wake()
    await (await this.listening)?.()
  }
}
