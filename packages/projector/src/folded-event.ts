import { categoryOf, type Entry, parseEntry, type StoredEntry } from '@writ/event-log'
import type { FoldedEvent } from './projection.ts'

/** Parses an entry for folding. What older releases wrote is brought to today's shape here, and only here. */
export const foldedEvent = (stored: StoredEntry): FoldedEvent => {
  const entry: Entry & { category?: string } = parseEntry(stored)
  // Freshly parsed and nobody else's: no need to copy it.
  entry.category = categoryOf(entry.stream)
  return entry as FoldedEvent
}
