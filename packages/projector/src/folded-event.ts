import { categoryOf, type Entry, parseEntry, type StoredEntry } from '@writ/event-log'
import type { FoldedEvent } from './projection.ts'

/** Parses an entry for folding. What older releases wrote is brought to today's shape here, and only here. */
export const foldedEvent = (stored: StoredEntry): FoldedEvent => {
  const entry: Entry = parseEntry(stored)
  return { ...entry, category: categoryOf(entry.stream) }
}
