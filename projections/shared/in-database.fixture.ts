import type { StoredEntry } from '@writ/event-log'
import type { LedgerName, SqlDatabase, SqlRunner } from '@writ/kernel'
import { type FoldedEvent, type Projection, Projector } from '@writ/projector'
import { historyOf, type Told, uuid } from './history.fixture.ts'

/**
 * Folds a told history into a ledger of a real database, by the real projector. Only the log is told and not written:
 * what commands may write, and what a test wants to have happened, are two things.
 */
export const foldInDatabase = async (
  database: SqlDatabase,
  projections: readonly Projection[],
  { ledger, told }: { readonly ledger: LedgerName; readonly told: readonly Told[] },
): Promise<readonly FoldedEvent[]> => {
  const events = historyOf(told).map((event) => ({ ...event, ledger }))
  const faults: unknown[] = []
  const projector = new Projector({
    database: withHead(database, ledger, events.length),
    source: sourceOf(ledger, events),
    projections,
    holder: uuid(0xabc),
    monotonic: () => performance.now(),
    onFault: (fault) => faults.push(fault),
  })
  await projector.catchUp()
  await projector.stop()
  if (faults.length > 0) throw faults[0]
  return events
}

const sourceOf = (
  ledger: LedgerName,
  events: readonly FoldedEvent[],
): ConstructorParameters<typeof Projector>[0]['source'] => ({
  ledgers: async () => [ledger],
  page: async (_, after, limit) => events.slice(after, after + limit).map(storedEntry),
  at: async (_, position) => events.slice(position - 1, position).map(storedEntry)[0],
  attachment: async (_, sha256) => {
    for (const { commitments = {}, attached = {} } of events) {
      const found = Object.entries(commitments).find(
        ([, one]) => 'sha256' in one && one.sha256 === sha256,
      )
      if (found !== undefined) return JSON.stringify(attached[found[0]])
    }
    return undefined
  },
})

const storedEntry = ({ category: _, attached: __, ...entry }: FoldedEvent): StoredEntry => ({
  position: entry.position,
  hash: '0'.repeat(64),
  text: JSON.stringify(entry),
})

/** The projector asks the log's own table how far it has come; ours has come as far as was told. */
const withHead = (database: SqlDatabase, ledger: LedgerName, position: number): SqlDatabase => {
  const query: SqlRunner['query'] = async <Row>(
    statement: Parameters<SqlRunner['query']>[0],
  ): Promise<readonly Row[]> =>
    statement.name === 'projection-heads'
      ? ([{ ledger, position: BigInt(position) }] as unknown as readonly Row[])
      : database.query<Row>(statement)
  return {
    kind: database.kind,
    query,
    transaction: (work) => database.transaction(work),
    lane: () => database.lane(),
    notify: (channel, payload) => database.notify(channel, payload),
    listen: (channel, onHint) => database.listen(channel, onHint),
    close: () => database.close(),
  }
}
