import type { LedgerName, SqlDatabase } from '@writ/kernel'

/** Shortest time between two hints of one process. A NOTIFY takes a cluster-wide lock at its commit: measured, one inside
 *  each append cost 12 of every 13 flushes over 16 ledgers. Followers poll, so a late hint only costs them a poll. */
export const HINT_INTERVAL_MS = 20
export const HINT_CHANNEL = 'writ_appended'

/** Says "there is something new" after commits: coalesced, outside every transaction, allowed to get lost. */
export class CommitHint {
  private readonly database: SqlDatabase
  private readonly appended = new Set<LedgerName>()
  private timer: NodeJS.Timeout | undefined

  constructor(database: SqlDatabase) {
    this.database = database
  }

  readonly raise = (ledger: LedgerName): void => {
    this.appended.add(ledger)
    this.timer ??= setTimeout(this.send, HINT_INTERVAL_MS).unref()
  }

  private readonly send = (): void => {
    this.timer = undefined
    const ledgers = [...this.appended]
    this.appended.clear()
    // 7,900 bytes is the room of a payload; with more ledgers than fit, followers look everywhere.
    const payload = ledgers.length > 90 ? '*' : ledgers.join(',')
    this.database.notify(HINT_CHANNEL, payload).catch(() => {
      // A lost hint is made good by polling; the next append raises another.
    })
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }
}
