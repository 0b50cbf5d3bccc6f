import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const driftPage = () => import('../commands/drift.ts')

export const addDrift = (writ: Command): void => {
  const drift = writ
    .command('drift')
    .description('are decisions still what they were: compare, alarm, and clear an alarm')
    .addHelpText(
      'after',
      examples(
        'writ drift check',
        'writ drift check --domain finance --last 1000 --before 4000',
        'writ drift check --domain finance --reference activation --current 1d --json',
        'WRIT_API_KEY=… writ drift check --domain finance --raise',
        'WRIT_API_KEY=… writ drift clear 0192d3c4-… --reason "the new price list"',
      ),
    )
  drift
    .command('check')
    .description(
      'compare the mixes of two windows; exit 0 steady, 1 alarm, 3 too few to judge. Writes nothing without --raise',
    )
    .option('--domain <domain>', 'default: every domain with an active policy')
    .option('--action <action>', 'only decisions about this action')
    .option('--current <window>', 'the newest decisions: 7d, 12h; default: 7d')
    .option(
      '--reference <window>',
      'what was decided right before: 28d, or activation for all since; default: 28d',
    )
    .option('--last <number>', 'the newest N decisions instead of --current', Number)
    .option('--before <number>', 'and M before them; default: 4 N', Number)
    .option('--alpha <rate>', 'most checks without drift that may alarm; default: 0.01', Number)
    .option('--min <number>', 'fewest cases in each window; default: 200', Number)
    .option('--raise', 'append the alarm and lower the ceiling by one level')
    .option('--no-lower', 'with --raise: leave the ceiling')
    .option(...JSON_OPTION)
    .action(page(driftPage, 'checkDrift'))
  drift
    .command('clear <alarm>')
    .description('say as a person that an alarm was looked at; the ceiling stays where it is')
    .requiredOption('--reason <text>', 'why; no personal data')
    .option(...JSON_OPTION)
    .action(page(driftPage, 'clearDrift'))
}
