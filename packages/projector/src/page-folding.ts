import type { StoredEntry } from '@writ/event-log'
import type { JsonValue, LedgerName } from '@writ/kernel'
import { foldedEvent } from './folded-event.ts'
import type { FoldedEvent, Projection } from './projection.ts'

/** What the projector needs of the log. */
export interface EntrySource {
  ledgers(): Promise<readonly LedgerName[]>
  page(ledger: LedgerName, after: number, limit: number): Promise<readonly StoredEntry[]>
  at(ledger: LedgerName, position: number): Promise<StoredEntry | undefined>
  attachment(ledger: LedgerName, sha256Hex: string): Promise<string | undefined>
}

/** The entries of a page as folds see them: parsed once, for all read models of the process. */
export const foldedPage = async (
  source: Pick<EntrySource, 'attachment'>,
  ledger: LedgerName,
  entries: readonly StoredEntry[],
  projections: readonly Projection[],
): Promise<readonly FoldedEvent[]> => {
  const upcast = projections.find((one) => one.upcast !== undefined)?.upcast
  const withContents = new Set(projections.flatMap(({ attachments }) => attachments ?? []))
  const events: FoldedEvent[] = []
  for (const entry of entries) {
    const event = foldedEvent(entry, upcast)
    events.push(
      withContents.has(event.type)
        ? { ...event, attached: await contentsOf(source, ledger, event) }
        : event,
    )
  }
  return events
}

const contentsOf = async (
  source: Pick<EntrySource, 'attachment'>,
  ledger: LedgerName,
  event: FoldedEvent,
): Promise<Readonly<Record<string, JsonValue>>> => {
  const contents: Record<string, JsonValue> = {}
  for (const [pointer, commitment] of Object.entries(event.commitments ?? {})) {
    if (!('sha256' in commitment)) continue
    const text = await source.attachment(ledger, commitment.sha256)
    if (text !== undefined) contents[pointer] = JSON.parse(text) as JsonValue
  }
  return contents
}
