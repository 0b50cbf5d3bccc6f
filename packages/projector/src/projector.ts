import { HINT_CHANNEL } from '@writ/event-log'
import { type LedgerName, type SqlDatabase, StoreUnavailable } from '@writ/kernel'
import { dropRetired, ensureBuild, indexBuild, readBuilds, type Swap, swapBuild } from './builds.ts'
import { commitSteps } from './commit-steps.ts'
import { giveBack, shareOut } from './leases.ts'
import { type EntrySource, foldedPage } from './page-folding.ts'
import type { FoldedEvent, Projection } from './projection.ts'
import { replayParked } from './replay-parked.ts'
import { StepWriter } from './step-writer.ts'
import { LeaseLost, type Unit } from './unit.ts'
import { unitGroups } from './unit-groups.ts'

/** Entries of one page while near the head, and while far behind: longer pages pay fewer commits. */
const PAGE_NEAR = 500
const PAGE_FAR = 5_000
/**
 * A build that is far behind is written after so many entries or changed rows: a row that many events change is then
 * written once and not once a page. A crash costs the folding since the last write, nothing more.
 */
const FLUSH_ENTRIES = 250_000
const FLUSH_ROWS = 50_000
/** How long one group of units is folded before the others have their turn. Unit: ms. */
const TURN_MS = 1_000
/** Waits between two looks at the heads: short while there is work, long while there is none. A hint ends a wait. */
const WAIT_MS_MIN = 1
const WAIT_MS_MAX = 250
/** How often work is shared out anew, leases are renewed and builds are looked after. */
const HOUSEKEEPING_MS = 1_000
/** A build this close behind is given its indexes, and may then take over. */
const NEAR_ENTRIES = 2 * PAGE_FAR

export interface ProjectorDeps {
  readonly database: SqlDatabase
  readonly source: EntrySource
  readonly projections: readonly Projection[]
  /** Names this worker for as long as it lives. */
  readonly holder: string
  /** Milliseconds that never step back. */
  readonly monotonic: () => number
  readonly onFault: (fault: unknown, what: string) => void
  readonly onSwap?: (projection: Projection, swap: Swap) => void
  /** Entries of one page, near the head and far from it. For benches that want to see one of the two. */
  readonly pages?: { readonly near: number; readonly far: number }
}

/**
 * A worker that folds ledgers into read models: any number may run, in any number of processes. Each unit of work is
 * fenced by a lease, so every event takes effect exactly once whatever crashes or sleeps (DESIGN §5, ADR-0010).
 */
export class Projector {
  private readonly deps: ProjectorDeps
  private readonly pages: { readonly near: number; readonly far: number }
  /** The page that each group of units wants next, on its way while the one before is written. */
  private readonly ahead = new Map<string, Ahead>()
  private units: readonly Unit[] = []
  private ledgers: readonly LedgerName[] = []
  private keptHouseAt = Number.NEGATIVE_INFINITY
  private ensured = false
  private stopping = false
  private running: Promise<void> | undefined
  private wake: (() => void) | undefined
  private stopListening: (() => Promise<void>) | undefined

  constructor(deps: ProjectorDeps) {
    this.deps = deps
    this.pages = deps.pages ?? { near: PAGE_NEAR, far: PAGE_FAR }
  }

  start(): void {
    this.running ??= this.run()
  }

  /** Ends after the page at hand and gives the leases back. */
  async stop(): Promise<void> {
    this.stopping = true
    this.wake?.()
    await this.running
    await this.stopListening?.()
    await giveBack(this.deps.database, this.deps.holder).catch((fault) =>
      this.deps.onFault(fault, 'giving the leases back'),
    )
  }

  private async run(): Promise<void> {
    let wait = WAIT_MS_MIN
    while (!this.stopping) {
      let worked = false
      try {
        this.stopListening ??= await this.deps.database.listen(HINT_CHANNEL, () => this.wake?.())
        worked = await this.turn()
      } catch (fault) {
        this.deps.onFault(fault, 'folding')
        wait = WAIT_MS_MAX
      }
      if (worked) wait = WAIT_MS_MIN
      else if (!this.stopping) {
        await this.sleep(wait)
        wait = Math.min(WAIT_MS_MAX, wait * 2)
      }
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** One look at everything. True when something was folded, so that more may wait. */
  async turn(): Promise<boolean> {
    if (this.deps.monotonic() - this.keptHouseAt >= HOUSEKEEPING_MS) await this.keepHouse()
    if (this.units.length === 0) return false
    const heads = await this.heads()
    let worked = false
    for (const ledger of this.ledgers) {
      const behind = this.units.filter(
        (unit) => unit.ledger === ledger && unit.position < (heads.get(ledger) ?? 0),
      )
      for (const group of unitGroups(behind, this.pages.near)) {
        worked = (await this.advance(ledger, group, heads.get(ledger) as number)) || worked
      }
    }
    await this.lookAfterBuilds(heads)
    return worked
  }

  /** Folds until nothing is behind: for tests, commands and benches. */
  async catchUp(): Promise<void> {
    this.keptHouseAt = Number.NEGATIVE_INFINITY
    while (await this.turn()) {
      // Each turn folds one page of what is behind.
    }
  }

  private async heads(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.deps.database.query<{ ledger: string; position: bigint }>({
      name: 'projection-heads',
      text: 'select l.ledger, h.position from log.ledgers l join log.heads h using (ledger_no)',
    })
    return new Map(rows.map(({ ledger, position }) => [ledger, Number(position)]))
  }

  private async keepHouse(): Promise<void> {
    const { database, projections, holder, source } = this.deps
    if (!this.ensured) {
      for (const projection of projections) await ensureBuild(database, projection)
      this.ensured = true
    }
    const builds = await readBuilds(database)
    this.ledgers = await source.ledgers()
    this.units = await shareOut(database, {
      holder,
      projections,
      ledgers: this.ledgers,
      held: this.units,
      builds,
    })
    await replayParked(this.deps, this.units)
    await dropRetired(database, builds)
    // Read ahead for groups that may be no more.
    this.ahead.clear()
    this.keptHouseAt = this.deps.monotonic()
  }

  /**
   * Folds page after page into all units of a group; while one is written the next is folded. Ends at the head, or
   * after a while, for the sake of the others. Units that cannot be written together are then tried alone.
   */
  private async advance(
    ledger: LedgerName,
    group: readonly Unit[],
    head: number,
  ): Promise<boolean> {
    const writer = new StepWriter(this.deps.database)
    const until = this.deps.monotonic() + TURN_MS
    let worked = false
    try {
      for (;;) {
        const after = Math.min(...group.map(({ foldedTo }) => foldedTo))
        const page = await this.page(ledger, group, { after, head })
        if (page === undefined) break
        worked = true
        for (const unit of group) await unit.fold(this.deps.database, page.events, page.to)
        const isOver = page.to >= head || this.stopping
        if (isOver || this.isDue(group, head)) {
          await writer.write(group)
          if (isOver || this.deps.monotonic() >= until) break
        }
      }
      await writer.end()
    } catch (fault) {
      await writer.end().catch(() => {})
      // Memory is ahead of the database, or nobody knows: what is there is read again.
      for (const unit of group) unit.forget()
      if (fault instanceof StoreUnavailable) throw fault
      await this.eachAlone(ledger, group)
      return true
    }
    return worked
  }

  /**
   * Pages are written one by one, but those of a build that is far behind many at a time: nobody reads it yet, and rows
   * that many events change are then written once. Rows that are put once gain nothing by waiting.
   */
  private isDue(group: readonly Unit[], head: number): boolean {
    const from = Math.min(...group.map(({ position }) => position))
    const isFar = head - from > this.pages.far
    const mayWait = group.some(({ projection }) => projection.tables.some(({ once }) => !once))
    if (!isFar || !mayWait || group.some(({ build }) => build.state !== 'building')) return true
    const folded = Math.min(...group.map(({ foldedTo }) => foldedTo)) - from
    return folded >= FLUSH_ENTRIES || group.some(({ changes }) => changes >= FLUSH_ROWS)
  }

  private async eachAlone(ledger: LedgerName, group: readonly Unit[]): Promise<void> {
    const passing: unknown[] = []
    for (const unit of group) {
      try {
        const events = await this.read(ledger, [unit], {
          after: unit.position,
          limit: this.pages.near,
        })
        const to = events.at(-1)?.position
        if (to !== undefined) await this.stepAlone(unit, { events, to })
      } catch (fault) {
        passing.push(fault)
      }
    }
    if (passing.length > 0) throw passing[0]
  }

  /** What is behind, up to the longest page: one that is long pays its commit and round trips for more. */
  private async page(
    ledger: LedgerName,
    group: readonly Unit[],
    { after, head }: { readonly after: number; readonly head: number },
  ): Promise<Page | undefined> {
    const read = (from: number): Promise<readonly FoldedEvent[]> => {
      const limit = Math.min(this.pages.far, Math.max(this.pages.near, head - from))
      return this.read(ledger, group, { after: from, limit })
    }
    const name = group.map(({ label }) => label).join(' ')
    const ahead = this.ahead.get(name)
    this.ahead.delete(name)
    const events = await (ahead?.after === after ? ahead.page : read(after))
    const to = events.at(-1)?.position
    if (to === undefined) return undefined
    if (to < head && !this.stopping) {
      const page = read(to)
      // Whoever asks for it hears what went wrong.
      page.catch(() => {})
      this.ahead.set(name, { after: to, page })
    }
    return { events, to }
  }

  private async read(
    ledger: LedgerName,
    group: readonly Unit[],
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly FoldedEvent[]> {
    const { source } = this.deps
    const entries = await source.page(ledger, after, limit)
    const models = group.map(({ projection }) => projection)
    return foldedPage(source, ledger, entries, models)
  }

  private async step(unit: Unit, { events, to }: Page): Promise<void> {
    const { database } = this.deps
    try {
      await unit.fold(database, events, to)
      const step = unit.seal()
      await commitSteps(database, [step])
      unit.settle(step)
    } catch (fault) {
      unit.forget()
      throw fault
    }
  }

  /**
   * One unit by itself, so that it cannot hold up the others. A page that the database refuses is halved until the one
   * event is found that it refuses; that one is parked.
   */
  private async stepAlone(unit: Unit, { events, to }: Page): Promise<void> {
    try {
      await this.step(unit, { events, to })
    } catch (fault) {
      const left = events.filter(({ position }) => position > unit.position)
      if (isPassing(fault, left.length)) throw fault
      if (fault instanceof LeaseLost) {
        this.units = this.units.filter((one) => one !== unit)
        return
      }
      if (left.length > 1) {
        const middle = left[(left.length >> 1) - 1] as FoldedEvent
        const half = left.filter(({ position }) => position <= middle.position)
        await this.stepAlone(unit, { events: half, to: middle.position })
        if (this.units.includes(unit) && unit.position === middle.position)
          await this.stepAlone(unit, { events: left, to })
        return
      }
      await this.parkAlone(unit, { event: left[0], fault, to })
    }
  }

  private async parkAlone(
    unit: Unit,
    {
      event,
      fault,
      to,
    }: { readonly event: FoldedEvent | undefined; readonly fault: unknown; readonly to: number },
  ): Promise<void> {
    if (event === undefined) throw fault
    const { message } = fault as Error
    const parked = [
      { position: event.position, type: event.type, reason: message.slice(0, 1_000), attempts: 1 },
    ]
    const step = unit.parkedStep(to, parked)
    await commitSteps(this.deps.database, [step])
    unit.settle(step)
  }

  /** Builds that have nearly caught up get their indexes and, once level with the live build, its place. */
  private async lookAfterBuilds(heads: ReadonlyMap<string, number>): Promise<void> {
    const { database, monotonic } = this.deps
    const building = new Map<string, Unit[]>()
    for (const unit of this.units) {
      if (unit.build.state !== 'building') continue
      const name = unit.projection.name
      building.set(name, [...(building.get(name) ?? []), unit])
    }
    for (const units of building.values()) {
      const { projection, build } = units[0] as Unit
      const near = units.every(
        ({ ledger, position }) => (heads.get(ledger) ?? 0) - position <= NEAR_ENTRIES,
      )
      if (!near) continue
      try {
        await indexBuild(database, projection, build.build)
        const swap = await swapBuild(database, projection, { build: build.build, monotonic })
        if (!swap.swapped) continue
        this.deps.onSwap?.(projection, swap)
        this.keptHouseAt = Number.NEGATIVE_INFINITY
      } catch (fault) {
        this.deps.onFault(fault, `swapping ${projection.name}`)
      }
    }
  }
}

/**
 * Classes of SQLSTATE that say nothing of what was written: the connection, the state of the transaction, deadlocks,
 * memory and disk, locks, cancelled statements, the machine. The same page is written a while later.
 */
const NOT_OF_THE_EVENT = /^(?:08|25|40|53|55|57|58)/

/** A statement that took too long: half a page may be written in time. */
const TOO_SLOW = '57014'

const isPassing = (fault: unknown, events: number): boolean => {
  if (fault instanceof StoreUnavailable) return true
  const code = String((fault as { code?: unknown }).code)
  return NOT_OF_THE_EVENT.test(code) && (code !== TOO_SLOW || events <= 1)
}

interface Ahead {
  readonly after: number
  readonly page: Promise<readonly FoldedEvent[]>
}

interface Page {
  readonly events: readonly FoldedEvent[]
  /** Position of its last entry, folded or not. */
  readonly to: number
}
