import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '@writ/kernel'

/**
 * A clock that stands at an event's own time while that event is handled. Each handling has its own "now", so that many
 * can be under way at once. Only import and demo hold one; a live caller has no way to it.
 */
export class ReplayClock implements Clock {
  private readonly moment = new AsyncLocalStorage<number>()
  private latest: number

  constructor(startMs: number) {
    this.latest = startMs
  }

  now(): number {
    return this.moment.getStore() ?? this.latest
  }

  at<T>(ms: number, work: () => Promise<T>): Promise<T> {
    this.latest = Math.max(this.latest, ms)
    return this.moment.run(ms, work)
  }
}
