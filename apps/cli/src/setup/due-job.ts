import type { CommandContext } from '@writ/commands'
import { type LedgerName, tenantOf } from '@writ/kernel'
import type { Logger } from '@writ/observability'
import {
  DUE_ACTIVATIONS_MAX,
  type DueActivation,
  dueActivations,
  dueReviews,
} from '@writ/projections'
import { DUE_INTERVAL_MS, dueRound, type Repeated, repeat } from '@writ/worker'
import { noneYet } from './none-yet.ts'
import type { Runtime } from './runtime.ts'
import { systemClock } from './system-clock.ts'

/** Runs the due job over every ledger of the database. */
export const dueJob = ({ database, useCases }: Runtime, logger: Logger): Repeated => {
  const onFault = (fault: unknown): void =>
    logger.error({ err: fault }, 'what was due could not be done; the next round tries again')
  const activations = inTurns((now, after) => dueActivations(database, now, after).catch(noneYet))
  return repeat({
    everyMs: DUE_INTERVAL_MS,
    onFault,
    round: () =>
      dueRound({
        clock: systemClock,
        onFault,
        reviews: (now) => dueReviews(database, now).catch(noneYet),
        activations,
        expireReview: (ledger, id) => useCases.expireReview(jobContext(ledger), id),
        activate: (ledger, name, version) =>
          useCases.activateDue(jobContext(ledger), name, version),
      }),
  })
}

/** Each round goes on where the one before ended, so that what never becomes due again keeps nothing else waiting. */
const inTurns = (
  read: (now: string, after?: DueActivation) => Promise<readonly DueActivation[]>,
): ((now: string) => Promise<readonly DueActivation[]>) => {
  let after: DueActivation | undefined
  return async (now) => {
    const found = await read(now, after)
    after = found.length < DUE_ACTIVATIONS_MAX ? undefined : found.at(-1)
    return found.toSorted((a, b) => a.at.getTime() - b.at.getTime())
  }
}

/** A job acts as the system, in the ledger whose turn it is, and for nobody. */
export const jobContext = (ledger: string, job = 'due-job'): CommandContext => ({
  caller: {
    tenant: tenantOf(ledger as LedgerName),
    ledger: ledger as LedgerName,
    actor: { type: 'system', id: job },
    scopes: new Set(),
    roles: new Set(),
  },
})
