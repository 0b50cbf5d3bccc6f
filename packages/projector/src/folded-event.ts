import { categoryOf, type Entry, parseEntry, type StoredEntry } from '@writ/event-log'
import type { FoldedEvent, Upcast } from './projection.ts'

type Unplaced = Entry & { category?: string; unreadable?: unknown }

/** Parses an entry for folding. What older releases wrote is brought to today's shape here, and only here. */
export const foldedEvent = (stored: StoredEntry, upcast?: Upcast): FoldedEvent => {
  // Freshly parsed and nobody else's: no need to copy it.
  const entry: Unplaced = upcast === undefined ? parseEntry(stored) : current(stored, upcast)
  entry.category = categoryOf(entry.stream)
  return entry as FoldedEvent
}

/** One event that cannot be read must not stop a page: who folds its type parks it, all others pass it by. */
const current = (stored: StoredEntry, upcast: Upcast): Unplaced => {
  const entry: Unplaced = parseEntry(stored)
  try {
    return upcast(entry)
  } catch (fault) {
    entry.unreadable = fault
    return entry
  }
}
