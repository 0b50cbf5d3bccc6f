import {
  canonicalJson,
  canonicalString,
  type JsonObject,
  type LedgerName,
  type Timestamp,
} from '@writ/kernel'

/** Most bytes of an entry: entry bundles of tlog-tiles carry a 16-bit length. Source: DESIGN §4.1, C2SP tlog-tiles. */
export const ENTRY_BYTES_MAX = 65_535

/** Most bytes of the four fields that the append function writes: position, prev, recordedAt, revision. */
const SPLICE_BYTES_MAX = 190

/** Most bytes of `meta` in its canonical form. Source: DESIGN §4.1. */
export const META_BYTES_MAX = 2_048

export const FORMAT_VERSION = 1

export interface Actor {
  readonly type: 'key' | 'person' | 'system'
  readonly id: string
}

/** What the entry holds instead of a value that lies elsewhere: sealed under a key, or attached by its digest. */
export type Commitment =
  | { readonly c: string; readonly k: string }
  | { readonly sha256: string; readonly bytes: number }

export interface EntryMeta {
  readonly traceparent?: string
  readonly source?: string
  readonly sourceId?: string
  readonly dataschema?: string
  readonly onBehalfOf?: string
  readonly time?: string
}

/** An event before the log has given it a place. */
export interface NewEvent {
  /** UUIDv7, lower case. */
  readonly id: string
  readonly type: string
  /** Version of the type's data, integer ≥ 1. */
  readonly schema: number
  /** `category:id`. */
  readonly stream: string
  readonly data: JsonObject
  readonly actor: Actor
  readonly correlationId: string
  readonly causationId?: string
  readonly occurredAt: Timestamp
  readonly commitments?: Readonly<Record<string, Commitment>>
  readonly meta?: EntryMeta
}

/** The two texts that the append function splices its four fields between. */
export interface EntryTexts {
  readonly head: string
  readonly tail: string
}

/**
 * Renders an event as RFC 8785 text in two pieces around `position`, `prev`, `recordedAt`, `revision`. The keys of an
 * entry sort so that these four stand together; that is why no later field may sort between them (DESIGN §4.1).
 */
export const entryTexts = (ledger: LedgerName, event: NewEvent): EntryTexts => {
  let head = `{"actor":${actorText(event.actor)}`
  if (event.causationId !== undefined) head += `,"causationId":"${event.causationId}"`
  if (event.commitments !== undefined) {
    head += `,"commitments":${canonicalJson(event.commitments as unknown as JsonObject)}`
  }
  head += `,"correlationId":"${event.correlationId}","data":${canonicalJson(event.data)}`
  head += `,"id":"${event.id}","ledger":"${ledger}"`
  if (event.meta !== undefined) head += `,"meta":${canonicalJson(event.meta as JsonObject)}`
  head += `,"occurredAt":"${event.occurredAt}"`
  return { head, tail: entryTail(event) }
}

/** An actor's text is made once: a caller's many events carry the same object. */
const actorText = (actor: Actor): string => {
  let text = actorTexts.get(actor)
  if (text === undefined) {
    text = `{"id":${canonicalString(actor.id)},"type":"${actor.type}"}`
    actorTexts.set(actor, text)
  }
  return text
}
const actorTexts = new WeakMap<Actor, string>()

const entryTail = ({ schema, stream, type }: NewEvent): string =>
  `"schema":${schema},"stream":${canonicalString(stream)},"type":"${type}","v":${FORMAT_VERSION}}`

/**
 * Most bytes the stored entry can have: exact but for the digits of position and revision near the limit, a rough bound
 * (three bytes a UTF-16 unit) far below it, where nobody needs to know better.
 */
export const entryBytesBound = ({ head, tail }: EntryTexts): number => {
  const rough = 3 * (head.length + tail.length) + SPLICE_BYTES_MAX
  if (rough <= ENTRY_BYTES_MAX) return rough
  return Buffer.byteLength(head) + Buffer.byteLength(tail) + SPLICE_BYTES_MAX
}

/** An entry as it stands in the log, parsed. Field order is of no meaning; the text is the truth. */
export interface Entry {
  readonly actor: Actor
  readonly causationId?: string
  readonly commitments?: Readonly<Record<string, Commitment>>
  readonly correlationId: string
  readonly data: JsonObject
  readonly id: string
  readonly ledger: LedgerName
  readonly meta?: EntryMeta
  readonly occurredAt: Timestamp
  readonly position: number
  readonly prev: string
  readonly recordedAt: Timestamp
  readonly revision: number
  readonly schema: number
  readonly stream: string
  readonly type: string
  readonly v: 1
}

/** An entry with its hash and its exact text. */
export interface StoredEntry {
  readonly position: number
  /** Lower-case hex of SHA-256(0x00 ‖ text): chain link and RFC 6962 leaf in one. */
  readonly hash: string
  readonly text: string
}

export const parseEntry = (stored: { readonly text: string }): Entry =>
  JSON.parse(stored.text) as Entry

export const categoryOf = (stream: string): string => {
  const colon = stream.indexOf(':')
  return colon < 0 ? stream : stream.slice(0, colon)
}
