import { type LedgerName, sha256Hex } from '@writ/kernel'
import { type Kysely, sql } from 'kysely'
import type { Anchor } from './anchor.ts'
import { ChainVerifier, type EntryToVerify } from './chain-verifier.ts'
import type { Finding } from './finding.ts'
import type { LogTables } from './log-tables.ts'

/** Entries a page: large enough that reading, not round trips, sets the pace. */
const PAGE = 2_000

export interface Verification {
  readonly ledger: LedgerName
  readonly depth: 'links' | 'full'
  /** Entries walked. */
  readonly entries: number
  /** Hex hash of the last entry walked. */
  readonly head: string
  /** Size of the newest anchor found true; entries beyond it could be changed unseen by whoever holds the database. */
  readonly anchoredTo: number
  readonly findings: readonly Finding[]
  /** May be larger than the list. */
  readonly findingCount: number
  readonly seconds: number
}

export interface VerifyOptions {
  readonly depth: 'links' | 'full'
  readonly anchors?: readonly Anchor[]
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly onProgress?: (walked: number, of: number) => void
}

/**
 * Verifies one ledger in the database from position 1 to its head, and lists all findings. Reads the next page while
 * the last one is hashed.
 */
export const verifyLedger = async (
  db: Kysely<LogTables>,
  ledger: LedgerName,
  options: VerifyOptions,
): Promise<Verification> => {
  const started = options.now()
  const verifier = new ChainVerifier(ledger, options)
  const head = await headOf(db, ledger)
  if (head !== undefined) {
    await walk(db, { no: head.ledger_no, to: Number(head.position), verifier, options })
    checkHead(verifier, head)
    if (options.depth === 'full') {
      await checkStreams(db, head.ledger_no, verifier)
      await checkAttachments(db, head.ledger_no, verifier)
    }
  }
  verifier.finish()
  return {
    ledger,
    depth: options.depth,
    entries: verifier.verified,
    head: verifier.head,
    anchoredTo: verifier.anchored,
    findings: verifier.findings,
    findingCount: verifier.findingCount,
    seconds: (options.now() - started) / 1000,
  }
}

const headOf = (db: Kysely<LogTables>, ledger: LedgerName) =>
  db
    .selectFrom('log.ledgers as l')
    .innerJoin('log.heads as h', 'h.ledger_no', 'l.ledger_no')
    .select(['l.ledger_no', 'h.position', 'h.hash'])
    .where('l.ledger', '=', ledger)
    .executeTakeFirst()

interface Walk {
  readonly no: number
  readonly to: number
  readonly verifier: ChainVerifier
  readonly options: VerifyOptions
}

const walk = async (db: Kysely<LogTables>, { no, to, verifier, options }: Walk): Promise<void> => {
  const read = options.depth === 'full' ? readFull : readLinks
  let page = await read(db, no, 0)
  while (page.length > 0) {
    const last = (page.at(-1) as EntryToVerify).position
    const next = page.length < PAGE ? Promise.resolve([]) : read(db, no, last)
    for (const entry of page) verifier.add(entry)
    options.onProgress?.(last, to)
    page = await next
  }
}

const readLinks = async (
  db: Kysely<LogTables>,
  no: number,
  after: number,
): Promise<EntryToVerify[]> => {
  const rows = await db
    .selectFrom('log.entries')
    .select(['position', 'entry', 'hash'])
    .where('ledger_no', '=', no)
    .where('position', '>', BigInt(after))
    .orderBy('position')
    .limit(PAGE)
    .execute()
  return rows.map(({ position, entry, hash }) => ({
    position: Number(position),
    text: entry,
    hash: Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex'),
  }))
}

const readFull = async (
  db: Kysely<LogTables>,
  no: number,
  after: number,
): Promise<EntryToVerify[]> => {
  const rows = await db
    .selectFrom('log.entries')
    .select([
      'position',
      'entry',
      'hash',
      'id',
      'revision',
      'correlation_id',
      'tenant',
      'stream',
      'type',
    ])
    .where('ledger_no', '=', no)
    .where('position', '>', BigInt(after))
    .orderBy('position')
    .limit(PAGE)
    .execute()
  return rows.map(({ position, entry, hash, correlation_id, ...copies }) => ({
    position: Number(position),
    text: entry,
    hash: Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex'),
    copies: { ...copies, correlationId: correlation_id },
  }))
}

const checkHead = (verifier: ChainVerifier, head: { position: bigint; hash: Uint8Array }): void => {
  const position = Number(head.position)
  const hash = Buffer.from(head.hash).toString('hex')
  if (position !== verifier.verified)
    verifier.find('HEAD_MISMATCH', position, verifier.verified, position)
  if (hash !== verifier.head) verifier.find('HEAD_MISMATCH', position, verifier.head, hash)
}

/** Each stream's revisions are 1..n: their count is the highest of them (no two are equal, by a unique index). */
const checkStreams = async (
  db: Kysely<LogTables>,
  no: number,
  verifier: ChainVerifier,
): Promise<void> => {
  const { rows } = await sql<{ stream: string; count: bigint; highest: number; position: bigint }>`
    select stream, count(*) as count, max(revision) as highest, max(position) as position
    from log.entries where ledger_no = ${no} group by stream having count(*) <> max(revision)
    order by position limit 1000`.execute(db)
  for (const { stream, count, highest, position } of rows) {
    verifier.find('SEQ_GAP', Number(position), `revision ${count} of ${stream}`, highest)
  }
}

const checkAttachments = async (
  db: Kysely<LogTables>,
  no: number,
  verifier: ChainVerifier,
): Promise<void> => {
  const rows = await db
    .selectFrom('log.attachments')
    .select(['digest', 'content'])
    .where('ledger_no', '=', no)
    .execute()
  for (const { digest, content } of rows) {
    const named = Buffer.from(digest).toString('hex')
    const found = sha256Hex(content)
    if (named !== found)
      verifier.find('COMMITMENT', verifier.verified, `attachment ${named}`, found)
  }
}
