import {
  categoryOf,
  isReservedStream,
  isStreamName,
  parseEntry,
  type StoredEntry,
} from '@writ/event-log'
import { isUuid, type LedgerName, Problem } from '@writ/kernel'
import { NON_PERSONAL_KINDS } from '@writ/privacy'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { entryView } from '../shared/entry-view.ts'
import { newEvent } from '../shared/new-event.ts'
import { openData } from '../shared/personal-data.ts'
import type { EventPage, EventView, ListEvents } from '../use-cases.ts'

export const EVENTS_LIMIT_DEFAULT = 100
export const EVENTS_LIMIT_MAX = 1_000
/** Most entries one request looks at: with two filters few may match, and a page then ends early with a cursor. */
const SCANNED_MAX = 5_000
/** Openings told by one event, so that the event stays well under the size of an entry. */
const OPENED_PER_EVENT_MAX = 200

/** Events after a position, by position; the narrowest filter reads, the others sift. */
export const listEvents =
  (deps: Deps) =>
  async (caller: Caller, query: ListEvents): Promise<EventPage | Problem> => {
    const limit = query.limit ?? EVENTS_LIMIT_DEFAULT
    const head = (await deps.reader.head(caller.ledger))?.position ?? 0
    const read = await sourceOf(deps, caller, query)
    const found: StoredEntry[] = []
    let after = query.after ?? 0
    let scanned = 0
    let exhausted = false
    while (found.length < limit && scanned < SCANNED_MAX && !exhausted) {
      const page = await read(after, limit)
      exhausted = page.length < limit
      scanned += page.length
      for (const stored of page) {
        if (found.length === limit) break
        after = stored.position
        if (matches(stored, query)) found.push(stored)
      }
    }
    const events = await viewsOf(deps, caller, found)
    const more = !exhausted || found.length === limit
    return { events, head, ...(more && after < head ? { next: after } : {}) }
  }

export const eventById =
  (deps: Deps) =>
  async (caller: Caller, id: string): Promise<EventView | Problem> => {
    const stored = isUuid(id) ? await deps.reader.byId(caller.ledger, id) : undefined
    if (stored === undefined)
      return new Problem(
        'event-not-found',
        'There is no event with this id in the ledger of this credential.',
      )
    const [view] = await viewsOf(deps, caller, [stored])
    return view as EventView
  }

type Source = (after: number, limit: number) => Promise<readonly StoredEntry[]>

const sourceOf = async (
  deps: Deps,
  caller: Caller,
  { stream, correlationId, type }: ListEvents,
): Promise<Source> => {
  const { reader } = deps
  const { ledger } = caller
  if (stream !== undefined) {
    if (!isStreamName(stream)) return async () => []
    return ofStreams(deps, ledger, await namesOf(deps, caller, stream))
  }
  if (correlationId !== undefined)
    return (after, limit) => reader.byCorrelation(ledger, { correlationId, after, limit })
  if (type !== undefined) return (after, limit) => reader.byType(ledger, { type, after, limit })
  return (after, limit) => reader.page(ledger, after, limit)
}

/** A person's stream goes by the id that Writ issued; who knows only their own id for the person asks by that one. */
const namesOf = async (
  { vault }: Deps,
  { tenant }: Caller,
  stream: string,
): Promise<readonly string[]> => {
  const kind = categoryOf(stream)
  if (NON_PERSONAL_KINDS.has(kind) || isReservedStream(stream)) return [stream]
  const issued = await vault.issuedIdOf(tenant, kind, stream.slice(kind.length + 1))
  // Events that name no subject keep the stream's name as it was given: both are meant.
  return issued === undefined ? [stream] : [stream, `${kind}:${issued}`]
}

const ofStreams = (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  streams: readonly string[],
): Source => {
  const read = (stream: string, after: number, limit: number) =>
    reader.byStream(ledger, { stream, after, limit })
  return async (after, limit) => {
    const pages = await Promise.all(streams.map((stream) => read(stream, after, limit)))
    return pages
      .flat()
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
  }
}

const matches = (stored: StoredEntry, query: ListEvents): boolean => {
  if (query.type === undefined && query.correlationId === undefined) return true
  const { type, correlationId } = parseEntry(stored)
  return (query.type ?? type) === type && (query.correlationId ?? correlationId) === correlationId
}

/** Opens personal values for callers who may read them, and records that they were opened. */
const viewsOf = async (
  deps: Deps,
  caller: Caller,
  entries: readonly StoredEntry[],
): Promise<EventView[]> => {
  const personal = caller.scopes.has('personal:read')
  const views: EventView[] = []
  const opened: { eventId: string; pointers: readonly string[] }[] = []
  for (const stored of entries) {
    const entry = parseEntry(stored)
    const content = await openData(deps, entry, { tenant: caller.tenant, personal })
    if (content.opened.length > 0) opened.push({ eventId: entry.id, pointers: content.opened })
    views.push(entryView(entry, stored, content.data))
  }
  if (opened.length > 0) await recordOpening(deps, caller, opened)
  return views
}

/** Before the values leave: nobody sees personal data without a trace of it. */
export const recordOpening = async (
  deps: Deps,
  caller: Caller,
  opened: readonly { readonly eventId: string; readonly pointers: readonly string[] }[],
): Promise<void> => {
  const events = []
  for (let i = 0; i < opened.length; i += OPENED_PER_EVENT_MAX) {
    const part = opened.slice(i, i + OPENED_PER_EVENT_MAX)
    const event = newEvent(
      deps,
      { caller },
      {
        type: 'PersonalDataOpened',
        stream: `subject:opened.${caller.actor.id}`,
        data: {
          opened: part.map(({ eventId, pointers }) => ({ eventId, pointers: [...pointers] })),
        },
      },
    )
    events.push({ event })
  }
  const result = await deps.log.append(caller.ledger, { caller: caller.actor.id, events })
  if (result instanceof Problem || result.status !== 'appended') {
    throw new Error('personal data was not shown, because its opening could not be recorded')
  }
}
