import { foldsEvent } from './folds-event.ts'
import type { FoldedEvent, Projection, Row } from './projection.ts'
import { RowStore } from './row-store.ts'

/** Folds events of one ledger without a database: for tests, and for anyone who wants to check a read model by hand. */
export const foldInMemory = (
  projection: Projection,
  events: readonly FoldedEvent[],
): ((table: string) => readonly Row[]) => {
  const store = new RowStore(projection)
  for (const event of events) {
    if (!foldsEvent(projection, event)) continue
    if (event.unreadable !== undefined) throw event.unreadable
    projection.fold(event, store.at(event.position, store.named(projection.keys(event))))
    store.keep()
  }
  return (table) => store.rows(table)
}
