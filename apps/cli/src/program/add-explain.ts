import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const explainPage = () => import('../commands/explain.ts')

export const addExplain = (writ: Command): void => {
  writ
    .command('explain <decision>')
    .description('why a decision was taken, and what would have changed it')
    .option('--audience <audience>', 'subject, operator or auditor', 'operator')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'writ explain 01920000-0000-7000-8000-00000000d001',
        'writ explain 01920000-0000-7000-8000-00000000d001 --audience subject',
      ),
    )
    .action(page(explainPage, 'explain'))
}
