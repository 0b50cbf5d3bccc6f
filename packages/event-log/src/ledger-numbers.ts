import type { LedgerName } from '@writ/kernel'
import type { Kysely } from 'kysely'
import type { LogTables } from './log-tables.ts'

/** The numbers that ledgers go by inside the log. A ledger keeps its number for ever, so a found one is remembered. */
export class LedgerNumbers {
  private readonly known = new Map<LedgerName, number>()
  private readonly db: Kysely<LogTables>

  constructor(db: Kysely<LogTables>) {
    this.db = db
  }

  /** The ledger's number, or undefined while it is not opened. */
  async numberOf(ledger: LedgerName): Promise<number | undefined> {
    const known = this.known.get(ledger)
    if (known !== undefined) return known
    const row = await this.db
      .selectFrom('log.ledgers')
      .select('ledger_no')
      .where('ledger', '=', ledger)
      .executeTakeFirst()
    if (row !== undefined) this.known.set(ledger, row.ledger_no)
    return row?.ledger_no
  }
}
