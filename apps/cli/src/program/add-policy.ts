import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const policyPage = () => import('../commands/policy.ts')
const policyCheckPage = () => import('../commands/policy-check.ts')

export const addPolicy = (writ: Command): void => {
  const policy = writ
    .command('policy')
    .description('policies')
    .addHelpText(
      'after',
      examples(
        'writ policy validate examples/policies/finance-constitution-1.1.0.yaml',
        'writ policy check my-policy.yaml',
        'writ policy check policies/*.yaml --strict',
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
    .command('check <files...>')
    .description('everything known before activation: types, cost, tests, coverage, probes, diff')
    .option('--against <version>', 'a file or name@version to compare with')
    .option('--strict', 'warnings fail, too')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'writ policy check my-policy.yaml',
        'writ policy check my-policy.yaml --against finance-constitution@1.0.0',
        'writ policy check my-policy.yaml --strict --json',
      ),
    )
    .action(page(policyCheckPage, 'checkPolicyFiles'))
  policy
    .command('diff <before> <after>')
    .description('what a second version changes; each a file or name@version')
    .option(...JSON_OPTION)
    .addHelpText('after', examples('writ policy diff finance-constitution@1.0.0 my-policy.yaml'))
    .action(page(policyCheckPage, 'diffPolicyVersions'))
  policy
    .command('publish <file>')
    .description('publish a version; it decides nothing yet')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'publishPolicyFile'))
  policy
    .command('activate <name@version>')
    .description('let a published version decide its domain')
    .option('--at <time>', 'RFC 3339 time from which on it decides; default: now')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'activatePolicyReference'))
  policy
    .command('revoke <name@version>')
    .description('take a version out of use for ever; where it is active, people decide then')
    .requiredOption('--reason <text>', 'why')
    .option(...JSON_OPTION)
    .action(page(policyPage, 'revokePolicyReference'))
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
