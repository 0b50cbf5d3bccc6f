import { type LedgerName, type SqlRunner, tenantOf } from '@writ/kernel'
import type { Build } from './builds.ts'
import { foldsEvent } from './folds-event.ts'
import type { FoldedEvent, Projection } from './projection.ts'
import { type NamedKey, RowStore } from './row-store.ts'
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

/** What one page makes of a unit: written with its checkpoint in one transaction, or not at all. */
export interface Step {
  readonly unit: Unit
  readonly from: number
  readonly to: number
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
  position: number
  private readonly suffix: Suffix
  private store: RowStore

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
    this.suffix = parts.suffix ?? parts.build.build
    this.store = new RowStore(this.projection, this.position === 0)
  }

  get label(): string {
    return `${this.projection.name}/${this.build.build} on ${this.ledger}`
  }

  private get place(): Place {
    return { ledger: this.ledger, tenant: this.tenant, suffix: this.suffix }
  }

  /** Forgets all rows, after anything that may have left memory and database apart. */
  forget(): void {
    this.store = new RowStore(this.projection, this.position === 0)
  }

  /** Rows that are not written yet. */
  get changes(): number {
    return this.store.changed
  }

  /**
   * Folds the events of a page in memory. Pure but for the rows it reads.
   *
   * @param from where the last fold ended that is not written yet; the checkpoint when absent
   */
  async fold(
    sql: SqlRunner,
    page: readonly FoldedEvent[],
    to: number,
    from = this.position,
  ): Promise<Step> {
    const events = page.filter(
      (event) => event.position > from && foldsEvent(this.projection, event),
    )
    return { unit: this, from: this.position, to, events, parked: await this.foldAll(sql, events) }
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
  async write(tx: SqlRunner): Promise<void> {
    for (const spec of this.projection.tables) {
      const changed = this.store.changes(spec.name)
      const put = changed.filter(({ row }) => row !== undefined)
      const gone = changed.filter(({ row }) => row === undefined).map(({ key }) => key)
      for (let at = 0; at < put.length; at += WRITE_ROWS)
        await tx.query(putRows(spec, this.place, put.slice(at, at + WRITE_ROWS)))
      if (gone.length > 0) await tx.query(deleteRows(spec, this.place, gone))
    }
  }

  /** The step is durable. */
  settle(to: number): void {
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
