import type { CommandContext } from '@writ/commands'
import { type LedgerName, tenantOf } from '@writ/kernel'
import type { Logger } from '@writ/observability'
import { dueActivations, dueReviews } from '@writ/projections'
import { DUE_INTERVAL_MS, dueRound, type Repeated, repeat } from '@writ/worker'
import type { Runtime } from './runtime.ts'
import { systemClock } from './system-clock.ts'

/** Runs the due job over every ledger of the database. */
export const dueJob = ({ database, useCases }: Runtime, logger: Logger): Repeated => {
  const onFault = (fault: unknown): void =>
    logger.error({ err: fault }, 'what was due could not be done; the next round tries again')
  return repeat({
    everyMs: DUE_INTERVAL_MS,
    onFault,
    round: () =>
      dueRound({
        clock: systemClock,
        onFault,
        reviews: (now) => dueReviews(database, now),
        activations: (now) => dueActivations(database, now),
        expireReview: (ledger, id) => useCases.expireReview(jobContext(ledger), id),
        activate: (ledger, name, version) =>
          useCases.activateDue(jobContext(ledger), name, version),
      }),
  })
}

/** A job acts as the system, in the ledger whose turn it is, and for nobody. */
export const jobContext = (ledger: string): CommandContext => ({
  caller: {
    tenant: tenantOf(ledger as LedgerName),
    ledger: ledger as LedgerName,
    actor: { type: 'system', id: 'due-job' },
    scopes: new Set(),
    roles: new Set(),
  },
})
