/** Largest request body. Unit: bytes. A batch of 1,000 ordinary events is about 0.5 MiB; more would hold the event loop
 *  while it is parsed. Source: DESIGN §7. */
export const BODY_BYTES_MAX = 1_048_576

/** Most events in one POST /events. Unit: events. They commit together or not at all, so the number bounds how long one
 *  caller holds the ledger's queue. */
export const EVENTS_PER_REQUEST_MAX = 1000

/** Most entries in one page. Unit: entries. At 64 KiB an entry a full page is 64 MiB at worst, 1 MiB as a rule. */
export const PAGE_SIZE_MAX = 1000

/** Most items in a page of a read model, and how many without a limit. Unit: items. */
export const READ_PAGE_MAX = 500
export const READ_PAGE_DEFAULT = 50

/** Entries in a page when the caller names no limit. Unit: entries. */
export const PAGE_SIZE_DEFAULT = 100

/** Longest event type. Unit: characters. Source: DESIGN §1. */
export const EVENT_TYPE_CHARS_MAX = 128

/** Longest category of a stream, and type of a subject, domain or action. Unit: characters. They become index columns. */
export const NAME_CHARS_MAX = 63

/** Longest id behind the colon of a stream, and id of a subject. Unit: characters. Holds any UUID, URN or account number
 *  in use; longer ones are documents. */
export const EXTERNAL_ID_CHARS_MAX = 192

/** Longest id that a producer gives its event. Unit: characters. It stands in `meta` too. */
export const EVENT_ID_CHARS_MAX = 256

/** Longest name of a metric. Unit: characters. As long as any identifier inside a policy. */
export const METRIC_CHARS_MAX = 64

/** Longest `source` and `dataschema`. Unit: characters. Both stand in `meta`, which may have 2 KiB in all. */
export const URI_CHARS_MAX = 512

/** Longest reason a person gives for a control. Unit: characters. It is read in a log line, not in a report. */
export const REASON_CHARS_MAX = 1000

/** Longest time text. Unit: characters. RFC 3339 with nine fraction digits and a zone has 35. */
export const TIME_CHARS_MAX = 35

/** Longest name and version of a policy. Unit: characters. */
export const POLICY_NAME_CHARS_MAX = 63
export const POLICY_VERSION_CHARS_MAX = 64

/** Highest version of an event type's data. Unit: versions. It is an int4 column. */
export const SCHEMA_VERSION_MAX = 2_147_483_647

/** Longest Idempotency-Key. Unit: characters. Two UUIDs and a route fit; the key is stored for 24 hours. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 255

/** Longest value of a path segment. Unit: characters. Longer ones match no route. */
export const PATH_SEGMENT_CHARS_MAX = 256

/** All headers of one request. Unit: bytes. Node's own default; cookies and long tokens have no business here. */
export const HEADER_BYTES_MAX = 16_384

/** Most bad places listed in one problem. Unit: places. A caller mends twenty before reading on. */
export const PROBLEM_PLACES_MAX = 20
