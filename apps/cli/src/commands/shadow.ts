import { writeFileSync } from 'node:fs'
import { type ShadowShare, shadowShares } from '@writ/commands'
import { type JsonObject, parseTimestamp, timestampOf } from '@writ/kernel'
import { isoDurationMs } from '@writ/policy-engine'
import {
  SHADOW_DIFFERENCES_MAX,
  SHADOW_STATES,
  type ShadowCounts,
  type ShadowDifference,
  shadowCounts,
  shadowsBy,
} from '@writ/projections'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { orThrow } from '../or-throw.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { systemClock } from '../setup/system-clock.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'

export interface StartOptions extends OutputOptions {
  readonly until?: string
  readonly for?: string
  readonly severity?: string
}

/** Starts a run; the running server judges. Exit 1 where it is refused. */
export const startShadowRun = (candidate: string, options: StartOptions): Promise<void> => {
  const until = untilOf(options)
  const { severity = 'testing', json } = options
  if (severity !== 'testing' && severity !== 'audit') throw usage('--severity is testing or audit.')
  return withRuntime(async (runtime) => {
    const context = await operatorContext(runtime)
    const asked = { candidate, until, severity } as const
    showRun(orThrow(await runtime.useCases.startShadow(context, asked)).run, json)
  })
}

export const stopShadowRun = (
  id: string,
  { reason, json }: OutputOptions & { readonly reason: string },
): Promise<void> =>
  withRuntime(async (runtime) => {
    const context = await operatorContext(runtime)
    showRun(orThrow(await runtime.useCases.stopShadow(context, id, { reason })).run, json)
  })

/** Runs as the read model has them; the running server folds it. */
export const listShadowRuns = ({
  state,
  json,
}: OutputOptions & { readonly state?: string }): Promise<void> => {
  const known = SHADOW_STATES.find((one) => one === state)
  if (state !== undefined && known === undefined)
    throw usage(`--state must be one of ${SHADOW_STATES.join(', ')}.`)
  return withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    const found = orThrow(
      await shadowsBy(runtime.database, caller.ledger, known === undefined ? {} : { state: known }),
    )
    if (json) return printJson(found)
    if (found.items.length === 0) return print('There is no shadow run.')
    const rows = found.items.map((one) => [
      ...[one.id, one.status, candidateOf(one), one.until, one.evaluated],
      one.evaluated - (one.classes.same ?? 0),
    ])
    print(table([['run', 'status', 'candidate', 'until', 'judged', 'differ'], ...rows]))
  })
}

export interface ReportOptions extends OutputOptions {
  readonly differences?: string
  readonly markdown?: string
}

export const reportShadowRun = (
  id: string,
  { differences = '50', markdown, json }: ReportOptions,
): Promise<void> => {
  const count = Number(differences)
  if (!/^\d+$/.test(differences) || count > SHADOW_DIFFERENCES_MAX)
    throw usage(`--differences must be a whole number up to ${SHADOW_DIFFERENCES_MAX}.`)
  return withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    const asked = { id, differences: count }
    const found = orThrow(await shadowCounts(runtime.database, caller.ledger, asked))
    const { classes, ...run } = found.run
    const shares = shadowShares(run.evaluated, classes)
    if (markdown !== undefined) writeFileSync(markdown, markdownOf(found.run, shares))
    if (json) return printJson({ ...run, position: found.position, shares })
    print(textOf(found.run, shares))
  })
}

const usage = (text: string): CommandFailed => new CommandFailed(EXIT.usage, text)

const untilOf = ({ until, for: lasting }: StartOptions): string => {
  if ((until === undefined) === (lasting === undefined))
    throw usage('Say when it ends, by --until TIME or --for DURATION.')
  if (until !== undefined) {
    if (parseTimestamp(until) === undefined)
      throw usage('--until must be an RFC 3339 time, such as 2026-12-01T00:00:00Z.')
    return until
  }
  const ms = isoDurationMs(lasting ?? '')
  if (ms === null) throw usage('--for must be an ISO 8601 duration, such as P7D or PT12H.')
  return timestampOf(systemClock.now() + ms)
}

const showRun = (run: JsonObject, json: boolean | undefined): void => {
  if (json) {
    printJson(run)
    return
  }
  const { id, status, candidate, until } = run as unknown as Pick<
    ShadowCounts,
    'id' | 'status' | 'candidate' | 'until'
  >
  const rows = [
    ['run', id],
    ['status', status],
    ['candidate', candidateOf({ candidate })],
    ['until', until],
  ]
  print(table(rows))
}

const candidateOf = ({ candidate }: Pick<ShadowCounts, 'candidate'>): string =>
  `${candidate.name}@${candidate.version}${candidate.variant === null ? '' : `.${candidate.variant}`}`

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const headline = (run: ShadowCounts): string => {
  const against = `${run.live.name}@${run.live.version}`
  return `Shadow run ${run.id}: ${candidateOf(run)} beside ${against}, ${ENDS[run.status](run)}`
}

const ENDS: Readonly<Record<ShadowCounts['status'], (run: ShadowCounts) => string>> = {
  running: ({ until }) => `until ${until}`,
  date: ({ until }) => `ended by its date, ${until}`,
  stale: ({ ended }) => `stale: another version decides since ${ended?.time}`,
  stopped: ({ ended }) => `stopped: ${ended?.reason ?? ''}`,
}

const sharesTable = (shares: readonly ShadowShare[]) => [
  ['class', 'decisions', 'share', '95 % interval'],
  ...shares
    .filter(({ decisions }) => decisions > 0)
    .map((one) => [
      ...[one.class, one.decisions, percent(one.share)],
      `${percent(one.low)} to ${percent(one.high)}`,
    ]),
]

const verdictText = (verdict: ShadowDifference['verdict'] | ShadowDifference['live']): string =>
  verdict === null ? 'none' : `${verdict.outcome} ${verdict.autonomyLevel}`

const matrixTable = ({ matrix }: ShadowCounts) => [
  ['decided', 'candidate', 'decisions'],
  ...matrix.map((one) => [verdictText(one.live), verdictText(one.verdict), one.decisions]),
]

const differencesTable = ({ differences }: ShadowCounts) => [
  ['position', 'decision', 'class', 'decided', 'candidate', 'because'],
  ...differences.map((one) => [
    ...[one.position, one.decision, one.class, verdictText(one.live), verdictText(one.verdict)],
    one.error === null ? one.changed.join(', ') : `${one.error.kind} ${one.error.code}`,
  ]),
]

const tablesOf = (run: ShadowCounts, shares: readonly ShadowShare[]) =>
  [
    ['Classes', sharesTable(shares)],
    ['Decided and candidate', matrixTable(run)],
    ['Differences, newest first', differencesTable(run)],
  ] as const

const textOf = (run: ShadowCounts, shares: readonly ShadowShare[]): string =>
  [
    headline(run),
    `${run.evaluated} decisions judged; the candidate has changed none of them`,
    ...tablesOf(run, shares)
      .filter(([, rows]) => rows.length > 1)
      .map(([title, rows]) => `\n${title}\n${table(rows)}`),
  ].join('\n')

const markdownOf = (run: ShadowCounts, shares: readonly ShadowShare[]): string =>
  [
    `# ${headline(run)}`,
    `${run.evaluated} decisions judged. Candidate ${run.candidate.digest}, live ${run.live.digest}.`,
    ...tablesOf(run, shares)
      .filter(([, rows]) => rows.length > 1)
      .map(([title, [head = [], ...rows]]) =>
        [`## ${title}\n`, line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'),
      ),
  ]
    .join('\n\n')
    .concat('\n')

/** Nothing that a policy is called may become a further column or a tag. */
const line = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => String(cell).replaceAll(/[|<>\\`]/g, '\\$&')).join(' | ')} |`
