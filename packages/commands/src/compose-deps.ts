import { type Clock, timestampOf } from '@writ/kernel'
import { SubjectVault } from '@writ/privacy'
import type { Deps } from './deps.ts'
import { directPolicyChecks, type PolicyChecks } from './policy/policy-checks.ts'
import { ControlReader } from './shared/control-reader.ts'
import { EventTypes } from './shared/event-types.ts'
import { PolicyStore } from './shared/policy-store.ts'

type Composed = 'controls' | 'policies' | 'eventTypes' | 'vault'

/** What an app brings along: its database and log, its secrets, its clocks. */
export type OwnParts = Omit<Deps, Composed | 'policyChecks'> & {
  /** Default: done where they are asked for. */
  readonly policyChecks?: PolicyChecks
  /** The machine's, also where `clock` is event time: how long a key may stay in memory is no matter of events. */
  readonly wallClock: Clock
}

/** Puts together what the use cases stand on: the one place that knows which part is built from which. */
export const composeDeps = ({ wallClock, ...own }: OwnParts): Deps => {
  const { database, reader, secrets, random, newId, monotonic } = own
  return {
    policyChecks: directPolicyChecks,
    ...own,
    controls: new ControlReader(reader),
    policies: new PolicyStore(reader),
    eventTypes: new EventTypes(database, monotonic),
    vault: new SubjectVault({ database, secrets, clock: wallClock, random, newId }),
  }
}

/** Idempotency keys are kept by day: makes the partitions of `now`'s day and of the next. */
export const addKeyPartitions = async (
  { database }: Pick<Deps, 'database'>,
  now: number,
): Promise<void> => {
  for (const day of [now, now + DAY_MS]) {
    await database.query({
      text: 'select log.add_key_partition($1::date)',
      values: [timestampOf(day).slice(0, 10)],
    })
  }
}

const DAY_MS = 86_400_000
