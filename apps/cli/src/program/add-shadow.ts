import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const shadowPage = () => import('../commands/shadow.ts')

export const addShadow = (writ: Command): void => {
  const shadow = writ
    .command('shadow')
    .description('let a candidate policy judge live decisions, without any effect')
    .addHelpText(
      'after',
      examples(
        'writ shadow start finance-constitution@1.1.0.B --for P7D',
        'writ shadow start finance-constitution@1.1.0 --until 2026-12-01T00:00:00Z --severity audit',
        'writ shadow list',
        'writ shadow report 0192d3c4-… --markdown shadow.md',
        'writ shadow stop 0192d3c4-… --reason "seen enough"',
      ),
    )
  shadow
    .command('start <candidate>')
    .description('begin a run of name@version or name@version.VARIANT; a running server judges')
    .option('--until <time>', 'RFC 3339 time at which it ends, at most 90 days ahead')
    .option('--for <duration>', 'how long it lasts, such as P7D or PT12H')
    .option('--severity <severity>', 'testing or audit; default: testing')
    .option(...JSON_OPTION)
    .action(page(shadowPage, 'startShadowRun'))
  shadow
    .command('list')
    .description('runs, those started last first')
    .option('--state <state>', 'running, date, stale, stopped; default: all')
    .option(...JSON_OPTION)
    .action(page(shadowPage, 'listShadowRuns'))
  shadow
    .command('report <run>')
    .description('what the candidate made of live decisions so far')
    .option('--differences <number>', 'how many to show, at most 1000; default: 50')
    .option('--markdown <file>', 'write it as Markdown, too')
    .option(...JSON_OPTION)
    .action(page(shadowPage, 'reportShadowRun'))
  shadow
    .command('stop <run>')
    .description('end a run')
    .requiredOption('--reason <text>', 'why')
    .option(...JSON_OPTION)
    .action(page(shadowPage, 'stopShadowRun'))
}
