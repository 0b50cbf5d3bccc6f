import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const policyPage = () => import('../commands/policy.ts')

export const addPolicy = (writ: Command): void => {
  const policy = writ
    .command('policy')
    .description('policies')
    .addHelpText(
      'after',
      examples(
        'writ policy validate examples/policies/finance-constitution-1.1.0.yaml',
        'writ policy publish my-policy.yaml',
        'writ policy activate finance-constitution@1.1.0',
      ),
    )
  for (const name of ['validate', 'test'] as const) {
    policy
      .command(`${name} <file>`)
      .description('load a file and run its golden tests, without a database')
      .option(...JSON_OPTION)
      .action(page(policyPage, 'validatePolicyFile'))
  }
  policy
    .command('publish <file>')
    .description('publish a version; it decides nothing yet')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'publishPolicyFile'))
  policy
    .command('activate <name@version>')
    .description('let a published version decide its domain')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'activatePolicyReference'))
  policy
    .command('list')
    .description('list published versions')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'listPolicyVersions'))
  policy
    .command('show <reference>')
    .description('show name, name@version or name@version.VARIANT')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'showPolicy'))
}
