import type { SqlDatabase, SqlRunner } from '@writ/kernel'
import { asProjector } from './builds.ts'
import { tellEffects } from './tell-effects.ts'
import { LeaseLost, type Parked, type Step, type Unit } from './unit.ts'

/** How long a lease outlives its last commit or renewal. Another worker takes over after it. Unit: seconds. */
export const LEASE_SECONDS = 10

/**
 * Writes steps of several units in one transaction: rows, checkpoints, parked events and effects, all or none. The
 * checkpoint moves first, from the very position and under the very epoch that the step was folded from: a worker that
 * slept through the end of its lease matches no row, and everything is rolled back.
 *
 * @throws LeaseLost  nothing was written; the unit must be given up
 */
export const commitSteps = (database: SqlDatabase, steps: readonly Step[]): Promise<void> =>
  asProjector(database, async (tx) => {
    for (const step of steps) await writeStep(tx, step)
  })

const writeStep = async (tx: SqlRunner, step: Step): Promise<void> => {
  const { unit, from, to, events, parked } = step
  await moveCheckpoint(tx, unit, { from, to })
  await unit.write(tx, step)
  if (parked.length > 0) await park(tx, unit, parked)
  await tellEffects(tx, unit, events)
}

/** @throws LeaseLost */
export const moveCheckpoint = async (
  tx: SqlRunner,
  unit: Unit,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> => {
  const moved = await tx.query({
    name: 'projection-checkpoint',
    text: `update projection.checkpoints
      set position = $5, held_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
      where name = $1 and build = $2 and ledger = $3 and position = $4 and epoch = $6 returning 1 as moved`,
    values: [unit.projection.name, unit.build.build, unit.ledger, from, to, unit.epoch],
  })
  if (moved.length !== 1) throw new LeaseLost(unit.label)
}

const park = async (tx: SqlRunner, unit: Unit, parked: readonly Parked[]): Promise<void> => {
  for (const { position, type, reason, attempts } of parked) {
    await tx.query({
      text: `insert into projection.parked (name, build, ledger, tenant, position, type, reason, attempts)
        values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [
        ...[unit.projection.name, unit.build.build, unit.ledger, unit.tenant],
        ...[position, type, reason, attempts],
      ],
    })
  }
}
