import { canonicalJson, type JsonValue } from '@writ/kernel'
import type { Cell, Projection, Row, RowKey, Rows, TableSpec } from './projection.ts'

/** A fold asked for a row that its `keys` did not name, or wrote one that is not whole: a defect of the read model. */
export class FoldDefect extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FoldDefect'
  }
}

interface Slot {
  /** Undefined: known to be absent. */
  row: Row | undefined
  asOf: number
  /** Differs from what the database has. */
  dirty: boolean
  /** A fold asked for it: it may ask again. A row that is only ever written is not kept. */
  readonly asked: boolean
}

/**
 * The rows of one build and ledger that are known, in memory. Whoever holds the lease is the only writer, so what was
 * read or written once needs no second look until the lease is lost.
 */
export class RowStore {
  private readonly specs: ReadonlyMap<string, TableSpec>
  private readonly slots = new Map<string, Map<string, Slot>>()
  private readonly dirty = new Map<string, Set<string>>()
  /** Tables of which every row is in here: what is not, is not there. */
  private readonly whole: Set<string>
  private undo: (() => void)[] = []

  /** @param isWhole nothing was folded yet, so all there will be comes through here */
  constructor(projection: Pick<Projection, 'tables'>, isWhole = true) {
    this.whole = new Set(isWhole ? projection.tables.map(({ name }) => name) : [])
    this.specs = new Map(projection.tables.map((spec) => [spec.name, spec]))
    for (const name of this.specs.keys()) {
      this.slots.set(name, new Map())
      this.dirty.set(name, new Set())
    }
  }

  isWhole(table: string): boolean {
    return this.whole.has(table)
  }

  /** Rows that the database has not yet. */
  get changed(): number {
    let changed = 0
    for (const texts of this.dirty.values()) changed += texts.size
    return changed
  }

  get size(): number {
    let size = 0
    for (const slots of this.slots.values()) size += slots.size
    return size
  }

  knows({ table, key }: RowKey): boolean {
    return this.tableOf(table).has(keyText(key))
  }

  /** Differs from what the database has. */
  isChanged({ table, key }: RowKey): boolean {
    return this.tableOf(table).get(keyText(key))?.dirty === true
  }

  /** What the database has: a row, or that there is none. */
  learn(table: string, key: readonly Cell[], row: Row | undefined): void {
    this.tableOf(table).set(keyText(key), { row, asOf: 0, dirty: false, asked: true })
  }

  /** The rows as a fold sees them at one position. `named` are the keys it may ask for. */
  at(position: number, named: readonly RowKey[]): Rows {
    const allowed = new Set(named.map(({ table, key }) => `${table} ${keyText(key)}`))
    return {
      get: (table, ...key) => {
        const text = keyText(key)
        if (!allowed.has(`${table} ${text}`)) {
          throw new FoldDefect(`the fold reads ${table} ${text}, which its keys do not name`)
        }
        return this.tableOf(table).get(text)?.row
      },
      put: (table, row) => this.change(table, keyText(this.keyOf(table, row)), { row, position }),
      remove: (table, ...key) => this.change(table, keyText(key), { row: undefined, position }),
    }
  }

  private change(
    table: string,
    text: string,
    { row, position }: { readonly row: Row | undefined; readonly position: number },
  ): void {
    const slots = this.tableOf(table)
    const before = slots.get(text)
    const dirty = this.dirty.get(table) as Set<string>
    const wasDirty = dirty.has(text)
    slots.set(text, { row, asOf: position, dirty: true, asked: before?.asked ?? false })
    dirty.add(text)
    this.undo.push(() => {
      if (before === undefined) slots.delete(text)
      else slots.set(text, before)
      if (!wasDirty) dirty.delete(text)
    })
  }

  private keyOf(table: string, row: Row): readonly Cell[] {
    const spec = this.specs.get(table) as TableSpec
    for (const column of Object.keys(spec.columns)) {
      const cell = row[column]
      const nullable = (spec.columns[column] as string).endsWith('?')
      if (cell === undefined || (cell === null && !nullable)) {
        throw new FoldDefect(`a row of ${table} lacks ${column}`)
      }
    }
    for (const column of Object.keys(row)) {
      if (spec.columns[column] === undefined)
        throw new FoldDefect(`${table} has no column ${column}`)
    }
    return spec.key.map((column) => row[column] as Cell)
  }

  /** Keeps what the event changed. */
  keep(): void {
    this.undo = []
  }

  /** Forgets what the event changed before it failed. */
  rollBack(): void {
    for (const step of this.undo.reverse()) step()
    this.undo = []
  }

  /** What the database has not yet, by table, in order of first change. */
  changes(): ReadonlyMap<string, readonly Changed[]> {
    const changes = new Map<string, readonly Changed[]>()
    for (const [table, texts] of this.dirty) {
      if (texts.size === 0) continue
      const slots = this.tableOf(table)
      changes.set(
        table,
        [...texts].map((text) => {
          const { row, asOf } = slots.get(text) as Slot
          return { key: JSON.parse(text) as readonly Cell[], row, asOf }
        }),
      )
    }
    return changes
  }

  /** The changes are durable. */
  settled(): void {
    for (const [table, texts] of this.dirty) {
      const slots = this.tableOf(table)
      for (const text of texts) {
        const slot = slots.get(text) as Slot
        slot.dirty = false
        if (slot.asked) continue
        slots.delete(text)
        this.whole.delete(table)
      }
      texts.clear()
    }
  }

  /** Drops the longest known rows beyond `max`; they are read again when needed. Call with nothing unsettled. */
  shrink(max: number): void {
    for (const [table, slots] of this.slots) {
      if (slots.size <= max) continue
      this.whole.delete(table)
      let over = slots.size - max
      for (const text of slots.keys()) {
        if (over-- <= 0) break
        slots.delete(text)
      }
    }
  }

  /** All rows of a table that are known, by key: for folds that never leave memory. */
  rows(table: string): readonly Row[] {
    return [...this.tableOf(table)]
      .filter(([, { row }]) => row !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { row }]) => row as Row)
  }

  private tableOf(table: string): Map<string, Slot> {
    const slots = this.slots.get(table)
    if (slots === undefined) throw new FoldDefect(`there is no table ${table}`)
    return slots
  }
}

export interface Changed {
  readonly key: readonly Cell[]
  /** Undefined: to be deleted. */
  readonly row: Row | undefined
  readonly asOf: number
}

const keyText = (key: readonly Cell[]): string => canonicalJson(key as JsonValue[])
