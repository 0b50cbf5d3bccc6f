import type { Caller } from '@writ/commands'
import { Problem } from '@writ/kernel'

/** Open feeds of one process, and of one tenant in it. Each holds a connection and polls the log. */
export const FEEDS_MAX = 256
export const FEEDS_PER_TENANT_MAX = 32

/** Counts who listens, and can end them all. */
export class OpenFeeds {
  private readonly open = new Map<string, Set<AbortController>>()
  private closed = false

  get size(): number {
    return [...this.open.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** @problem too-many-feeds */
  enter({ tenant }: Pick<Caller, 'tenant'>): AbortController | Problem {
    const own = this.open.get(tenant) ?? new Set()
    if (this.closed || this.size >= FEEDS_MAX || own.size >= FEEDS_PER_TENANT_MAX) {
      return new Problem(
        'too-many-feeds',
        `At most ${FEEDS_PER_TENANT_MAX} feeds of a tenant and ${FEEDS_MAX} in all are open at once.`,
        { retryAfterSeconds: 5 },
      )
    }
    const controller = new AbortController()
    own.add(controller)
    this.open.set(tenant, own)
    return controller
  }

  leave({ tenant }: Pick<Caller, 'tenant'>, controller: AbortController): void {
    const own = this.open.get(tenant)
    own?.delete(controller)
    if (own?.size === 0) this.open.delete(tenant)
  }

  endAll(): void {
    this.closed = true
    for (const own of this.open.values()) for (const controller of own) controller.abort()
  }
}
