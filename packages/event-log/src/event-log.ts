import {
  type Clock,
  canonicalJson,
  type JsonObject,
  type LedgerName,
  Problem,
  type SqlDatabase,
  tenantOf,
} from '@writ/kernel'
import type { Append, AppendResult } from './append.ts'
import type { RenderedAppend } from './append-batch.ts'
import { CommitHint } from './commit-hint.ts'
import {
  ENTRY_BYTES_MAX,
  type EntryMeta,
  entryBytesBound,
  entryTexts,
  META_BYTES_MAX,
  type NewEvent,
} from './entry.ts'
import { GroupCommitter } from './group-committer.ts'

export interface EventLogDeps {
  readonly database: SqlDatabase
  /** Ages idempotency keys; never writes a time into an entry. */
  readonly clock: Clock
  /** False leaves followers to their polling; used to measure what hints cost. Default true. */
  readonly hints?: boolean
}

/**
 * The write side of the log: appends to any number of ledgers, one committer each.
 * Source: DESIGN §4.3, ADR-0003.
 */
export class EventLog {
  private readonly deps: EventLogDeps
  private readonly hint: CommitHint
  private readonly committers = new Map<LedgerName, GroupCommitter>()

  constructor(deps: EventLogDeps) {
    this.deps = deps
    this.hint = new CommitHint(deps.database)
  }

  /**
   * Opens a ledger with `LedgerOpened` at position 1, unless it is open.
   *
   * @returns true when it was opened now; durable on return
   */
  async open(ledger: LedgerName, opened: NewEvent): Promise<boolean> {
    const { head, tail } = entryTexts(ledger, opened)
    const [row] = await this.deps.database.query<{ opened: boolean }>({
      text: `with bound as materialized (select set_config('writ.tenant', $1, true))
        select o as opened from bound, log.open_ledger($2, $3::uuid, $4::uuid, $5, $6, $7) o`,
      values: [
        tenantOf(ledger),
        ledger,
        opened.id,
        opened.correlationId,
        opened.stream,
        head,
        tail,
      ],
    })
    return row?.opened === true
  }

  /**
   * Appends events to one ledger, all or none.
   *
   * @returns one explicit result; `appended` is durable. An empty append is `appended` with no places.
   * @problem event-too-large  an entry would pass 65,535 bytes, or its meta 2 KiB
   * @throws QueueFull         too many appends wait: repeat after its `retryAfterSeconds`
   * @throws StoreUnavailable  `outcome: 'unknown'`: repeat with the same event ids or key, never with new ones
   */
  async append(ledger: LedgerName, append: Append): Promise<AppendResult | Problem> {
    if (append.events.length === 0) return { status: 'appended', recordedAt: '', places: [] }
    const rendered = render(ledger, append)
    if (rendered instanceof Problem) return rendered
    return this.committerOf(ledger).append(rendered)
  }

  private committerOf(ledger: LedgerName): GroupCommitter {
    let committer = this.committers.get(ledger)
    if (committer === undefined) {
      const { database, clock, hints } = this.deps
      const onCommit = hints === false ? () => {} : this.hint.raise
      committer = new GroupCommitter(ledger, { database, clock, onCommit })
      this.committers.set(ledger, committer)
    }
    return committer
  }

  /** Resolves when no append waits or runs; new ones may still come. For a graceful stop, after the doors are shut. */
  async drained(): Promise<void> {
    while ([...this.committers.values()].some((committer) => !committer.idle)) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    this.hint.stop()
  }
}

const metaBytes = (meta: EntryMeta): number => Buffer.byteLength(canonicalJson(meta as JsonObject))

const render = (ledger: LedgerName, append: Append): RenderedAppend | Problem => {
  let bytes = 0
  const texts = []
  for (const { event } of append.events) {
    const rendered = entryTexts(ledger, event)
    const bound = entryBytesBound(rendered)
    if (bound > ENTRY_BYTES_MAX) {
      return new Problem(
        'event-too-large',
        `The entry of ${event.type} would take ${bound} bytes; at most ${ENTRY_BYTES_MAX} fit.`,
      )
    }
    if (event.meta !== undefined && metaBytes(event.meta) > META_BYTES_MAX) {
      return new Problem(
        'event-too-large',
        `The meta of ${event.type} is over ${META_BYTES_MAX} bytes.`,
      )
    }
    texts.push(rendered)
    bytes += bound
  }
  return { append, texts, bytes }
}
