import { Readable } from 'node:stream'
import type { Caller, EventPage, EventView, ListEvents } from '@writ/commands'
import type { Problem } from '@writ/kernel'
import type { FeedWake } from './feed-wake.ts'

/** A comment at least so often, so that proxies and clients see life. Unit: ms. */
export const HEARTBEAT_MS = 15_000
/** Longest time between two looks at the log. A hint ends it early. Unit: ms. */
const POLL_MS = 250
/** Events read at a time: what a feed may hold in memory while its reader is slow. */
const PAGE = 200
/** A reader that takes nothing for so long is let go; it comes back with its Last-Event-ID. Unit: ms. */
export const STALLED_MS = 60_000
/** Time after which a client that lost its feed comes back. Unit: ms. */
const RETRY_MS = 2_000

export interface FeedDeps {
  readonly listEvents: (caller: Caller, query: ListEvents) => Promise<EventPage | Problem>
  readonly wake: FeedWake
  readonly heartbeatMs?: number
  readonly stalledMs?: number
}

export interface FeedRequest {
  readonly caller: Caller
  /** Position of the last event that the reader has. */
  readonly after: number
  readonly filter: Pick<ListEvents, 'type' | 'stream' | 'correlationId'>
  /** Ends the feed. */
  readonly signal: AbortSignal
}

/**
 * Events as server-sent events, from a position on and for as long as the reader stays. What the reader has not taken
 * is not read from the log either: a slow one holds a page, not the stream. Source: WHATWG HTML, server-sent events.
 */
export const eventFeed = (deps: FeedDeps, request: FeedRequest, first: EventPage): Readable => {
  const stream = Readable.from(frames(deps, request, first), {
    objectMode: false,
    highWaterMark: 65_536,
  })
  const end = (): void => {
    stream.destroy()
  }
  request.signal.addEventListener('abort', end, { once: true })
  stream.once('close', () => request.signal.removeEventListener('abort', end))
  return watched(stream, deps.stalledMs ?? STALLED_MS)
}

async function* frames(
  { listEvents, wake, heartbeatMs = HEARTBEAT_MS }: FeedDeps,
  { caller, after, filter, signal }: FeedRequest,
  first: EventPage,
): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`
  let at = after
  let page: EventPage = first
  let quietSince = performance.now()
  for (;;) {
    if (page.events.length > 0) {
      yield page.events.map(frame).join('')
      quietSince = performance.now()
    }
    at = page.next ?? Math.max(at, page.head)
    if (page.next === undefined) await wake.wait(caller.ledger, POLL_MS, signal)
    if (signal.aborted) return
    if (performance.now() - quietSince >= heartbeatMs) {
      yield `: ${at}\n\n`
      quietSince = performance.now()
    }
    const next = await listEvents(caller, { ...filter, after: at, limit: PAGE })
    // The ledger is gone: nothing more will come.
    if (!('events' in next)) return
    page = next
  }
}

const frame = (event: EventView): string =>
  `id: ${event.position}\ndata: ${JSON.stringify(event)}\n\n`

/** Destroys a stream whose buffered bytes nobody takes. */
const watched = (stream: Readable, stalledMs: number): Readable => {
  let taken = performance.now()
  const read = stream.read.bind(stream)
  stream.read = (size?: number) => {
    const chunk = read(size)
    if (chunk !== null) taken = performance.now()
    return chunk
  }
  const timer = setInterval(
    () => {
      if (stream.readableLength > 0 && performance.now() - taken > stalledMs) stream.destroy()
    },
    Math.max(50, stalledMs / 4),
  ).unref()
  stream.once('close', () => clearInterval(timer))
  return stream
}
