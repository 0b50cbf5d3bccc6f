import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import {
  type Bound,
  type ReplayCommand,
  type ReplayReport,
  replayDecisions,
  replayHtml,
  replayMarkdown,
} from '@writ/commands'
import { LogDetached } from '@writ/event-log'
import { Problem, parseTimestamp, timestampOf } from '@writ/kernel'
import { parsePolicyReference, policyReference } from '@writ/policy-engine'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { progress } from '../progress.ts'
import { replayThreads } from '../setup/replay-threads.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'

export interface ReplayOptions extends OutputOptions {
  readonly last?: string
  readonly from?: string
  readonly to?: string
  readonly domain?: string
  readonly action?: string
  /** `name@version[.VARIANT]`, or a file. */
  readonly policy?: string
  readonly loosenedMax?: string
  readonly workers?: string
  readonly out?: string
  readonly markdown?: string
  readonly html?: string
}

/**
 * Judges recorded decisions again. Exit 0: nothing to object; 1: a gate of a what-if failed; 2: usage; 3: could not
 * judge, or nothing to judge; 5: the same engine and policy gave another result.
 */
export const replay = async (options: ReplayOptions): Promise<void> => {
  // Read before the database is opened: a misspelt option should not cost seconds.
  const command = commandOf(options)
  const count = workersOf(options)
  const report = await withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    const bar = progress(`replay ${caller.ledger}`, options.json === true)
    try {
      return await replayDecisions(runtime.deps)(caller, command, {
        judges: replayThreads({ count }),
        onProgress: bar.update,
      })
    } catch (fault) {
      if (fault instanceof LogDetached) throw new CommandFailed(EXIT.couldNotJudge, fault.message)
      throw fault
    } finally {
      bar.stop()
    }
  })
  if (report instanceof Problem) throw refused(report, options)
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`)
  if (options.markdown !== undefined) writeFileSync(options.markdown, replayMarkdown(report))
  if (options.html !== undefined) writeFileSync(options.html, replayHtml(report))
  if (options.json) printJson(report)
  else print(textOf(report))
  const exit = exitOf(report)
  if (exit !== EXIT.ok) throw new CommandFailed(exit, '')
}

const commandOf = (options: ReplayOptions): ReplayCommand => {
  const { last, from, to, domain, action, policy, loosenedMax } = options
  if (last !== undefined && (from !== undefined || to !== undefined))
    throw usage('--last stands alone: leave out --from and --to.')
  const start = boundOf('--from', from)
  const end = boundOf('--to', to)
  return {
    ...(last === undefined ? {} : { last: wholeNumber('--last', last, 1) }),
    ...(start === undefined ? {} : { from: start }),
    ...(end === undefined ? {} : { to: end }),
    ...(domain === undefined ? {} : { domain }),
    ...(action === undefined ? {} : { action }),
    ...(policy === undefined ? {} : { candidate: candidateOf(policy) }),
    ...(loosenedMax === undefined
      ? {}
      : { loosenedMax: wholeNumber('--loosened-max', loosenedMax, 0) }),
  }
}

const usage = (text: string): CommandFailed => new CommandFailed(EXIT.usage, text)

const wholeNumber = (option: string, text: string, min: number): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min)
    throw usage(`${option} must be a whole number from ${min}.`)
  return value
}

const boundOf = (option: string, text: string | undefined): Bound | undefined => {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return { position: wholeNumber(option, text, 1) }
  const ms = parseTimestamp(text)
  if (ms === undefined)
    throw usage(`${option} must be a position or an RFC 3339 time, such as 2026-11-01T00:00:00Z.`)
  return { time: timestampOf(ms) }
}

const candidateOf = (policy: string): NonNullable<ReplayCommand['candidate']> => {
  if (!(parsePolicyReference(policy) instanceof Problem)) return { reference: policy }
  if (existsSync(policy)) return { text: readFileSync(policy, 'utf8') }
  throw usage(
    `--policy ${policy} is neither name@version, name@version.VARIANT nor a file that is there.`,
  )
}

/** One core is left to the reader and the database. */
const workersOf = ({ workers }: ReplayOptions): number =>
  workers === undefined
    ? Math.max(1, availableParallelism() - 1)
    : wholeNumber('--workers', workers, 1)

const refused = (problem: Problem, { policy }: ReplayOptions): CommandFailed => {
  if (problem.code === 'decision-not-found') {
    const hint = 'Widen --last, --from and --to, or see what there is: writ log export'
    return new CommandFailed(EXIT.couldNotJudge, `${problem.detail} ${hint}`)
  }
  const places = (problem.fields.errors ?? []).map(
    ({ pointer, message }) => `  ${pointer} ${message}`,
  )
  return usage([`${policy}: ${problem.detail}`, ...places].join('\n'))
}

const exitOf = ({ kind, classes, passed }: ReplayReport): number => {
  if (kind === 'what-if') return passed ? EXIT.ok : EXIT.checkFailed
  if ((classes.different ?? 0) > 0) return EXIT.regression
  return (classes.error ?? 0) > 0 ? EXIT.couldNotJudge : EXIT.ok
}

const CASES_SHOWN = 10

const textOf = (report: ReplayReport): string => {
  const { selection, replayable, gates, digest } = report
  const { decisions, ledger, first, last } = selection
  const of = `${decisions} decisions of ${ledger}, positions ${first} to ${last}`
  const interval = `95 % interval ${share(replayable.low)} to ${share(replayable.high)}`
  const judged = `${replayable.decisions} could be judged again (${share(replayable.share)}, ${interval})`
  return [
    `${report.kind === 'fidelity' ? 'Fidelity' : 'What-if'} replay of ${of}`,
    `  ${judged}; nothing was written`,
    ...candidateLine(report),
    table(Object.entries(report.classes).filter(([, n]) => n > 0)),
    ...report.reasons.map((one) => `  ${one.class}: ${one.reason} (${one.decisions})`),
    ...(report.equalUnderOtherEngine > 0
      ? [`  ${report.equalUnderOtherEngine} of the same were decided by another engine`]
      : []),
    ...sumLines(report),
    ...caseLines(report),
    ...gates.map(
      ({ name, limit, value, passed }) =>
        `gate ${name} ${limit}: ${value} ${passed ? 'passed' : 'FAILED'}`,
    ),
    `report ${digest}`,
  ].join('\n')
}

const candidateLine = ({ policies: { candidate } }: ReplayReport): readonly string[] =>
  candidate === null
    ? []
    : [
        `  under ${policyReference(candidate.name, candidate.version, candidate.variant)} ${candidate.digest}`,
      ]

const sumLines = ({ kind, sums }: ReplayReport): readonly string[] =>
  kind === 'fidelity'
    ? []
    : sums.map(
        (sum) =>
          `  approved ${sum.action} ${sum.field}: ${sum.before} in ${sum.approvedBefore} before, ` +
          `${sum.after} in ${sum.approvedAfter} after`,
      )

const caseLines = ({ topCases }: ReplayReport): readonly string[] => {
  const shown = topCases.slice(0, CASES_SHOWN).map((one) => {
    const { difference } = one
    const told =
      difference === undefined
        ? `${resultText(one.before)} → ${resultText(one.after)}`
        : `${difference.pointer} ${difference.recorded ?? 'nothing'} → ${difference.again ?? 'nothing'}`
    return `  position ${one.position} ${one.decision} ${one.class}: ${one.reason ?? told}`
  })
  const more = topCases.length - shown.length
  return more > 0 ? [...shown, `  … ${more} more; see --json`] : shown
}

const resultText = (result: ReplayReport['topCases'][number]['before']): string =>
  result === null ? '?' : `${result.outcome} ${result.level}`

const share = (value: number): string => `${(value * 100).toFixed(1)} %`
