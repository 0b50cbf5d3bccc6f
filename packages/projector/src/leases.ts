import type { LedgerName, SqlDatabase } from '@writ/kernel'
import { asProjector, type Build } from './builds.ts'
import { LEASE_SECONDS } from './commit-steps.ts'
import type { Projection } from './projection.ts'
import { Unit } from './unit.ts'

/** A worker that was not seen for so long no longer counts when work is shared out. Unit: seconds. */
const WORKER_SECONDS = 5

interface Claimed {
  readonly name: string
  readonly build: number
  readonly ledger: LedgerName
  readonly position: bigint
  readonly epoch: bigint
}

/**
 * Takes what this worker should hold: its share of all units (read model × build × ledger), at most. A unit is free
 * when nobody holds it or its lease has run out; taking it raises its epoch, which shuts out whoever had it. A worker
 * that holds more than its share gives the rest back, so that a new one finds something to do.
 *
 * @param held what the worker holds now; those that it lost are not among the returned
 */
export const shareOut = async (
  database: SqlDatabase,
  parts: {
    readonly holder: string
    readonly projections: readonly Projection[]
    readonly ledgers: readonly string[]
    readonly held: readonly Unit[]
    readonly builds: readonly Build[]
  },
): Promise<readonly Unit[]> => {
  const mine = foldable(parts.projections, parts.builds)
  return asProjector(database, async (tx) => {
    await tx.query({
      text: `insert into projection.workers (holder, seen_at) values ($1, clock_timestamp())
        on conflict (holder) do update set seen_at = excluded.seen_at`,
      values: [parts.holder],
    })
    await tx.query({
      text: `delete from projection.workers
        where seen_at < clock_timestamp() - make_interval(secs => ${WORKER_SECONDS})`,
    })
    await tx.query({
      text: `insert into projection.checkpoints (name, build, ledger, tenant, position, epoch)
        select b.name, b.build, l.ledger, split_part(l.ledger, '/', 1), 0, 0
        from unnest($1::text[], $2::int[]) b(name, build) cross join unnest($3::text[]) l(ledger)
        on conflict do nothing`,
      values: [
        mine.map(({ build }) => build.name),
        mine.map(({ build }) => build.build),
        [...parts.ledgers],
      ],
    })
    const rows = await tx.query<Claimed>({
      text: `with wanted as (
          select c.name, c.build, c.ledger, c.holder = $1 and c.held_until > clock_timestamp() as ours
          from projection.checkpoints c join unnest($2::text[], $3::int[]) b(name, build) using (name, build)
          where c.holder is null or c.holder = $1 or c.held_until <= clock_timestamp()
          order by ours desc nulls last, c.name, c.build, c.ledger
          -- Whoever is at work on a row right now is alive.
          for update of c skip locked),
        share as (
          select ceil((
              select count(*) from projection.checkpoints c
              join unnest($2::text[], $3::int[]) b(name, build) using (name, build))
            / greatest(1, (select count(*) from projection.workers))::numeric)::bigint as most),
        taken as (select * from wanted limit (select most from share)),
        freed as (
          update projection.checkpoints c set holder = null, held_until = null
          from (select name, build, ledger from wanted where ours except select name, build, ledger from taken) f
          where (c.name, c.build, c.ledger) = (f.name, f.build, f.ledger))
        update projection.checkpoints c
          set holder = $1, held_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}),
            epoch = c.epoch + (t.ours is not true)::int
          from taken t where (c.name, c.build, c.ledger) = (t.name, t.build, t.ledger)
          returning c.name, c.build, c.ledger, c.position, c.epoch`,
      values: [
        parts.holder,
        mine.map(({ build }) => build.name),
        mine.map(({ build }) => build.build),
      ],
    })
    return rows.map((row) => unitOf(row, mine, parts.held))
  })
}

interface Foldable {
  readonly projection: Projection
  readonly build: Build
}

/** Builds whose fold this release has. */
const foldable = (
  projections: readonly Projection[],
  builds: readonly Build[],
): readonly Foldable[] =>
  builds.flatMap((build) => {
    const projection = projections.find(
      ({ name, version }) => name === build.name && version === build.version,
    )
    return projection === undefined || build.state === 'retired' ? [] : [{ projection, build }]
  })

/** The unit we had, with its rows in memory, if it is the same lease at the same place; else a new one. */
const unitOf = (row: Claimed, mine: readonly Foldable[], held: readonly Unit[]): Unit => {
  const found = mine.find(
    ({ build }) => build.name === row.name && build.build === row.build,
  ) as Foldable
  const had = held.find(
    (unit) =>
      unit.projection === found.projection &&
      unit.build.build === row.build &&
      unit.build.state === found.build.state &&
      unit.ledger === row.ledger &&
      unit.epoch === Number(row.epoch) &&
      unit.position === Number(row.position),
  )
  if (had !== undefined) return had
  return new Unit({
    ...found,
    ledger: row.ledger,
    epoch: Number(row.epoch),
    position: Number(row.position),
  })
}

/** Gives everything back, so that another worker need not wait for the leases to run out. */
export const giveBack = (database: SqlDatabase, holder: string): Promise<void> =>
  asProjector(database, async (tx) => {
    await tx.query({
      text: 'update projection.checkpoints set holder = null, held_until = null where holder = $1',
      values: [holder],
    })
    await tx.query({ text: 'delete from projection.workers where holder = $1', values: [holder] })
  })
