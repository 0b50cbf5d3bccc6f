import {
  type Clock,
  type LedgerName,
  type SqlDatabase,
  StoreUnavailable,
  tenantOf,
  timestampOf,
} from '@writ/kernel'
import type { AppendResult } from './append.ts'
import {
  type AppendRow,
  appendResults,
  appendStatement,
  type RenderedAppend,
} from './append-batch.ts'
import { FairQueue } from './fair-queue.ts'

/** Most appends that wait for one ledger in one process. Beyond it callers are told to come back: memory stays bounded. */
export const QUEUED_APPENDS_MAX = 10_000
/** Most appends in one flush. Measured: beyond 500 the rate no longer grows and the last caller waits longer. */
export const FLUSH_APPENDS_MAX = 500
/** Most bytes of entries in one flush, so that one large body does not hold up many small ones. */
export const FLUSH_BYTES_MAX = 1_048_576

/** SQLSTATEs after which the same batch may simply run again: serialization failure, deadlock. */
const REPEATABLE = new Set(['40001', '40P01'])

/** The queue of the ledger is full. The caller waits `retryAfterSeconds` and repeats. */
export class QueueFull extends Error {
  readonly retryAfterSeconds = 1
  constructor(ledger: string) {
    super(`${QUEUED_APPENDS_MAX} appends already wait for ${ledger}`)
    this.name = 'QueueFull'
  }
}

interface Waiting {
  readonly rendered: RenderedAppend
  readonly resolve: (result: AppendResult) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Commits the appends of one ledger in batches: one flush is in flight, the next batch forms meanwhile. No timer: an
 * idle caller pays one round trip, a busy ledger shares each commit among all who wait (ADR-0003).
 *
 * A crash loses only callers who were not answered; they repeat with the same key or ids.
 */
export class GroupCommitter {
  private readonly queue = new FairQueue<Waiting>(QUEUED_APPENDS_MAX)
  private readonly deps: {
    readonly database: SqlDatabase
    readonly clock: Clock
    readonly onCommit: (ledger: LedgerName) => void
  }
  private readonly ledger: LedgerName
  private readonly tenant: string
  private flushing = false

  constructor(ledger: LedgerName, deps: GroupCommitter['deps']) {
    this.ledger = ledger
    this.tenant = tenantOf(ledger)
    this.deps = deps
  }

  get idle(): boolean {
    return !this.flushing && this.queue.size === 0
  }

  /** @throws QueueFull, StoreUnavailable ('unknown': repeat with the same key or ids) */
  append(rendered: RenderedAppend): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const accepted = this.queue.offer(rendered.append.caller, { rendered, resolve, reject })
      if (!accepted) reject(new QueueFull(this.ledger))
      else if (!this.flushing) this.startFlush()
    })
  }

  private startFlush(): void {
    this.flushing = true
    // One turn of the event loop: callers just answered queue their next append first, so batches stay even.
    setImmediate(() => {
      void this.flush()
    })
  }

  private async flush(): Promise<void> {
    const batch = this.nextBatch()
    if (batch.length > 0) {
      await this.commit(batch)
      this.deps.onCommit(this.ledger)
    }
    if (this.queue.size > 0) this.startFlush()
    else this.flushing = false
  }

  /** What fits, with no key and no event id twice: `log.append` judges repeats against what is stored, not in a batch. */
  private nextBatch(): Waiting[] {
    const seen = new Set<string>()
    let appends = 0
    let bytes = 0
    return this.queue.take(({ rendered }) => {
      if (appends >= FLUSH_APPENDS_MAX) return 'stop'
      if (appends > 0 && bytes + rendered.bytes > FLUSH_BYTES_MAX) return 'stop'
      const names = namesOf(rendered)
      if (names.some((name) => seen.has(name))) return 'leave'
      for (const name of names) seen.add(name)
      appends++
      bytes += rendered.bytes
      return 'take'
    })
  }

  private async commit(batch: readonly Waiting[], repeated = false): Promise<void> {
    try {
      const rendered = batch.map((waiting) => waiting.rendered)
      const keyTime = timestampOf(this.deps.clock.now())
      const statement = appendStatement(this.ledger, this.tenant, rendered, keyTime)
      const [row] = await this.deps.database.query<AppendRow>(statement)
      const results = appendResults(rendered, row as AppendRow)
      batch.forEach((waiting, i) => {
        waiting.resolve(results[i] as AppendResult)
      })
    } catch (fault) {
      await this.afterFault(batch, fault, repeated)
    }
  }

  /**
   * A fault fails the whole batch and stored nothing, unless the connection broke: then nobody knows, and only the
   * callers may repeat, by key. Otherwise halves are tried, so that one bad append cannot fail its neighbours.
   */
  private async afterFault(
    batch: readonly Waiting[],
    fault: unknown,
    repeated: boolean,
  ): Promise<void> {
    const code = (fault as { code?: unknown }).code
    if (fault instanceof StoreUnavailable) return rejectAll(batch, fault)
    if (!repeated && REPEATABLE.has(String(code))) return this.commit(batch, true)
    if (batch.length === 1) return rejectAll(batch, fault)
    const middle = batch.length >> 1
    await this.commit(batch.slice(0, middle))
    await this.commit(batch.slice(middle))
  }
}

const rejectAll = (batch: readonly Waiting[], fault: unknown): void => {
  for (const waiting of batch) waiting.reject(fault)
}

const namesOf = ({ append }: RenderedAppend): readonly string[] => {
  const names = append.events.map((item) => item.event.id)
  if (append.idempotency !== undefined) {
    names.push(Buffer.from(append.idempotency.key).toString('latin1'))
  }
  return names
}
