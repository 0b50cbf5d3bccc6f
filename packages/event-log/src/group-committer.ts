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

/** Flushes of one ledger under way at once. Measured: a third adds nothing, it only waits behind the second. */
const IN_FLIGHT_MAX = 2
/** From this many waiting callers on, a second flush pays; below it one commit for all is cheaper than two. */
const MANY_CALLERS = 64

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
  private inFlight = 0
  /** Streams of the flushes under way. */
  private readonly flying = new Set<string>()
  private scheduled = false

  constructor(ledger: LedgerName, deps: GroupCommitter['deps']) {
    this.ledger = ledger
    this.tenant = tenantOf(ledger)
    this.deps = deps
  }

  get idle(): boolean {
    return this.inFlight === 0 && this.queue.size === 0
  }

  /** @throws QueueFull, StoreUnavailable ('unknown': repeat with the same key or ids) */
  append(rendered: RenderedAppend): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const accepted = this.queue.offer(rendered.append.caller, { rendered, resolve, reject })
      if (!accepted) reject(new QueueFull(this.ledger))
      else this.schedule()
    })
  }

  /** One turn of the event loop: callers who come together share a commit. */
  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.pump()
    })
  }

  /**
   * Sends what waits. A second flush goes out while the first commits only for many callers: the server holds it at the
   * ledger's lock, so the chain is the same, and its journey, our encoding and our answering cost no time. It may come
   * there first, though: so it holds no stream of the flush before it.
   */
  private pump(): void {
    const waiting = this.queue.size
    if (waiting === 0 || this.inFlight >= IN_FLIGHT_MAX) return
    if (this.inFlight > 0 && waiting < MANY_CALLERS) return
    // With all of many callers waiting, half of them: else the two flushes would take turns instead of overlapping.
    const size = this.inFlight === 0 && waiting >= MANY_CALLERS ? waiting >> 1 : waiting
    const batch = this.nextBatch(size)
    if (batch.length === 0) return
    void this.flush(batch)
    this.schedule()
  }

  private async flush(batch: readonly Waiting[]): Promise<void> {
    this.inFlight++
    const streams = batch.flatMap(({ rendered }) => streamsOf(rendered))
    for (const stream of streams) this.flying.add(stream)
    const answer = await this.commit(batch)
    for (const stream of streams) this.flying.delete(stream)
    this.inFlight--
    // The next flush leaves before these callers are answered: they build their next appends meanwhile.
    this.pump()
    answer()
    this.deps.onCommit(this.ledger)
    this.schedule()
  }

  /** What fits, with no key and no event id twice: `log.append` judges repeats against what is stored, not in a batch. */
  private nextBatch(size: number): Waiting[] {
    const seen = new Set<string>()
    let appends = 0
    let bytes = 0
    return this.queue.take(({ rendered }) => {
      if (appends >= size || appends >= FLUSH_APPENDS_MAX) return 'stop'
      if (appends > 0 && bytes + rendered.bytes > FLUSH_BYTES_MAX) return 'stop'
      if (this.flying.size > 0 && streamsOf(rendered).some((stream) => this.flying.has(stream)))
        return 'leave'
      const names = namesOf(rendered)
      if (names.some((name) => seen.has(name))) return 'leave'
      for (const name of names) seen.add(name)
      appends++
      bytes += rendered.bytes
      return 'take'
    })
  }

  /** Commits a batch and gives what answers its callers. Never rejects. */
  private async commit(batch: readonly Waiting[], repeated = false): Promise<() => void> {
    try {
      const rendered = batch.map((waiting) => waiting.rendered)
      const keyTime = timestampOf(this.deps.clock.now())
      const statement = appendStatement(this.ledger, this.tenant, rendered, keyTime)
      const [row] = await this.deps.database.query<AppendRow>(statement)
      const results = appendResults(rendered, row as AppendRow)
      return () => {
        batch.forEach((waiting, i) => {
          waiting.resolve(results[i] as AppendResult)
        })
      }
    } catch (fault) {
      return this.afterFault(batch, fault, repeated)
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
  ): Promise<() => void> {
    const code = (fault as { code?: unknown }).code
    if (fault instanceof StoreUnavailable) return rejectAll(batch, fault)
    if (!repeated && REPEATABLE.has(String(code))) return this.commit(batch, true)
    if (batch.length === 1) return rejectAll(batch, fault)
    const middle = batch.length >> 1
    const first = await this.commit(batch.slice(0, middle))
    const second = await this.commit(batch.slice(middle))
    return () => {
      first()
      second()
    }
  }
}

const rejectAll =
  (batch: readonly Waiting[], fault: unknown): (() => void) =>
  () => {
    for (const waiting of batch) waiting.reject(fault)
  }

const streamsOf = ({ append }: RenderedAppend): readonly string[] =>
  append.events.map((item) => item.event.stream)

const namesOf = ({ append }: RenderedAppend): readonly string[] => {
  const names = append.events.map((item) => item.event.id)
  if (append.idempotency !== undefined) {
    names.push(Buffer.from(append.idempotency.key).toString('latin1'))
  }
  return names
}
