import { type Kysely, sql } from 'kysely'
import type { AttachmentCheck } from './attachment-check.ts'
import type { ChainVerifier, EntryToVerify } from './chain-verifier.ts'
import { type ColdEnd, coldEndOf } from './cold-end.ts'
import type { LogTables } from './log-tables.ts'

/** Where the walk begins: behind what was detached, or at position 1; and what is wrong with the end as stored. */
export interface WalkStart {
  readonly coldEnd: ColdEnd | undefined
  readonly fault?: { readonly position: number; readonly expected: string; readonly found: string }
}

/**
 * A cold end is believed only where it fits what is attached. A row put there to keep verify away from positions that
 * are still in the log is found, and they are walked.
 */
export const walkStart = async (db: Kysely<LogTables>, no: number): Promise<WalkStart> => {
  const coldEnd = await coldEndOf(db, no)
  if (coldEnd === undefined) return { coldEnd }
  const { position } = coldEnd
  const attached = await db
    .selectFrom('log.entries')
    .select('position')
    .where('ledger_no', '=', no)
    .where('position', '<=', BigInt(position))
    .limit(1)
    .executeTakeFirst()
  if (attached !== undefined) {
    const found = `an attached entry at ${attached.position}`
    const expected = `all up to position ${position} detached`
    return { coldEnd: undefined, fault: { position, expected, found } }
  }
  try {
    coldEnd.frontier()
    return { coldEnd }
  } catch (fault) {
    const found = (fault as Error).message
    const expected = `the right edge of a tree of ${position}`
    return { coldEnd, fault: { position, expected, found } }
  }
}

/** What must stand in for detached positions: an id for each, and whole what Writ still folds. */
export const checkCold = async (
  db: Kysely<LogTables>,
  given: {
    readonly no: number
    readonly coldEnd: ColdEnd
    readonly verifier: ChainVerifier
    readonly attachments: AttachmentCheck
  },
): Promise<void> => {
  const { no, coldEnd, verifier, attachments } = given
  const { position } = coldEnd
  const { rows } = await sql<{ ids: bigint }>`
    select count(*) as ids from log.cold_ids
    where ledger_no = ${no} and position between 1 and ${BigInt(position)}`.execute(db)
  const ids = Number(rows[0]?.ids)
  // Without its id, a repeat of a detached event would be taken for a new one.
  if (ids !== position) verifier.find('DETACHED', position, `${position} ids`, `${ids} ids`)
  const kept = await db
    .selectFrom('log.kept_entries')
    .selectAll()
    .where('ledger_no', '=', no)
    .orderBy('position')
    .execute()
  for (const { correlation_id, hash, entry, ...copies } of kept) {
    const aside: EntryToVerify = {
      position: Number(copies.position),
      text: entry,
      hash: Buffer.from(hash).toString('hex'),
      copies: { ...copies, correlationId: correlation_id },
    }
    verifier.aside(aside)
    attachments.add(aside.position, entry)
  }
}
