import type { Entry } from '@writ/event-log'
import type { JsonValue } from '@writ/kernel'

/** Types of columns. A trailing `?` allows null. Times are RFC 3339 texts with three fraction digits. */
export type ColumnType =
  | 'bool'
  | 'float8'
  | 'int4'
  | 'int8'
  | 'jsonb'
  | 'text'
  | 'timestamptz'
  | 'uuid'
export type Column = ColumnType | `${ColumnType}?`

/** int8 as number (positions and counts stay below 2^53), jsonb as JSON value, timestamptz as RFC 3339 text. */
export type Cell = JsonValue
export type Row = Readonly<Record<string, Cell>>

/**
 * A table of a read model. The runtime adds `ledger`, `tenant` and `as_of` (position of the last event that changed the
 * row) to every table, makes `ledger` the first column of the key and of each index, and serves it as the view
 * `projection.<name>` whichever build is live.
 */
export interface TableSpec {
  /** lower_snake; unique among all projections. */
  readonly name: string
  readonly columns: Readonly<Record<string, Column>>
  readonly key: readonly string[]
  /** Each row is put once and never again, as where a row stands for an event: it is then inserted without a look. */
  readonly once?: boolean
  /** Column lists; `x desc` is allowed. Made after a rebuild has caught up, so that filling is not slowed by them. */
  readonly indexes?: readonly (readonly string[])[]
}

/** An event as folds see it: parsed, upcast to the newest schema of its type, category beside it. */
export interface FoldedEvent extends Entry {
  readonly category: string
  /** Contents that the entry names by digest, by pointer; only of types that the read model lists in `attachments`. */
  readonly attached?: Readonly<Record<string, JsonValue>>
  /** Why its data could not be brought to today's shape. Read models that fold its type park it, with this reason. */
  readonly unreadable?: unknown
}

/** Brings an entry's data to the newest schema of its type; throws where this release cannot. The domain knows how. */
export type Upcast = (entry: Entry) => Entry

export interface RowKey {
  readonly table: string
  /** Values of the table's key columns, in their order. */
  readonly key: readonly Cell[]
}

/** Rows of one ledger while an event is folded. What a fold changes when it throws is forgotten. */
export interface Rows {
  /** The row, or undefined. Only keys that `keys` named for this event may be asked for. */
  get(table: string, ...key: readonly Cell[]): Row | undefined
  /** Writes a whole row: every column, nullable ones as null. It need not have been read before. */
  put(table: string, row: Row): void
  remove(table: string, ...key: readonly Cell[]): void
}

/** Something to do beyond the database, told once and never again by a rebuild (DESIGN §5). */
export interface Effect {
  readonly kind: string
  readonly payload: JsonValue
}

/**
 * A read model: which events it folds, into which tables, by a pure function. The same events in the same order give
 * the same bytes on every machine, so: no clock, no randomness, no order of a hash map.
 */
export interface Projection {
  /** lower-kebab. */
  readonly name: string
  /** Raised with any change of tables or fold; a new version is built beside the old one and then takes its place. */
  readonly version: number
  readonly purpose: string
  readonly tables: readonly TableSpec[]
  /** Event types by stream category; `'*'` stands for every category that is not reserved, or every type. */
  readonly folds: Readonly<Record<string, readonly string[]>>
  /** Event types whose attachments the fold wants. */
  readonly attachments?: readonly string[]
  /** Reads what older releases wrote; the same in all read models of a worker. Absent: data as it was written. */
  readonly upcast?: Upcast
  /** The rows that `fold` will ask for. */
  keys(event: FoldedEvent): readonly RowKey[]
  fold(event: FoldedEvent, rows: Rows): void
  /** What to tell the world of a live event. */
  effects?(event: FoldedEvent): readonly Effect[]
}
