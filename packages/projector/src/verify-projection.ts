import type { LedgerName, SqlDatabase, SqlRunner } from '@writ/kernel'
import { asProjector, type Build, readBuilds } from './builds.ts'
import { type EntrySource, foldedPage } from './page-folding.ts'
import type { Projection, TableSpec } from './projection.ts'
import { sourceInTransaction } from './source-in-transaction.ts'
import { createTable, tableName } from './table-sql.ts'
import { Unit } from './unit.ts'

const PAGE = 5_000
/** Differences listed a table; all are counted. */
export const DIFFERENCES_LISTED_MAX = 20
/** This close to the live build the last entries are folded and compared while it waits. */
const NEAR_ENTRIES = 500

export interface Difference {
  readonly table: string
  readonly ledger: string
  readonly side: 'live' | 'fold'
  readonly row: unknown
}

export interface ProjectionVerification {
  readonly name: string
  readonly build: number
  /** Rows compared, over all tables and ledgers. */
  readonly rows: number
  readonly position: Readonly<Record<string, number>>
  readonly differenceCount: number
  readonly differences: readonly Difference[]
}

export interface VerifyDeps {
  readonly database: SqlDatabase
  readonly source: EntrySource
  readonly onProgress?: (done: number, of: number) => void
}

/**
 * Folds a read model from the first entry on into a scratch copy and compares it with the live tables, row by row and
 * byte for byte. The live build is held for the last few entries and the comparison, so both stand at one position.
 */
export const verifyProjection = async (
  deps: VerifyDeps,
  projection: Projection,
): Promise<ProjectionVerification> => {
  const { database, source } = deps
  const live = (await readBuilds(database)).find(
    ({ name, state }) => name === projection.name && state === 'live',
  )
  if (live === undefined || live.version !== projection.version) {
    throw new Error(`${projection.name} has no live build of version ${projection.version}`)
  }
  await createScratch(database, projection)
  try {
    const found = new Comparison(projection, live)
    for (const ledger of await source.ledgers()) {
      const unit = scratchUnit(projection, live, ledger)
      const parked = await parkedPositions(database, live, ledger)
      await foldNear(deps, unit, parked)
      await asProjector(database, async (tx) => {
        const position = await holdLive(tx, live, ledger)
        await foldTo(unit, { tx, to: position, parked })
        await found.compare(tx, { ledger, position })
      })
    }
    return found.result()
  } finally {
    await dropScratch(database, projection)
  }
}

const createScratch = (database: SqlDatabase, projection: Projection): Promise<void> =>
  asProjector(database, async (tx) => {
    for (const spec of projection.tables) {
      await tx.query({ text: `drop table if exists ${tableName(spec, 'scratch')}` })
      await tx.query({ text: createTable(spec, 'scratch') })
    }
  })

const dropScratch = (database: SqlDatabase, projection: Projection): Promise<void> =>
  asProjector(database, async (tx) => {
    for (const spec of projection.tables) {
      await tx.query({ text: `drop table if exists ${tableName(spec, 'scratch')}` })
    }
  })

const scratchUnit = (projection: Projection, live: Build, ledger: LedgerName): Unit =>
  new Unit({
    projection,
    build: live,
    ledger,
    epoch: 0,
    position: 0,
    suffix: 'scratch',
  })

const positionOf = async (
  sql: SqlRunner,
  live: Build,
  ledger: string,
  lock = '',
): Promise<number> => {
  const [row] = await sql.query<{ position: bigint }>({
    text: `select position from projection.checkpoints where name = $1 and build = $2 and ledger = $3 ${lock}`,
    values: [live.name, live.build, ledger],
  })
  return Number(row?.position ?? 0)
}

/** What the live build was spared, its copy is spared too: parked events are listed elsewhere. */
const parkedPositions = async (
  sql: SqlRunner,
  live: Build,
  ledger: string,
): Promise<ReadonlySet<number>> => {
  const rows = await sql.query<{ position: bigint }>({
    text: 'select position from projection.parked where name = $1 and build = $2 and ledger = $3',
    values: [live.name, live.build, ledger],
  })
  return new Set(rows.map(({ position }) => Number(position)))
}

/** Locks the live build's checkpoint: it cannot move until this transaction ends. */
const holdLive = (tx: SqlRunner, live: Build, ledger: string): Promise<number> =>
  positionOf(tx, live, ledger, 'for update')

const foldNear = async (
  deps: VerifyDeps,
  unit: Unit,
  parked: ReadonlySet<number>,
): Promise<void> => {
  for (;;) {
    const to = await positionOf(deps.database, unit.build, unit.ledger)
    if (to - unit.position <= NEAR_ENTRIES) return
    await asProjector(deps.database, (tx) =>
      foldTo(unit, { tx, to: Math.min(to, unit.position + PAGE), parked }),
    )
    deps.onProgress?.(unit.position, to)
  }
}

const foldTo = async (
  unit: Unit,
  {
    tx,
    to,
    parked,
  }: {
    readonly tx: SqlRunner
    readonly to: number
    readonly parked: ReadonlySet<number>
  },
): Promise<void> => {
  const source = sourceInTransaction(tx)
  while (unit.position < to) {
    const limit = Math.min(PAGE, to - unit.position)
    const { ledger } = unit
    const entries = await source.page(ledger, unit.position, limit)
    const page = await foldedPage(source, ledger, entries, [unit.projection])
    const last = entries.at(-1)?.position ?? to
    const kept = page.filter(({ position }) => !parked.has(position))
    await unit.fold(tx, kept, last)
    const step = unit.seal()
    await unit.write(tx, step)
    unit.settle(step)
  }
}

class Comparison {
  private readonly projection: Projection
  private readonly live: Build
  private readonly position: Record<string, number> = {}
  private readonly differences: Difference[] = []
  private count = 0
  private rows = 0

  constructor(projection: Projection, live: Build) {
    this.projection = projection
    this.live = live
  }

  async compare(
    tx: SqlRunner,
    { ledger, position }: { readonly ledger: string; readonly position: number },
  ): Promise<void> {
    this.position[ledger] = position
    for (const spec of this.projection.tables) await this.compareTable(tx, spec, ledger)
  }

  private async compareTable(tx: SqlRunner, spec: TableSpec, ledger: string): Promise<void> {
    const [live, scratch] = [tableName(spec, this.live.build), tableName(spec, 'scratch')]
    // As texts: equal bytes, not values that compare as equal.
    const only = (one: string, other: string): string =>
      `select t::text as row from ${one} t where ledger = $1 except all select t::text from ${other} t where ledger = $1`
    for (const [side, text] of [
      ['live', only(live, scratch)],
      ['fold', only(scratch, live)],
    ] as const) {
      const rows = await tx.query<{ row: string; total: bigint }>({
        text: `select row, count(*) over () as total from (${text}) d order by row limit ${DIFFERENCES_LISTED_MAX}`,
        values: [ledger],
      })
      this.count += Number(rows[0]?.total ?? 0)
      for (const { row } of rows) {
        if (this.differences.length < DIFFERENCES_LISTED_MAX)
          this.differences.push({ table: spec.name, ledger, side, row })
      }
    }
    const [counted] = await tx.query<{ n: bigint }>({
      text: `select count(*) as n from ${live} where ledger = $1`,
      values: [ledger],
    })
    this.rows += Number(counted?.n ?? 0)
  }

  result(): ProjectionVerification {
    return {
      name: this.live.name,
      build: this.live.build,
      rows: this.rows,
      position: this.position,
      differenceCount: this.count,
      differences: this.differences,
    }
  }
}
