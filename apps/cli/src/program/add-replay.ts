import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const replayPage = () => import('../commands/replay.ts')

export const addReplay = (writ: Command): void => {
  writ
    .command('replay')
    .description(
      'judge recorded decisions again: under their own policy, or under another one to see what it would change',
    )
    .option('--last <number>', 'the last N decisions; default: all')
    .option('--from <bound>', 'first position, or time of deciding (RFC 3339); it is included')
    .option('--to <bound>', 'position or time of deciding behind the last one; it is not included')
    .option('--domain <name>', 'decisions of this domain only')
    .option('--action <name>', 'decisions of this action only')
    .option('--policy <reference|file>', 'try name@version, name@version.VARIANT or a policy file')
    .option('--loosened-max <number>', 'how many decisions may become milder; default: 0')
    .option('--workers <number>', 'threads that judge; default: cores - 1')
    .option('--out <file>', 'write the report as JSON')
    .option('--markdown <file>', 'write the report as Markdown')
    .option('--html <file>', 'write the report as one HTML file')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'writ replay --last 500',
        'writ replay --last 500 --policy finance-constitution@1.1.0.B --html report.html',
        'writ replay --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --domain finance --json',
        'writ replay --from 1 --to 10001 --policy my-policy.yaml --loosened-max 25 --out report.json',
      ),
    )
    .action(page(replayPage, 'replay'))
}
