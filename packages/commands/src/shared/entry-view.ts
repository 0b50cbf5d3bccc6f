import type { Entry, StoredEntry } from '@writ/event-log'
import type { JsonObject } from '@writ/kernel'

/** An entry on the wire: its fields as stored, its hash, and its data with attached and opened values put back. */
export const entryView = (entry: Entry, stored: StoredEntry, data: JsonObject): JsonObject => {
  const { v: _formatVersion, data: _stored, ...fields } = entry
  return { ...(fields as unknown as JsonObject), data, hash: stored.hash }
}
