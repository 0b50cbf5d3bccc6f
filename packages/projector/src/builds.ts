import type { SqlDatabase, SqlRunner } from '@writ/kernel'
import type { Projection } from './projection.ts'
import { createIndexes, createTable, serveTable, tableName } from './table-sql.ts'
import { tellBetween } from './tell-effects.ts'

export type BuildState = 'building' | 'live' | 'retired'

/** One set of tables of a read model. */
export interface Build {
  readonly name: string
  readonly build: number
  readonly version: number
  readonly state: BuildState
  readonly indexed: boolean
  readonly tables: readonly string[]
}

/** Work on the tables of read models, as the role that owns them and nothing else. */
export const asProjector = <T>(
  database: SqlDatabase,
  work: (tx: SqlRunner) => Promise<T>,
): Promise<T> =>
  database.transaction(async (tx) => {
    // A worker that stops in the middle of a transaction holds its rows no longer than its lease.
    await tx.query({
      name: 'as-projector',
      text: "select set_config('role', 'writ_projector', true), set_config('idle_in_transaction_session_timeout', '10s', true)",
    })
    return work(tx)
  })

/** One hand at a time on the builds of a read model; released with the transaction. */
const takeTurn = (tx: SqlRunner, name: string): Promise<unknown> =>
  tx.query({
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [`writ/projection/${name}`],
  })

export const readBuilds = (sql: SqlRunner): Promise<readonly Build[]> =>
  sql.query<Build>({
    name: 'projection-builds',
    text: 'select name, build, version, state, indexed, tables from projection.builds order by name, build',
  })

const buildsOf = async (tx: SqlRunner, name: string): Promise<readonly Build[]> =>
  (await readBuilds(tx)).filter((build) => build.name === name)

/**
 * Makes sure that the read model has a live build, and that a newer version than the live one is being built. An older
 * release than the live build leaves everything as it is: it serves what is there until it is replaced.
 */
export const ensureBuild = (database: SqlDatabase, projection: Projection): Promise<void> =>
  asProjector(database, async (tx) => {
    await takeTurn(tx, projection.name)
    const builds = await buildsOf(tx, projection.name)
    const live = builds.find(({ state }) => state === 'live')
    if (live === undefined) {
      await createBuild(tx, projection, { build: nextNumber(builds), state: 'live' })
      return
    }
    const building = builds.find(({ state }) => state === 'building')
    const newest = Math.max(live.version, building?.version ?? 0)
    if (projection.version <= newest) return
    if (building !== undefined) await retire(tx, building)
    await createBuild(tx, projection, { build: nextNumber(builds), state: 'building' })
  })

/**
 * Starts a rebuild beside the live build, or finds the one that is under way: a rebuild that was interrupted goes on.
 *
 * @returns the build, and whether it was there already
 */
export const startRebuild = (
  database: SqlDatabase,
  projection: Projection,
): Promise<{ readonly build: number; readonly resumed: boolean }> =>
  asProjector(database, async (tx) => {
    await takeTurn(tx, projection.name)
    const builds = await buildsOf(tx, projection.name)
    const building = builds.find(({ state }) => state === 'building')
    if (building !== undefined && building.version === projection.version) {
      return { build: building.build, resumed: true }
    }
    if (building !== undefined) await retire(tx, building)
    const build = nextNumber(builds)
    await createBuild(tx, projection, { build, state: 'building' })
    return { build, resumed: false }
  })

/** Ends the rebuild under way, if there is one. The live build is not touched. */
export const cancelRebuild = (database: SqlDatabase, name: string): Promise<boolean> =>
  asProjector(database, async (tx) => {
    await takeTurn(tx, name)
    const building = (await buildsOf(tx, name)).find(({ state }) => state === 'building')
    if (building === undefined) return false
    await retire(tx, building)
    return true
  })

const nextNumber = (builds: readonly Build[]): number =>
  Math.max(0, ...builds.map(({ build }) => build)) + 1

const createBuild = async (
  tx: SqlRunner,
  projection: Projection,
  { build, state }: { readonly build: number; readonly state: 'live' | 'building' },
): Promise<void> => {
  const isLive = state === 'live'
  for (const spec of projection.tables) {
    await tx.query({ text: createTable(spec, build) })
    if (!isLive) continue
    for (const text of [...createIndexes(spec, build), ...serveTable(spec, build)])
      await tx.query({ text })
  }
  await tx.query({
    text: 'insert into projection.builds (name, build, version, state, indexed, tables) values ($1, $2, $3, $4, $5, $6)',
    values: [
      projection.name,
      build,
      projection.version,
      state,
      isLive,
      projection.tables.map((spec) => tableName(spec, build)),
    ],
  })
}

/** Whoever still folds it is fenced off by the epoch; its tables go when nobody reads them any more. */
const retire = async (tx: SqlRunner, { name, build }: Build): Promise<void> => {
  await tx.query({
    text: "update projection.builds set state = 'retired' where name = $1 and build = $2",
    values: [name, build],
  })
  await tx.query({
    text: 'update projection.checkpoints set epoch = epoch + 1, holder = null, held_until = null where name = $1 and build = $2',
    values: [name, build],
  })
}

/** Makes the indexes of a build that has nearly caught up. */
export const indexBuild = (
  database: SqlDatabase,
  projection: Projection,
  build: number,
): Promise<void> =>
  asProjector(database, async (tx) => {
    await takeTurn(tx, projection.name)
    const found = (await buildsOf(tx, projection.name)).find((one) => one.build === build)
    if (found === undefined || found.indexed || found.state !== 'building') return
    for (const spec of projection.tables) {
      for (const text of createIndexes(spec, build)) await tx.query({ text })
      await tx.query({ text: `analyze ${tableName(spec, build)}` })
    }
    await tx.query({
      text: 'update projection.builds set indexed = true where name = $1 and build = $2',
      values: [projection.name, build],
    })
  })

export interface Swap {
  readonly swapped: boolean
  /** How long readers could wait: from the first lock on what they read to the commit. Unit: ms. */
  readonly ms: number
}

/**
 * Puts a build that has caught up in the place of the live one, in one transaction that also stops the old one. Both
 * checkpoints of every ledger are locked, so neither moves meanwhile; unless the new build is nowhere behind, nothing
 * happens, and so no reader ever steps back.
 */
export const swapBuild = async (
  database: SqlDatabase,
  projection: Projection,
  { build, monotonic }: { readonly build: number; readonly monotonic: () => number },
): Promise<Swap> => {
  let began = 0
  const swapped = await asProjector(database, async (tx) => {
    await takeTurn(tx, projection.name)
    const builds = await buildsOf(tx, projection.name)
    const next = builds.find((one) => one.build === build && one.state === 'building')
    const live = builds.find(({ state }) => state === 'live')
    if (next === undefined || !next.indexed) return false
    // A reader that holds on to the old tables for long must not make all others queue up behind us.
    await tx.query({ text: "set local lock_timeout = '250ms'" })
    const behind = await tx.query({
      text: `with both_ as materialized (
          select build, ledger, position from projection.checkpoints
          where name = $1 and build in ($2, $3) order by build, ledger for update)
        select o.ledger from both_ o
        left join both_ n on n.ledger = o.ledger and n.build = $3
        where o.build = $2 and (n.ledger is null or n.position < o.position)`,
      values: [projection.name, live?.build ?? 0, build],
    })
    if (behind.length > 0) return false
    if (live !== undefined) await tellBetween(tx, projection, { from: live.build, to: build })
    began = monotonic()
    for (const spec of projection.tables) {
      for (const text of serveTable(spec, build)) await tx.query({ text })
    }
    if (live !== undefined) await retire(tx, live)
    await tx.query({
      text: "update projection.builds set state = 'live' where name = $1 and build = $2",
      values: [projection.name, build],
    })
    return true
  })
  return { swapped, ms: swapped ? monotonic() - began : 0 }
}

/** Drops tables of retired builds. One that is still read is left for the next time. Returns how many builds went. */
export const dropRetired = async (
  database: SqlDatabase,
  builds: readonly Build[],
): Promise<number> => {
  let dropped = 0
  for (const { name, build, state, tables } of builds) {
    if (state !== 'retired') continue
    try {
      await asProjector(database, async (tx) => {
        await takeTurn(tx, name)
        await tx.query({ text: "set local lock_timeout = '100ms'" })
        for (const table of tables)
          await tx.query({ text: `drop table if exists ${table} cascade` })
        for (const from of ['parked', 'checkpoints', 'builds']) {
          await tx.query({
            text: `delete from projection.${from} where name = $1 and build = $2`,
            values: [name, build],
          })
        }
      })
      dropped++
    } catch (fault) {
      if (!STILL_READ.has(String((fault as { code?: unknown }).code))) throw fault
    }
  }
  return dropped
}

/** SQLSTATEs of a lock that was not to be had in time, and of a deadlock that the server resolved. */
const STILL_READ = new Set(['55P03', '40P01'])
