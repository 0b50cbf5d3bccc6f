import type { DriftCommand, DriftReport, WindowsAsked } from '@writ/commands'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { orThrow } from '../or-throw.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { driftCounter } from '../setup/drift-job.ts'
import type { Runtime } from '../setup/runtime.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'
import { driftPage } from './drift-page.ts'

const DAY_MS = 86_400_000
/** Source: the reference of policies, section 10: four weeks before against the last one. */
const CURRENT_MS = 7 * DAY_MS
/** A reference four times as long costs the comparison a tenth of what an endless one would gain. */
const BEFORE_TIMES = 4

export interface CheckDriftOptions extends OutputOptions {
  readonly domain?: string
  readonly action?: string
  readonly current?: string
  readonly reference?: string
  readonly last?: number
  readonly before?: number
  readonly alpha?: number
  readonly min?: number
  readonly raise?: boolean
  /** False by --no-lower. */
  readonly lower?: boolean
}

/** Compares decisions, of one domain or of all; the worst verdict is the exit code. */
export const checkDrift = (options: CheckDriftOptions): Promise<void> => {
  const command = commandOf(options)
  return withRuntime(async (runtime) => {
    const context = await operatorContext(runtime)
    const reports: DriftReport[] = []
    for (const domain of await domainsOf(runtime, context, options)) {
      const asked = { ...command, domain }
      const counter = driftCounter(runtime.database)
      reports.push(orThrow(await runtime.useCases.checkDrift(context, asked, counter)))
    }
    if (options.json) printJson(options.domain === undefined ? reports : reports[0])
    else tell(reports, options)
    process.exitCode = exitCodeOf(reports)
  })
}

/** Says as a person that an alarm was looked at. */
export const clearDrift = (
  alarm: string,
  { reason, json }: OutputOptions & { readonly reason: string },
): Promise<void> =>
  withRuntime(async (runtime) => {
    const context = await operatorContext(runtime)
    const cleared = orThrow(await runtime.useCases.clearDriftAlarm(context, alarm, { reason }))
    if (json) return printJson(cleared)
    print(`Alarm ${alarm} of ${cleared.domain} is cleared. The ceiling stays where it is.`)
  })

const domainsOf = async (
  { deps }: Runtime,
  { caller }: Awaited<ReturnType<typeof operatorContext>>,
  { domain }: CheckDriftOptions,
): Promise<readonly string[]> => {
  if (domain !== undefined) return [domain]
  const { ledger } = await deps.controls.fresh(caller.ledger)
  return [...ledger.active.keys()].sort()
}

const tell = (reports: readonly DriftReport[], { raise }: CheckDriftOptions): void => {
  if (reports.length === 0) print('No policy is active, so there is nothing to compare.')
  for (const report of reports) print(`${driftPage(report)}\n`)
  if (raise !== true) print('Nothing was written. --raise appends what is found.')
}

/** An alarm that is open counts, whatever the windows say; "could not judge" only where nothing could be. */
const exitCodeOf = (reports: readonly DriftReport[]): number => {
  const verdicts = reports.map(({ judgement, open }) =>
    open === null ? judgement.verdict : 'alarm',
  )
  if (verdicts.includes('alarm')) return EXIT.checkFailed
  return verdicts.includes('steady') ? EXIT.ok : EXIT.couldNotJudge
}

/** @throws CommandFailed  what was asked cannot be understood */
const commandOf = (options: CheckDriftOptions): Omit<DriftCommand, 'domain'> => {
  const { action, alpha, min, raise = false, lower = true } = options
  if (alpha !== undefined && !(alpha > 0 && alpha < 1)) {
    throw new CommandFailed(EXIT.usage, '--alpha is a rate between 0 and 1, such as 0.01.')
  }
  return {
    ...(action === undefined ? {} : { action }),
    windows: windowsOf(options),
    settings: {
      ...(alpha === undefined ? {} : { falseAlarmRate: alpha }),
      ...(min === undefined ? {} : { minimum: counted('--min', min) }),
    },
    raise,
    lower: lower ? 'one-level' : 'off',
  }
}

const windowsOf = ({ last, before, current, reference }: CheckDriftOptions): WindowsAsked => {
  if (last === undefined) {
    if (before !== undefined) throw new CommandFailed(EXIT.usage, '--before goes with --last.')
    return {
      by: 'time',
      currentMs: current === undefined ? CURRENT_MS : span('--current', current),
      referenceMs: reference === 'activation' ? null : span('--reference', reference ?? '28d'),
    }
  }
  const isPinned = reference === 'activation'
  if (current !== undefined || (reference !== undefined && !isPinned)) {
    throw new CommandFailed(EXIT.usage, 'Give windows as times or as numbers, not as both.')
  }
  const newest = counted('--last', last)
  return {
    by: 'decisions',
    current: newest,
    reference: isPinned ? null : counted('--before', before ?? BEFORE_TIMES * newest),
  }
}

/** `28d`, `12h`. Unit of the result: ms. */
const span = (option: string, text: string): number => {
  const [, number, unit] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? []
  if (number === undefined) {
    throw new CommandFailed(
      EXIT.usage,
      `${option} is a number of days or hours, such as 7d or 12h.`,
    )
  }
  return Number(number) * (unit === 'd' ? DAY_MS : DAY_MS / 24)
}

const counted = (option: string, value: number): number => {
  if (Number.isInteger(value) && value >= 1 && value <= 10_000_000) return value
  throw new CommandFailed(EXIT.usage, `${option} is a whole number from 1 to 10,000,000.`)
}
