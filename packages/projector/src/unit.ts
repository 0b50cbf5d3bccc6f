import { type LedgerName, type SqlRunner, tenantOf } from '@writ/kernel'
import type { Build } from './builds.ts'
import { foldsEvent } from './folds-event.ts'
import type { FoldedEvent, Projection } from './projection.ts'
import { type NamedKey, RowStore, type Sealed } from './row-store.ts'
import {
  deleteRows,
  loadRows,
  type Place,
  putRows,
  rowFromDriver,
  type Suffix,
} from './table-sql.ts'

/** Rows kept in memory a table and unit. Beyond it the longest known are read again when they are needed. */
export const ROWS_KEPT_MAX = 50_000
/** Rows of one statement: beyond it the server needs more memory and is no faster. */
const WRITE_ROWS = 5_000
/** A fold that fails is tried again from rows read afresh, so that a wrong memory cannot park an event. */
export const FOLD_TRIES_MAX = 2

/** The lease was lost: somebody else folds on, and nothing of ours may be written. */
export class LeaseLost extends Error {
  constructor(what: string) {
    super(`the lease of ${what} was lost`)
    this.name = 'LeaseLost'
  }
}

export interface Parked {
  readonly position: number
  readonly type: string
  readonly reason: string
  readonly attempts: number
}

/** What was folded into a unit since its last step: written with its checkpoint in one transaction, or not at all. */
export interface Step {
  readonly unit: Unit
  readonly from: number
  readonly to: number
  readonly rows: readonly Sealed[]
  /** Those whose effects are to be told. */
  readonly events: readonly FoldedEvent[]
  readonly parked: readonly Parked[]
}

/** One build of a read model over one ledger, under a lease: the smallest piece of work. */
export class Unit {
  readonly projection: Projection
  readonly build: Build
  readonly ledger: LedgerName
  readonly tenant: string
  readonly epoch: number
  /** What the checkpoint in the database says. */
  position: number
  private readonly suffix: Suffix
  private store: RowStore
  /** How far was folded, and up to where of that a step was made: ahead of the checkpoint while it is written. */
  private folded: number
  private sealed: number
  private parked: Parked[] = []
  private telling: FoldedEvent[] = []

  constructor(parts: {
    readonly projection: Projection
    readonly build: Build
    readonly ledger: LedgerName
    readonly epoch: number
    readonly position: number
    /** The tables written to; those of the build when absent. */
    readonly suffix?: Suffix
  }) {
    this.projection = parts.projection
    this.build = parts.build
    this.ledger = parts.ledger
    this.tenant = tenantOf(parts.ledger)
    this.epoch = parts.epoch
    this.position = parts.position
    this.folded = parts.position
    this.sealed = parts.position
    this.suffix = parts.suffix ?? parts.build.build
    this.store = new RowStore(this.projection, this.position === 0)
  }

  get label(): string {
    return `${this.projection.name}/${this.build.build} on ${this.ledger}`
  }

  private get place(): Place {
    return { ledger: this.ledger, tenant: this.tenant, suffix: this.suffix }
  }

  /** Forgets all that the database does not have, after anything that may have left memory and database apart. */
  forget(): void {
    this.store = new RowStore(this.projection, this.position === 0)
    this.folded = this.position
    this.sealed = this.position
    this.parked = []
    this.telling = []
  }

  /** How far was folded in memory. */
  get foldedTo(): number {
    return this.folded
  }

  /** Rows that no step has yet. */
  get changes(): number {
    return this.store.changed
  }

  /** Folds the events of a page in memory, those that are new to it. Pure but for the rows it reads. */
  async fold(sql: SqlRunner, page: readonly FoldedEvent[], to: number): Promise<void> {
    const events = page.filter(
      (event) => event.position > this.folded && foldsEvent(this.projection, event),
    )
    this.parked.push(...(await this.foldAll(sql, events)))
    // Told by the live build alone: what is rebuilt was told before.
    if (this.projection.effects !== undefined && this.build.state === 'live')
      this.telling.push(...events)
    this.folded = Math.max(this.folded, to)
  }

  /** A step of all that was folded since the last one, as it is now: folding may go on while it is written. */
  seal(): Step {
    const { sealed: from, folded: to, parked, telling: events } = this
    this.sealed = to
    this.parked = []
    this.telling = []
    return { unit: this, from, to, rows: this.store.seal(), events, parked }
  }

  /** A step over events that are parked, one reason each, and nothing folded. */
  parkedStep(to: number, parked: readonly Parked[]): Step {
    this.folded = to
    return { ...this.seal(), parked }
  }

  /** Folds events that were parked before, wherever they stand. */
  foldAgain(sql: SqlRunner, events: readonly FoldedEvent[]): Promise<readonly Parked[]> {
    return this.foldAll(sql, events)
  }

  private async foldAll(
    sql: SqlRunner,
    events: readonly FoldedEvent[],
  ): Promise<readonly Parked[]> {
    const parked: Parked[] = []
    const asked = events.map((event) => this.namedKeys(event, parked))
    await this.load(sql, asked)
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as FoldedEvent
      const named = asked[i]
      if (named === undefined) continue
      const fault = this.foldOnce(event, named)
      if (fault !== undefined) await this.foldAfresh(sql, event, { named, parked })
    }
    return parked
  }

  private namedKeys(event: FoldedEvent, parked: Parked[]): readonly NamedKey[] | undefined {
    try {
      if (event.unreadable !== undefined) throw event.unreadable
      return this.store.named(this.projection.keys(event))
    } catch (fault) {
      parked.push(parkedOf(event, fault, 1))
      return undefined
    }
  }

  /** What went wrong, if anything did: then nothing of the event is left. Not async: most events take no turn. */
  private foldOnce(event: FoldedEvent, named: readonly NamedKey[]): { fault: unknown } | undefined {
    try {
      this.projection.fold(event, this.store.at(event.position, named))
      this.store.keep()
      return undefined
    } catch (fault) {
      this.store.rollBack()
      return { fault }
    }
  }

  private async foldAfresh(
    sql: SqlRunner,
    event: FoldedEvent,
    { named, parked }: { readonly named: readonly NamedKey[]; readonly parked: Parked[] },
  ): Promise<void> {
    for (let attempt = 2; attempt <= FOLD_TRIES_MAX; attempt++) {
      await this.load(sql, [named], true)
      const failed = this.foldOnce(event, named)
      if (failed === undefined) return
      if (attempt === FOLD_TRIES_MAX) parked.push(parkedOf(event, failed.fault, attempt))
    }
  }

  /** Reads the rows that are not known; `again` also those that are, unless this page has changed them already. */
  private async load(
    sql: SqlRunner,
    asked: readonly (readonly NamedKey[] | undefined)[],
    again = false,
  ): Promise<void> {
    const wanted = new Map<string, Map<string, NamedKey>>()
    for (const named of asked) {
      for (const key of named ?? []) {
        if (again ? this.store.isChanged(key) : this.store.knows(key)) continue
        let own = wanted.get(key.table)
        if (own === undefined) {
          own = new Map()
          wanted.set(key.table, own)
        }
        own.set(key.text, key)
      }
    }
    for (const spec of this.projection.tables) {
      const keys = [...(wanted.get(spec.name)?.values() ?? [])].map(({ key }) => key)
      for (const key of keys) this.store.learn(spec.name, key, undefined)
      if (keys.length === 0 || (this.store.isWhole(spec.name) && !again)) continue
      const rows = await sql.query<Record<string, unknown>>(loadRows(spec, this.place, keys))
      for (const raw of rows) {
        const row = rowFromDriver(spec, raw)
        const key = spec.key.map((column) => row[column] ?? null)
        this.store.learn(spec.name, key, row)
      }
    }
  }

  /** Writes the rows of a step. Call inside the transaction that moves its checkpoint. */
  async write(tx: SqlRunner, { rows }: Pick<Step, 'rows'>): Promise<void> {
    for (const { spec, changes } of rows) {
      const put = changes.filter(({ row }) => row !== undefined)
      const gone = changes.filter(({ row }) => row === undefined).map(({ key }) => key)
      for (let at = 0; at < put.length; at += WRITE_ROWS)
        await tx.query(putRows(spec, this.place, put.slice(at, at + WRITE_ROWS)))
      if (gone.length > 0) await tx.query(deleteRows(spec, this.place, gone))
    }
  }

  /** A step is durable. */
  settle({ to }: Pick<Step, 'to'>): void {
    this.store.settled()
    this.position = to
    if (this.store.size > ROWS_KEPT_MAX * this.projection.tables.length) {
      this.store.shrink(ROWS_KEPT_MAX)
    }
  }
}

const parkedOf = (event: FoldedEvent, fault: unknown, attempts: number): Parked => ({
  position: event.position,
  type: event.type,
  reason: String(fault instanceof Error ? fault.message : fault).slice(0, 1_000),
  attempts,
})
