import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type LogTables, type Verification, verifyLedger } from '@writ/event-log'
import type { Comparison } from '../demo/comparison.ts'
import { ReplayClock } from '../demo/replay-clock.ts'
import { type DemoReport, runLoanDemo } from '../demo/run-loan-demo.ts'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { fileDigest } from '../import/read-csv.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { type Progress, progress } from '../progress.ts'
import { openLedgers, preparePartitions } from '../setup/bootstrap.ts'
import { readConfig } from '../setup/config.ts'
import { migrateBeforeStart } from '../setup/open-database.ts'
import { monotonic, systemClock } from '../setup/system-clock.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'

export interface DemoOptions extends OutputOptions {
  readonly data?: string
  readonly tenant?: string
}

/** A hundred made-up applications in the columns of the real log, so that the demo runs anywhere. */
const BUNDLED = fileURLToPath(
  new URL('../../../../examples/inputs/loan-events.csv', import.meta.url),
)
/** Before the first event of any log we import. */
const REPLAY_START = Date.parse('2011-01-01T00:00:00Z')

export const demo = async ({ data, tenant, json }: DemoOptions): Promise<void> => {
  const file = data ?? BUNDLED
  if (!existsSync(file)) throw new CommandFailed(EXIT.usage, `There is no file ${file}.`)
  // One ledger a file: running the demo again finds everything stored and shows the same table.
  const name = tenant ?? `demo-${(await fileDigest(file)).slice(0, 8)}`
  const config = readConfig({ ...process.env, WRIT_TENANT: name })
  await migrateBeforeStart(config)
  const clock = new ReplayClock(REPLAY_START)
  await withRuntime(
    async (runtime) => {
      await preparePartitions(runtime, systemClock.now())
      await openLedgers(runtime)
      const context = await operatorContext(runtime)
      const bars = new Bars(json === true)
      const report = await runLoanDemo(runtime, context, { file, clock, onProgress: bars.update })
      const { ledger } = context.caller
      const verification = await verifyLedger(runtime.database.kysely<LogTables>(), ledger, {
        depth: 'full',
        now: monotonic,
        onProgress: (done, of) => bars.update('verify', done, of),
      })
      bars.stop()
      if (json) printJson({ ledger, ...report, verification })
      else print(textOf(ledger, report, verification))
      if (verification.findingCount > 0)
        throw new CommandFailed(
          EXIT.integrityBroken,
          'The chain does not verify: run writ log verify.',
        )
    },
    { config, clock },
  )
}

/** One bar a stage. */
class Bars {
  private readonly quiet: boolean
  private stage = ''
  private bar: Progress | undefined

  constructor(quiet: boolean) {
    this.quiet = quiet
  }

  readonly update = (stage: string, done: number, of: number): void => {
    if (stage !== this.stage) {
      this.stop()
      this.stage = stage
      this.bar = progress(stage.padEnd(8), this.quiet)
    }
    this.bar?.update(done, of)
  }

  stop(): void {
    this.bar?.stop()
  }
}

const textOf = (ledger: string, report: DemoReport, verification: Verification): string => {
  const { imported, decisions, outcomes, thresholds } = report
  const rate = (count: number, seconds: number): string =>
    `${Math.round(count / Math.max(seconds, 0.001))}/s`
  const rows = [
    ['', 'count', 'rate'],
    ['events', imported.events, rate(imported.events, imported.seconds)],
    ['decisions', decisions.count, rate(decisions.count, decisions.seconds)],
    ...Object.entries(decisions.byOutcome).map(([name, count]) => [
      `  ${name}`,
      count,
      percent(count / decisions.count),
    ]),
    ...Object.entries(decisions.byLevel).map(([name, count]) => [
      `  ${name}`,
      count,
      percent(count / decisions.count),
    ]),
    ['outcomes', outcomes.count, rate(outcomes.count, outcomes.seconds)],
    ['entries verified', verification.entries, rate(verification.entries, verification.seconds)],
  ]
  const verdict =
    verification.findingCount === 0
      ? 'The chain verifies'
      : `The chain is BROKEN (${verification.findingCount} findings)`
  return [
    `Ledger ${ledger}`,
    table(rows),
    `${verdict}: ${verification.entries} entries, head ${verification.head.slice(0, 16)}…`,
    '',
    `Thresholds were set from the first ${thresholds.trainingCases} applications (until ${thresholds.until.slice(0, 10)}):`,
    `  deny below ${thresholds.declineBelow} euros, approve from ${thresholds.preacceptFrom}, people decide what lies between.`,
    '',
    comparisonText(report.comparison),
  ].join('\n')
}

const comparisonText = (comparison: Comparison): string => {
  const { matrix, baselines } = comparison
  return [
    `Judged on the other ${comparison.cases}, against the bank's own first decision:`,
    table([
      ['Writ \\ bank', 'preaccepted', 'declined', 'neither'],
      ...matrix.map(({ writ, preaccepted, declined, none }) => [writ, preaccepted, declined, none]),
    ]),
    `  decided alone      ${comparison.decidedAlone} of ${comparison.cases}; the bank did the same in ${percent(comparison.agreement)} of them`,
    `  left to people     ${percent(comparison.escalatedShare)}`,
    `  always declining   agrees in ${percent(baselines.alwaysDecline)} of all, ${percent(baselines.alwaysDeclineOnDecided)} of those Writ decided`,
    `  always accepting   agrees in ${percent(baselines.alwaysPreaccept)} of all, ${percent(baselines.alwaysPreacceptOnDecided)} of those Writ decided`,
    'The amount is all this policy sees. Agreement with the bank is not correctness: it says how far one number reproduces',
    'what the bank did, not whether the bank was right.',
  ].join('\n')
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
