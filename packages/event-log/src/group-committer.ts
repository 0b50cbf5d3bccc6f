import {
  type Clock,
  type LedgerName,
  type SqlDatabase,
  type SqlRunner,
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

/**
 * From this many appends on, half of those under way is worth a flush of its own: the server works on one half while
 * this process answers and encodes the other. Below it the fixed cost of a commit would be paid twice (ADR-0003).
 */
const HALF_FLUSH_MIN = 64
const FLUSHES_IN_FLIGHT_MAX = 2

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
 * Commits the appends of one ledger in batches: one flush is in flight, the next batch forms meanwhile; under load two
 * are in flight on one connection, which keeps their order. No timer: an idle caller pays one round trip, a busy ledger
 * shares each commit among all who wait (ADR-0003).
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
  private readonly lane: SqlRunner
  private flushes = 0
  private appendsInFlight = 0
  private scheduled = false

  constructor(ledger: LedgerName, deps: GroupCommitter['deps']) {
    this.ledger = ledger
    this.tenant = tenantOf(ledger)
    this.deps = deps
    this.lane = deps.database.lane()
  }

  get idle(): boolean {
    return this.flushes === 0 && this.queue.size === 0
  }

  /** @throws QueueFull, StoreUnavailable ('unknown': repeat with the same key or ids) */
  append(rendered: RenderedAppend): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const accepted = this.queue.offer(rendered.append.caller, { rendered, resolve, reject })
      if (accepted) this.wake()
      else reject(new QueueFull(this.ledger))
    })
  }

  private wake(): void {
    if (this.scheduled || this.flushSize() === 0) return
    this.scheduled = true
    // One turn of the event loop: callers just answered queue their next append first, so batches stay even.
    setImmediate(() => {
      this.scheduled = false
      void this.flush()
    })
  }

  /** How many of the waiting appends may go now; 0 when they had better wait for the flush in flight. */
  private flushSize(): number {
    const half = Math.ceil((this.queue.size + this.appendsInFlight) / 2)
    if (half < HALF_FLUSH_MIN) return this.flushes === 0 ? this.queue.size : 0
    if (this.flushes === FLUSHES_IN_FLIGHT_MAX) return 0
    if (this.flushes > 0 && this.queue.size < HALF_FLUSH_MIN) return 0
    return Math.min(half, FLUSH_APPENDS_MAX)
  }

  private async flush(): Promise<void> {
    const batch = this.nextBatch(this.flushSize())
    if (batch.length === 0) return
    this.flushes++
    this.appendsInFlight += batch.length
    const committed = this.commit(batch)
    this.wake()
    await committed
    this.flushes--
    this.appendsInFlight -= batch.length
    this.deps.onCommit(this.ledger)
    this.wake()
  }

  /** What fits, with no key and no event id twice: `log.append` judges repeats against what is stored, not in a batch. */
  private nextBatch(size: number): Waiting[] {
    const seen = new Set<string>()
    let appends = 0
    let bytes = 0
    return this.queue.take(({ rendered }) => {
      if (appends >= size) return 'stop'
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
      const [row] = await this.lane.query<AppendRow>(statement)
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
