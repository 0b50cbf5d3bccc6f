import type { Cell, Projection, Row, RowKey, Rows, TableSpec } from './projection.ts'

/** A fold asked for a row that its `keys` did not name, or wrote one that is not whole: a defect of the read model. */
export class FoldDefect extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FoldDefect'
  }
}

interface Slot {
  readonly key: readonly Cell[]
  /** Undefined: known to be absent. */
  readonly row: Row | undefined
  readonly asOf: number
  /** Differs from what the database has. */
  dirty: boolean
  /** A fold asked for it: it may ask again. A row that is only ever written is not kept. */
  readonly asked: boolean
}

interface Change {
  readonly table: Table
  readonly text: string
  readonly before: Slot | undefined
}

const NOTHING: ReadonlySet<string> = new Set()

/** A key that an event may ask for, found once and used by every look at it. */
export interface NamedKey extends RowKey {
  readonly text: string
}

class Table {
  readonly spec: TableSpec
  readonly columns: readonly string[]
  readonly nullable: ReadonlySet<string>
  readonly slots = new Map<string, Slot>()
  readonly dirty = new Set<string>()
  /** Changes on their way into the database: no fold has to wait for them, and nothing may read past them. */
  flying: ReadonlySet<string> = NOTHING
  /** Every row of the table is in here: what is not, is not there. */
  whole: boolean

  constructor(spec: TableSpec, whole: boolean) {
    this.spec = spec
    this.columns = Object.keys(spec.columns)
    this.nullable = new Set(this.columns.filter((name) => spec.columns[name]?.endsWith('?')))
    this.whole = whole
  }

  /** @throws FoldDefect  a column is missing, unknown, or null where it may not be */
  keyOf(row: Row): readonly Cell[] {
    for (const column of this.columns) {
      const cell = row[column]
      if (cell === undefined || (cell === null && !this.nullable.has(column)))
        throw new FoldDefect(`a row of ${this.spec.name} lacks ${column}`)
    }
    let count = 0
    for (const _ in row) count++
    if (count !== this.columns.length)
      throw new FoldDefect(`a row of ${this.spec.name} has columns that the table has not`)
    return this.spec.key.map((column) => row[column] as Cell)
  }
}

/**
 * The rows of one build and ledger that are known, in memory. Whoever holds the lease is the only writer, so what was
 * read or written once needs no second look until the lease is lost.
 */
export class RowStore {
  private readonly tables: ReadonlyMap<string, Table>
  private readonly view = new View(this)
  private undo: Change[] = []

  /** @param isWhole nothing was folded yet, so all there will be comes through here */
  constructor(projection: Pick<Projection, 'tables'>, isWhole = true) {
    this.tables = new Map(projection.tables.map((spec) => [spec.name, new Table(spec, isWhole)]))
  }

  isWhole(table: string): boolean {
    return this.tableOf(table).whole
  }

  /** Rows that the database has not yet. */
  get changed(): number {
    let changed = 0
    for (const { dirty } of this.tables.values()) changed += dirty.size
    return changed
  }

  get size(): number {
    let size = 0
    for (const { slots } of this.tables.values()) size += slots.size
    return size
  }

  named(keys: readonly RowKey[]): readonly NamedKey[] {
    return keys.map(({ table, key }) => ({ table, key, text: keyText(key) }))
  }

  knows({ table, text }: NamedKey): boolean {
    return this.tableOf(table).slots.has(text)
  }

  /** Differs from what the database has. */
  isChanged({ table, text }: NamedKey): boolean {
    const { slots, flying } = this.tableOf(table)
    return slots.get(text)?.dirty === true || flying.has(text)
  }

  /** What the database has: a row, or that there is none. */
  learn(table: string, key: readonly Cell[], row: Row | undefined): void {
    this.tableOf(table).slots.set(keyText(key), { key, row, asOf: 0, dirty: false, asked: true })
  }

  /** The rows as a fold sees them at one position; good until the next call. `named` are the keys it may ask for. */
  at(position: number, named: readonly NamedKey[]): Rows {
    this.view.position = position
    this.view.named = named
    return this.view
  }

  /** @throws FoldDefect */
  get(table: string, text: string): Row | undefined {
    return this.tableOf(table).slots.get(text)?.row
  }

  put(name: string, row: Row, position: number): void {
    const table = this.tableOf(name)
    this.change(table, table.keyOf(row), { row, position })
  }

  remove(name: string, key: readonly Cell[], position: number): void {
    this.change(this.tableOf(name), key, { row: undefined, position })
  }

  private change(
    table: Table,
    key: readonly Cell[],
    { row, position }: { readonly row: Row | undefined; readonly position: number },
  ): void {
    const text = keyText(key)
    const before = table.slots.get(text)
    table.slots.set(text, { key, row, asOf: position, dirty: true, asked: before?.asked ?? false })
    table.dirty.add(text)
    this.undo.push({ table, text, before })
  }

  /** Keeps what the event changed. */
  keep(): void {
    this.undo.length = 0
  }

  /** Forgets what the event changed before it failed. */
  rollBack(): void {
    for (const { table, text, before } of this.undo.reverse()) {
      if (before === undefined) table.slots.delete(text)
      else table.slots.set(text, before)
      if (before?.dirty !== true) table.dirty.delete(text)
    }
    this.undo = []
  }

  /**
   * What the database has not yet, by table and in order of first change, to be written as it is now. Folding may go on
   * meanwhile; call `settled` when it is durable, before the next seal.
   */
  seal(): readonly Sealed[] {
    return [...this.tables.values()].map((table) => {
      if (table.flying.size > 0) throw new Error(`${table.spec.name} is still being written`)
      const changes = [...table.dirty].map((text) => {
        const slot = table.slots.get(text) as Slot
        slot.dirty = false
        return { key: slot.key, row: slot.row, asOf: slot.asOf }
      })
      table.flying = new Set(table.dirty)
      table.dirty.clear()
      return { spec: table.spec, changes }
    })
  }

  /** What was sealed is durable. */
  settled(): void {
    for (const table of this.tables.values()) {
      for (const text of table.flying) {
        const slot = table.slots.get(text)
        // Changed again since, or asked for and so kept.
        if (slot === undefined || slot.dirty || slot.asked) continue
        table.slots.delete(text)
        table.whole = false
      }
      table.flying = NOTHING
    }
  }

  /** Drops the longest known rows beyond `max`; they are read again when needed. What is not durable stays. */
  shrink(max: number): void {
    for (const table of this.tables.values()) {
      let over = table.slots.size - max
      if (over <= 0) continue
      table.whole = false
      for (const [text, { dirty }] of table.slots) {
        if (over <= 0) break
        if (dirty || table.flying.has(text)) continue
        table.slots.delete(text)
        over--
      }
    }
  }

  /** All rows of a table that are known, by key: for folds that never leave memory. */
  rows(table: string): readonly Row[] {
    return [...this.tableOf(table).slots]
      .filter(([, { row }]) => row !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { row }]) => row as Row)
  }

  private tableOf(name: string): Table {
    const table = this.tables.get(name)
    if (table === undefined) throw new FoldDefect(`there is no table ${name}`)
    return table
  }
}

/** Changes of one table, as they were when they were sealed. */
export interface Sealed {
  readonly spec: TableSpec
  readonly changes: readonly Changed[]
}

export interface Changed {
  readonly key: readonly Cell[]
  /** Undefined: to be deleted. */
  readonly row: Row | undefined
  readonly asOf: number
}

/** One for all events of a store: making one for each would cost as much as the fold. */
class View implements Rows {
  position = 0
  named: readonly NamedKey[] = []
  private readonly store: RowStore

  constructor(store: RowStore) {
    this.store = store
  }

  get(table: string, ...key: readonly Cell[]): Row | undefined {
    const text = keyText(key)
    for (const one of this.named) {
      if (one.text === text && one.table === table) return this.store.get(table, text)
    }
    throw new FoldDefect(`the fold reads ${table} ${text}, which its keys do not name`)
  }

  put(table: string, row: Row): void {
    this.store.put(table, row, this.position)
  }

  remove(table: string, ...key: readonly Cell[]): void {
    this.store.remove(table, key, this.position)
  }
}

/** Different keys give different texts: each part says its kind, and a text its length. */
const keyText = (key: readonly Cell[]): string => {
  if (key.length === 1) return partText(key[0] as Cell)
  let text = ''
  for (const cell of key) text += `${partText(cell)} `
  return text
}

const partText = (cell: Cell): string => {
  if (typeof cell === 'string') return `${cell.length}:${cell}`
  return typeof cell === 'object' ? `j${JSON.stringify(cell)}` : `${typeof cell}${String(cell)}`
}
