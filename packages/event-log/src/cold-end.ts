import type { LedgerName } from '@writ/kernel'
import type { Kysely } from 'kysely'
import type { LogTables } from './log-tables.ts'
import { MerkleFrontier } from './merkle-frontier.ts'

/** Where a ledger's attached positions begin; what lies before was detached on purpose (ADR-0004). */
export interface ColdEnd {
  /** The last position detached. */
  readonly position: number
  /** Hex hash of its entry: `prev` of the next. */
  readonly hash: string
  /** The tree of that size, ready for the next leaf. @throws where the stored peaks are not those of that size */
  frontier(): MerkleFrontier
}

/** Undefined while nothing of the ledger was detached. */
export const coldEndOf = async (
  db: Kysely<LogTables>,
  no: number,
): Promise<ColdEnd | undefined> => {
  const row = await db
    .selectFrom('log.cold_ends')
    .select(['position', 'hash', 'frontier'])
    .where('ledger_no', '=', no)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const position = Number(row.position)
  return {
    position,
    hash: Buffer.from(row.hash).toString('hex'),
    frontier: () => MerkleFrontier.of(position, row.frontier),
  }
}

/**
 * Asked for something that lies in a detached range: not lost, and not here. It stands in the table or file that the
 * range was moved to.
 */
export class LogDetached extends Error {
  /** Positions up to this one are detached. */
  readonly detachedTo: number
  constructor(ledger: LedgerName, what: string, detachedTo: number) {
    super(
      `${ledger}: ${what} is detached, with all positions up to ${detachedTo}; look in the table log.entries_* or the file that the range was moved to`,
    )
    this.name = 'LogDetached'
    this.detachedTo = detachedTo
  }
}
