import { upcast } from '@writ/domain'
import { type Entry, parseEntry, type StoredEntry } from '@writ/event-log'

/**
 * A stored entry with its data in today's shape. Whatever folds or shows Writ's own data reads through here and never
 * through `parseEntry`, which knows only the shape that some release once wrote.
 *
 * @throws SchemaFromTheFuture  a newer release wrote it: whoever decides on it fails closed
 */
export const currentEntry = (stored: Pick<StoredEntry, 'text'>): Entry => upcast(parseEntry(stored))
