import { binaryArray, type JsonValue, type SqlStatement } from '@writ/kernel'
import type { Cell, Column, ColumnType, Row, TableSpec } from './projection.ts'
import type { Changed } from './row-store.ts'

/** Which tables are meant: those of one build, or a scratch copy. */
export type Suffix = number | 'scratch'

export const tableName = (spec: Pick<TableSpec, 'name'>, suffix: Suffix): string =>
  `projection.${plain(spec.name)}_${plain(String(suffix))}`

/** Names stand in statements as they are, so only plain ones are let through. */
const plain = (name: string): string => {
  if (!/^[a-z0-9][a-z0-9_]{0,47}$/.test(name)) throw new TypeError(`not a plain name: ${name}`)
  return name
}

const typeOf = (column: Column): ColumnType => column.replace('?', '') as ColumnType

const definition = (name: string, column: Column): string => {
  const collate = typeOf(column) === 'text' ? ' collate "C"' : ''
  return `${plain(name)} ${typeOf(column)}${collate}${column.endsWith('?') ? '' : ' not null'}`
}

const quoteKey = (spec: TableSpec): string => ['ledger', ...spec.key].map(plain).join(', ')

/** Room on each page for the next version of a row: it then stays there, and no index learns of it (HOT). Percent. */
const FILLFACTOR = 70

/** The table with its key, without the indexes. */
export const createTable = (spec: TableSpec, suffix: Suffix): string => {
  const name = tableName(spec, suffix)
  const columns = Object.entries(spec.columns).map(([each, column]) => definition(each, column))
  return `create table ${name} (
    ledger text collate "C" not null, tenant text collate "C" not null, ${columns.join(', ')}, as_of bigint not null,
    constraint ${name.slice('projection.'.length)}_pk primary key (${quoteKey(spec)}))
    with (fillfactor = ${spec.once === true ? 100 : FILLFACTOR})`
}

export const createIndexes = (spec: TableSpec, suffix: Suffix): readonly string[] =>
  (spec.indexes ?? []).map((columns) => {
    const listed = columns.map((column) => {
      const [name, order] = column.split(' ')
      return `${plain(name as string)}${order === 'desc' ? ' desc' : ''}`
    })
    return `create index on ${tableName(spec, suffix)} (${['ledger', ...listed].join(', ')})`
  })

/** The name under which a table is read, whichever build is live. */
export const serveTable = (spec: TableSpec, suffix: Suffix): readonly string[] => [
  `drop view if exists projection.${plain(spec.name)}`,
  `create view projection.${plain(spec.name)} as select * from ${tableName(spec, suffix)}`,
  `grant select on projection.${plain(spec.name)} to writ_app, writ_reader`,
]

/** Types whose arrays travel in binary form; the others travel as text and are cast in the server. */
const BINARY = new Set<ColumnType>(['bool', 'int4', 'int8', 'text', 'uuid'])

const arrayOf = (type: ColumnType, cells: readonly Cell[]): Uint8Array =>
  BINARY.has(type)
    ? binaryArray(type as 'text', cells as readonly (string | null)[])
    : binaryArray(
        'text',
        cells.map((cell) => textOf(type, cell)),
      )

const textOf = (type: ColumnType, cell: Cell): string | null => {
  if (cell === null) return null
  return type === 'jsonb' ? JSON.stringify(cell) : String(cell)
}

const wire = (type: ColumnType): string => (BINARY.has(type) ? type : 'text')

const unnested = (columns: readonly (readonly [string, Column])[], from: number): string =>
  columns
    .map(([name, column], i) => {
      const type = typeOf(column)
      const cast = BINARY.has(type) ? '' : `::${type}`
      return `unnest($${from + i}::${wire(type)}[])${cast} as ${plain(name)}`
    })
    .join(', ')

export interface Place {
  readonly ledger: string
  readonly tenant: string
  readonly suffix: Suffix
}

/** Writes whole rows. Those that are there are replaced; where each row is put once, nothing can be there. */
export const putRows = (
  spec: TableSpec,
  { ledger, tenant, suffix }: Place,
  changed: readonly Changed[],
): SqlStatement => {
  const columns: [string, Column][] = [...Object.entries(spec.columns), ['as_of', 'int8']]
  const names = columns.map(([name]) => plain(name))
  const others = names.filter((name) => !spec.key.includes(name))
  const cells = columns.map(([name, column]) =>
    arrayOf(
      typeOf(column),
      changed.map(({ row, asOf }) => (name === 'as_of' ? asOf : ((row as Row)[name] as Cell))),
    ),
  )
  return {
    name: `projection-put-${spec.name}-${suffix}`,
    text: `insert into ${tableName(spec, suffix)} (ledger, tenant, ${names.join(', ')})
      select $1, $2, n.* from (select ${unnested(columns, 3)}) n
      ${spec.once === true ? '' : replacing(spec, others)}`,
    values: [ledger, tenant, ...cells],
  }
}

const replacing = (spec: TableSpec, others: readonly string[]): string =>
  `on conflict (${quoteKey(spec)}) do update set ${others.map((name) => `${name} = excluded.${name}`).join(', ')}`

const keyColumns = (spec: TableSpec): readonly (readonly [string, Column])[] =>
  spec.key.map((name) => [name, spec.columns[name] as Column])

const keyCells = (spec: TableSpec, keys: readonly (readonly Cell[])[]): readonly Uint8Array[] =>
  keyColumns(spec).map(([, column], i) =>
    arrayOf(
      typeOf(column),
      keys.map((key) => key[i] as Cell),
    ),
  )

const sameKey = (spec: TableSpec): string =>
  spec.key.map((name) => `t.${plain(name)} = n.${plain(name)}`).join(' and ')

export const deleteRows = (
  spec: TableSpec,
  { ledger, suffix }: Place,
  keys: readonly (readonly Cell[])[],
): SqlStatement => ({
  name: `projection-remove-${spec.name}-${suffix}`,
  text: `delete from ${tableName(spec, suffix)} t using (select ${unnested(keyColumns(spec), 2)}) n
    where t.ledger = $1 and ${sameKey(spec)}`,
  values: [ledger, ...keyCells(spec, keys)],
})

/** Rows by key. One look-up a key, forced: a join would become a scan of the table as it grows. */
export const loadRows = (
  spec: TableSpec,
  { ledger, suffix }: Place,
  keys: readonly (readonly Cell[])[],
): SqlStatement => ({
  name: `projection-load-${spec.name}-${suffix}`,
  text: `select r.* from (select ${unnested(keyColumns(spec), 2)}) n
    cross join lateral (
      select ${Object.keys(spec.columns)
        .map((name) => `t.${plain(name)}`)
        .join(', ')} from ${tableName(spec, suffix)} t
      where t.ledger = $1 and ${sameKey(spec)} limit 1) r`,
  values: [ledger, ...keyCells(spec, keys)],
})

/** A row as the driver hands it over, in the form that folds see: the same as when it was put. */
export const rowFromDriver = (spec: TableSpec, raw: Readonly<Record<string, unknown>>): Row => {
  const row: Record<string, Cell> = {}
  for (const [name, column] of Object.entries(spec.columns)) {
    row[name] = cellFromDriver(typeOf(column), raw[name])
  }
  return row
}

const cellFromDriver = (type: ColumnType, value: unknown): Cell => {
  if (value === null || value === undefined) return null
  if (type === 'int8') return Number(value)
  if (type === 'timestamptz') return (value as Date).toISOString()
  return value as JsonValue
}
