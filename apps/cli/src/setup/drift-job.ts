import type { DriftCounter, WindowsAsked } from '@writ/commands'
import { type LedgerName, Problem, type SqlRunner, tenantOf } from '@writ/kernel'
import type { Logger } from '@writ/observability'
import { decisionsAfter, driftWindows } from '@writ/projections'
import { driftRound, type RaisedAlarm, type Repeated, repeat } from '@writ/worker'
import { jobContext } from './due-job.ts'
import type { Runtime } from './runtime.ts'

/**
 * What the job compares: each whole block of 1,000 decisions with the 4,000 before it. Blocks share no decision and are
 * the same however often they are looked at, so the false-alarm rate is one for each block and not one for each hour.
 */
export const DRIFT_JOB_WINDOWS: WindowsAsked = { by: 'blocks', current: 1_000, reference: 4_000 }

/** Counts come from the read model; a check of what lags is a check of a little earlier. */
export const driftCounter = (sql: SqlRunner): DriftCounter => ({
  decisions: (asked) => decisionsAfter(sql, asked.ledger, asked),
  windows: (asked) => driftWindows(sql, asked.ledger, asked),
})

/** Runs the check over every domain that a policy governs; undefined where it is switched off. */
export const driftJob = (runtime: Runtime, logger: Logger): Repeated | undefined => {
  const { drift, driftIntervalMs } = runtime.config
  if (drift === 'off') return undefined
  const onFault = (fault: unknown): void =>
    logger.error({ err: fault }, 'drift could not be checked; the next round tries again')
  return repeat({
    everyMs: driftIntervalMs,
    onFault,
    round: () =>
      driftRound({
        domains: () => governedDomains(runtime),
        check: (ledger, domain) => check(runtime, ledger, domain),
        onAlarm: (raised) => logger.warn(raised, 'drift alarm: decisions are not what they were'),
        onFault,
      }),
  })
}

const governedDomains = async ({
  deps,
}: Runtime): Promise<readonly { readonly ledger: string; readonly domain: string }[]> => {
  const ledgers = (await deps.reader.ledgers()).filter((one) => tenantOf(one) !== 'system')
  const found = await Promise.all(
    ledgers.map(async (ledger) =>
      [...(await deps.controls.fresh(ledger)).ledger.active.keys()].map((domain) => ({
        ...{ ledger, domain },
      })),
    ),
  )
  return found.flat()
}

const check = async (
  { useCases, database, config }: Runtime,
  ledger: string,
  domain: string,
): Promise<RaisedAlarm | null | Problem> => {
  const context = jobContext(ledger, 'drift-job')
  const lower = config.drift === 'alarm' ? 'off' : 'one-level'
  const report = await useCases.checkDrift(
    context,
    { domain, windows: DRIFT_JOB_WINDOWS, raise: true, lower },
    driftCounter(database),
  )
  if (report instanceof Problem) return report
  return report.raised && report.open !== null
    ? { ledger: ledger as LedgerName, domain, ...report.open }
    : null
}
