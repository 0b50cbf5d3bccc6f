import type { LedgerName } from '@writ/kernel'
import type { Kysely } from 'kysely'
import { type ColdEnd, coldEndOf, LogDetached } from './cold-end.ts'
import { parseEntry, type StoredEntry } from './entry.ts'
import { LedgerNumbers } from './ledger-numbers.ts'
import type { LogTables } from './log-tables.ts'

/** Most entries of one page. Beyond it a page costs memory and no longer saves round trips. */
export const PAGE_ENTRIES_MAX = 5_000

/** A gap or a step back in positions: never a thing to skip, always an integrity alarm (DESIGN §4.5). */
export class LogGap extends Error {
  readonly expected: number
  readonly found: number
  constructor(ledger: string, expected: number, found: number) {
    super(`${ledger}: expected position ${expected}, found ${found}; run writ log verify`)
    this.name = 'LogGap'
    this.expected = expected
    this.found = found
  }
}

export interface LedgerHead {
  /** Position of the last entry, from 1. */
  readonly position: number
  readonly hash: string
  readonly controlCounter: number
  readonly epoch: number
}

type Row = { position: bigint; hash: Uint8Array; entry: string }
const COLUMNS = ['position', 'hash', 'entry'] as const

/**
 * Reads entries in order of position, which is the order of commit: no gaps, no gap detection, no second sequence.
 *
 * Whoever asks for a page, a place, an id or a stream that lies in a detached range is told so (LogDetached): an answer
 * without it would pass for the whole. Lists by type, stream or correlation hold what is attached, and of detached
 * ranges only what Writ itself still folds.
 */
export class LogReader {
  private readonly db: Kysely<LogTables>
  private readonly numbers: LedgerNumbers

  constructor(db: Kysely<LogTables>) {
    this.db = db
    this.numbers = new LedgerNumbers(db)
  }

  /** Undefined while the ledger is not opened. */
  async head(ledger: LedgerName): Promise<LedgerHead | undefined> {
    const row = await this.db
      .selectFrom('log.ledgers as l')
      .innerJoin('log.heads as h', 'h.ledger_no', 'l.ledger_no')
      .select(['h.position', 'h.hash', 'h.control_counter', 'h.epoch'])
      .where('l.ledger', '=', ledger)
      .executeTakeFirst()
    return row === undefined
      ? undefined
      : {
          position: Number(row.position),
          hash: Buffer.from(row.hash).toString('hex'),
          controlCounter: Number(row.control_counter),
          epoch: row.epoch,
        }
  }

  /** Names of all ledgers, by name. */
  async ledgers(): Promise<readonly LedgerName[]> {
    const rows = await this.db
      .selectFrom('log.ledgers')
      .select('ledger')
      .orderBy('ledger')
      .execute()
    return rows.map((row) => row.ledger as LedgerName)
  }

  /** Where the attached positions begin; undefined while none is detached. */
  async coldEnd(ledger: LedgerName): Promise<ColdEnd | undefined> {
    const no = await this.numbers.numberOf(ledger)
    return no === undefined ? undefined : coldEndOf(this.db, no)
  }

  /** Entries after a position, contiguous from `after + 1`. @throws LogGap, LogDetached */
  async page(ledger: LedgerName, after: number, limit: number): Promise<readonly StoredEntry[]> {
    // Both ends are named: with a limit alone, a planner without statistics sorts all that is left for each page.
    const last = after + Math.min(limit, PAGE_ENTRIES_MAX)
    const entries = await this.attached(ledger, (query) =>
      query
        .where('position', '>', BigInt(after))
        .where('position', '<=', BigInt(last))
        .orderBy('position'),
    )
    await this.refuseBreak(ledger, after, entries)
    if (entries.length < last - after) await this.refuseGap(ledger, after + entries.length, last)
    return entries
  }

  /** A page that ends early ends the log; an entry behind it would mean that some are missing between. */
  private async refuseGap(ledger: LedgerName, end: number, last: number): Promise<void> {
    const head = await this.head(ledger)
    if (head === undefined || head.position <= last) return
    const [next] = await this.attached(ledger, (query) =>
      query.where('position', '>', BigInt(end)).orderBy('position').limit(1),
    )
    // The very next one: the log has grown since the page was read.
    if (next === undefined || next.position === end + 1) return
    await this.refuse(ledger, end + 1, next.position)
  }

  private async refuseBreak(
    ledger: LedgerName,
    after: number,
    rows: readonly { readonly position: number | bigint }[],
  ): Promise<void> {
    const broken = rows.findIndex(({ position }, i) => Number(position) !== after + 1 + i)
    if (broken >= 0) await this.refuse(ledger, after + 1 + broken, Number(rows[broken]?.position))
  }

  /** What is not there was put away, or is lost. */
  private async refuse(ledger: LedgerName, expected: number, found: number): Promise<never> {
    await this.refuseDetached(ledger, expected)
    throw new LogGap(ledger, expected, found)
  }

  private async refuseDetached(ledger: LedgerName, position: number): Promise<void> {
    const end = await this.coldEnd(ledger)
    if (end !== undefined && position <= end.position)
      throw new LogDetached(ledger, `position ${position}`, end.position)
  }

  /** Hashes after a position, contiguous: the tree's leaves, without their texts. @throws LogGap, LogDetached */
  async hashes(ledger: LedgerName, after: number, limit: number): Promise<readonly Uint8Array[]> {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return []
    const rows = await this.db
      .selectFrom('log.entries')
      .select(['position', 'hash'])
      .where('ledger_no', '=', no)
      .where('position', '>', BigInt(after))
      .where('position', '<=', BigInt(after + limit))
      .orderBy('position')
      .execute()
    await this.refuseBreak(ledger, after, rows)
    // Nothing at all may be the end of the log, or the middle of what was detached.
    if (rows.length === 0) await this.refuseDetached(ledger, after + 1)
    return rows.map(({ hash }) => hash)
  }

  /** The entries of one stream by revision, from `fromRevision` (1 = the first). @throws LogDetached */
  async stream(
    ledger: LedgerName,
    stream: string,
    fromRevision = 1,
  ): Promise<readonly StoredEntry[]> {
    const entries: StoredEntry[] = []
    for (;;) {
      const page = await this.select(ledger, (query) =>
        query
          .where('stream', '=', stream)
          .where('revision', '>=', fromRevision + entries.length)
          .orderBy('revision')
          .limit(PAGE_ENTRIES_MAX),
      )
      entries.push(...page)
      // A stream cut at a page would be folded to a state it never had.
      if (page.length < PAGE_ENTRIES_MAX) break
    }
    const [first] = entries
    // And so would one whose beginning is detached.
    if (first === undefined || parseEntry(first).revision !== fromRevision)
      await this.refuseDetachedStream(ledger, stream, fromRevision)
    return entries
  }

  private async refuseDetachedStream(
    ledger: LedgerName,
    stream: string,
    revision: number,
  ): Promise<void> {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return
    const row = await this.db
      .selectFrom('log.cold_streams as s')
      .innerJoin('log.cold_ends as e', 'e.ledger_no', 's.ledger_no')
      .select('e.position')
      .where('s.ledger_no', '=', no)
      .where('s.stream', '=', stream)
      .where('s.revision', '>=', revision)
      .executeTakeFirst()
    if (row !== undefined)
      throw new LogDetached(ledger, `${stream} at revision ${revision}`, Number(row.position))
  }

  /** The entry at one position of the ledger. @throws LogDetached */
  async at(ledger: LedgerName, position: number): Promise<StoredEntry | undefined> {
    const [entry] = await this.select(ledger, (query) =>
      query.where('position', '=', BigInt(position)),
    )
    if (entry === undefined) await this.refuseDetached(ledger, position)
    return entry
  }

  /** The entry of one event id. @throws LogDetached */
  async byId(ledger: LedgerName, id: string): Promise<StoredEntry | undefined> {
    const entry = await this.attachedById(ledger, id)
    if (entry !== undefined) return entry
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return undefined
    const cold = await this.db
      .selectFrom('log.cold_ids')
      .select('position')
      .where('ledger_no', '=', no)
      .where('id', '=', id)
      .executeTakeFirst()
    if (cold !== undefined) await this.refuseDetached(ledger, Number(cold.position))
    return undefined
  }

  private async attachedById(ledger: LedgerName, id: string): Promise<StoredEntry | undefined> {
    const [entry] = await this.select(ledger, (query) => query.where('id', '=', id))
    return entry
  }

  /** Entries of one type after a position, by position. */
  async byType(
    ledger: LedgerName,
    filter: { readonly type: string; readonly after: number; readonly limit: number },
  ): Promise<readonly StoredEntry[]> {
    return this.select(ledger, (query) =>
      query
        .where('type', '=', filter.type)
        .where('position', '>', BigInt(filter.after))
        .orderBy('position')
        .limit(filter.limit),
    )
  }

  /** Entries of one stream after a position, by position. */
  async byStream(
    ledger: LedgerName,
    filter: { readonly stream: string; readonly after: number; readonly limit: number },
  ): Promise<readonly StoredEntry[]> {
    // Revision rises with position inside a stream, so the order by revision uses the index and is the same order.
    return this.select(ledger, (query) =>
      query
        .where('stream', '=', filter.stream)
        .where('position', '>', BigInt(filter.after))
        .orderBy('revision')
        .limit(filter.limit),
    )
  }

  /** Entries of one correlation after a position: the event that began it, and those that name it. */
  async byCorrelation(
    ledger: LedgerName,
    filter: { readonly correlationId: string; readonly after: number; readonly limit: number },
  ): Promise<readonly StoredEntry[]> {
    const named = await this.select(ledger, (query) =>
      query
        .where('correlation_id', '=', filter.correlationId)
        .where('position', '>', BigInt(filter.after))
        .orderBy('position')
        .limit(filter.limit),
    )
    // An event whose correlation is its own id keeps no copy in the column: it is found by that id.
    const first = await this.attachedById(ledger, filter.correlationId)
    if (first === undefined || first.position <= filter.after) return named
    if (!first.text.includes(`"correlationId":"${filter.correlationId}"`)) return named
    return [...named.filter((entry) => entry.position !== first.position), first]
      .sort((a, b) => a.position - b.position)
      .slice(0, filter.limit)
  }

  /** Control entries after a counter, in order: what a decider folds (DESIGN §2). @throws LogGap where one is gone */
  async controls(
    ledger: LedgerName,
    afterCounter: number,
  ): Promise<readonly (StoredEntry & { readonly counter: number })[]> {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return []
    const rows = await this.db
      .selectFrom('log.control_entries as c')
      .innerJoin('log.readable_entries as e', (join) =>
        join.onRef('e.ledger_no', '=', 'c.ledger_no').onRef('e.position', '=', 'c.position'),
      )
      .select(['c.counter', 'e.position', 'e.hash', 'e.entry'])
      .where('c.ledger_no', '=', no)
      .where('c.counter', '>', BigInt(afterCounter))
      .orderBy('c.counter')
      .execute()
    return rows.map((row, i) => {
      const counter = Number(row.counter)
      // Folded without the one that is missing, a switch somebody set would be off.
      if (counter !== afterCounter + 1 + i)
        throw new LogGap(`controls of ${ledger}`, afterCounter + 1 + i, counter)
      return { ...storedEntry(row), counter }
    })
  }

  /** A value that an entry names by digest; undefined where there is none. */
  async attachment(ledger: LedgerName, sha256Hex: string): Promise<string | undefined> {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return undefined
    const row = await this.db
      .selectFrom('log.attachments')
      .select('content')
      .where('ledger_no', '=', no)
      .where('digest', '=', Buffer.from(sha256Hex, 'hex'))
      .executeTakeFirst()
    return row?.content
  }

  /** The request stored under an idempotency key that is younger than 24 hours. */
  async keyed(
    ledger: LedgerName,
    key: Uint8Array,
    since: Date,
  ): Promise<
    | { readonly firstPosition: number; readonly events: number; readonly fingerprint: Uint8Array }
    | undefined
  > {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return undefined
    const row = await this.db
      .selectFrom('log.append_keys')
      .select(['first_position', 'events', 'fingerprint'])
      .where('ledger_no', '=', no)
      .where('key', '=', key)
      .where('created_at', '>', since)
      .executeTakeFirst()
    return row === undefined
      ? undefined
      : {
          firstPosition: Number(row.first_position),
          events: row.events,
          fingerprint: row.fingerprint,
        }
  }

  async sealedValues(
    ledger: LedgerName,
    eventId: string,
  ): Promise<
    readonly { pointer: string; key_id: string; nonce: Uint8Array; ciphertext: Uint8Array }[]
  > {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return []
    return this.db
      .selectFrom('log.sealed_values')
      .select(['pointer', 'key_id', 'nonce', 'ciphertext'])
      .where('ledger_no', '=', no)
      .where('event_id', '=', eventId)
      .orderBy('pointer')
      .execute()
  }

  private async select(
    ledger: LedgerName,
    narrow: (query: EntryQuery) => EntryQuery,
  ): Promise<StoredEntry[]> {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return []
    const rows = await narrow(this.entriesOf(no, 'log.readable_entries')).execute()
    return rows.map(storedEntry)
  }

  /** By position alone: what was kept of a detached range would stand there without its neighbours. */
  private async attached(
    ledger: LedgerName,
    narrow: (query: EntryQuery) => EntryQuery,
  ): Promise<StoredEntry[]> {
    const no = await this.numbers.numberOf(ledger)
    if (no === undefined) return []
    const rows = await narrow(this.entriesOf(no, 'log.entries')).execute()
    return rows.map(storedEntry)
  }

  private entriesOf(no: number, table: 'log.entries' | 'log.readable_entries') {
    return this.db.selectFrom(table).select(COLUMNS).where('ledger_no', '=', no)
  }
}

type EntryQuery = ReturnType<LogReader['entriesOf']>

const storedEntry = (row: Row): StoredEntry => ({
  position: Number(row.position),
  hash: Buffer.from(row.hash).toString('hex'),
  text: row.entry,
})
