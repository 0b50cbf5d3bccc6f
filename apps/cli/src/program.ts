import { Command } from 'commander'
import { addDrift } from './program/add-drift.ts'
import { addExplain } from './program/add-explain.ts'
import { addPolicy } from './program/add-policy.ts'
import { addReplay } from './program/add-replay.ts'
import { addReviews } from './program/add-reviews.ts'
import { addShadow } from './program/add-shadow.ts'
import { examples, JSON_OPTION, page } from './program/command-page.ts'

const demoPage = () => import('./commands/demo.ts')
const doctorPage = () => import('./commands/doctor.ts')
const importPage = () => import('./commands/import.ts')
const keysPage = () => import('./commands/keys.ts')
const logPage = () => import('./commands/log.ts')
const logDetachPage = () => import('./commands/log-detach.ts')
const logRestoredPage = () => import('./commands/log-restored.ts')
const migratePage = () => import('./commands/migrate.ts')
const projectionsPage = () => import('./commands/projections.ts')
const startPage = () => import('./commands/start.ts')

/** The command line. Each command is a page of its own; here is only how it is called. */
export const program = (): Command => {
  const writ = new Command('writ')
    .description('Governs automated decisions: policies judge, a hash-chained log remembers.')
    .showHelpAfterError('(writ --help shows how to call it)')
    .exitOverride()
  addStart(writ)
  addMigrate(writ)
  addKeys(writ)
  addPolicy(writ)
  addExplain(writ)
  addLog(writ)
  addProjections(writ)
  addReplay(writ)
  addReviews(writ)
  addDrift(writ)
  addShadow(writ)
  addData(writ)
  for (const command of [writ, ...writ.commands, ...writ.commands.flatMap((one) => one.commands)])
    command.exitOverride()
  return writ
}

const addStart = (writ: Command): void => {
  writ
    .command('start')
    .description(
      'run the server: database (embedded unless DATABASE_URL is set), API and background jobs',
    )
    .addHelpText(
      'after',
      examples(
        'writ start',
        'DATABASE_URL=postgres://writ@localhost/writ WRIT_PORT=8080 writ start',
      ),
    )
    .action(page(startPage, 'start'))
  writ
    .command('doctor')
    .description(
      'check configuration, database, schema and files, and say what to do about what is wrong',
    )
    .option(...JSON_OPTION)
    .addHelpText('after', examples('writ doctor', 'writ doctor --json'))
    .action(page(doctorPage, 'doctor'))
}

const addProjections = (writ: Command): void => {
  const projections = writ
    .command('projections')
    .description('read models: where they stand, rebuild them, check them')
    .addHelpText(
      'after',
      examples(
        'writ projections status',
        'writ projections rebuild decisions',
        'writ projections rebuild --cancel',
        'writ projections verify --json',
        'writ projections parked --replay decisions:42',
      ),
    )
  projections
    .command('status')
    .description('position and lag of every read model')
    .option(...JSON_OPTION)
    .action(page(projectionsPage, 'projectionsStatus'))
  projections
    .command('rebuild')
    .description(
      'fold again from the first entry, beside what serves, then take its place; resumes',
    )
    .argument('[names...]', 'read models; all when none is named')
    .option('--cancel', 'end rebuilds under way; what serves is not touched')
    .option(...JSON_OPTION)
    .action(page(projectionsPage, 'projectionsRebuild'))
  projections
    .command('verify')
    .description('fold again into a scratch copy and compare row by row; exit 1 when one differs')
    .argument('[names...]', 'read models; all when none is named')
    .option(...JSON_OPTION)
    .action(page(projectionsPage, 'projectionsVerify'))
  projections
    .command('parked')
    .description('events that a read model could not fold')
    .option('--replay <name:position>', 'fold one again')
    .option(...JSON_OPTION)
    .action(page(projectionsPage, 'projectionsParked'))
}

const addMigrate = (writ: Command): void => {
  const migrate = writ
    .command('migrate')
    .description('bring the database schema up or down')
    .addHelpText(
      'after',
      examples('writ migrate status', 'writ migrate down --to 0 --yes && writ migrate up'),
    )
  migrate
    .command('up')
    .description('apply what is pending')
    .option(...JSON_OPTION)
    .action(page(migratePage, 'migrateUpCommand'))
  migrate
    .command('down')
    .description('roll back every migration above a number')
    .requiredOption('--to <number>', 'the last migration to keep; 0 empties the database', Number)
    .option('--yes', 'drop the tables and all they hold')
    .option(...JSON_OPTION)
    .action(page(migratePage, 'migrateDownCommand'))
  migrate
    .command('status')
    .description('list migrations')
    .option(...JSON_OPTION)
    .action(page(migratePage, 'migrateStatusCommand'))
  migrate
    .command('check')
    .description('exit 1 when the schema is not the one of this release')
    .option(...JSON_OPTION)
    .action(page(migratePage, 'migrateCheckCommand'))
}

const addKeys = (writ: Command): void => {
  const keys = writ
    .command('keys')
    .description('API keys')
    .addHelpText(
      'after',
      examples(
        'writ keys create --name ada --person --roles cfo',
        'writ keys create --name shop --scopes events:write,decisions:write',
        'writ keys revoke 8f0c…',
      ),
    )
  keys
    .command('create')
    .description('issue a key; its token is shown once')
    .requiredOption('--name <name>', 'what or whom it is for')
    .option('--scopes <list>', 'comma-separated; default: all')
    .option('--person', 'the holder is a person, not a program')
    .option('--actor <id>', 'a further key of this actor; else its holder counts as another person')
    .option('--roles <list>', 'comma-separated, of a person: which reviews they may vote in')
    .option('--tenant <tenant>', 'default: WRIT_TENANT')
    .option('--expires <time>', 'RFC 3339 time after which it is refused')
    .option(...JSON_OPTION)
    .action(page(keysPage, 'createKey'))
  keys
    .command('list')
    .description('list keys, never their secrets')
    .option('--tenant <tenant>', 'default: WRIT_TENANT')
    .option(...JSON_OPTION)
    .action(page(keysPage, 'listKeys'))
  keys
    .command('revoke <key>')
    .description('refuse a key from now on')
    .option('--tenant <tenant>', 'default: WRIT_TENANT')
    .option(...JSON_OPTION)
    .action(page(keysPage, 'revokeKey'))
}

const addLog = (writ: Command): void => {
  const log = writ
    .command('log')
    .description('the hash-chained log')
    .addHelpText(
      'after',
      examples(
        'writ log verify',
        'writ log export --ledger acme/main --out acme.ndjson',
        'writ log verify --file acme.ndjson --ledger acme/main',
        'writ log detach --shard 3 --range 0 --dry-run',
        'writ log restored --yes',
      ),
    )
  log
    .command('verify')
    .description('recompute the chain and compare; exit 4 when anything is wrong')
    .option('--ledger <tenant/name>', 'default: all')
    .option('--links', 'hashes and links only, not canonical form and column copies')
    .option('--anchors <file>', 'sizes and roots kept outside; default: those of this installation')
    .option('--file <export>', 'verify an export instead of the database')
    .option(...JSON_OPTION)
    .action(page(logPage, 'verifyLog'))
  log
    .command('export')
    .description('write a ledger as NDJSON, one exact entry a line')
    .option('--ledger <tenant/name>', 'default: <tenant>/main')
    .option('--out <file>', 'default: standard output')
    .option(...JSON_OPTION)
    .action(page(logPage, 'exportLog'))
  addLogOwner(log)
}

/** What only the owner of the database may do to the log. */
const addLogOwner = (log: Command): void => {
  log
    .command('detach')
    .description(
      'put the oldest range of positions of a shard away; ids and stream ends stay known',
    )
    .requiredOption('--shard <number>', 'hash partition, 0 to 7', Number)
    .requiredOption('--range <number>', 'range of 64 Mi positions, from 0', Number)
    .option('--dry-run', 'only say what would leave')
    .option('--yes', 'do it: what left can no longer be read or verified here')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'writ log detach --shard 3 --range 0 --dry-run',
        'DATABASE_OWNER_URL=postgres://owner@db/writ writ log detach --shard 3 --range 0 --yes',
      ),
    )
    .action(page(logDetachPage, 'detachRange'))
  log
    .command('restored')
    .description('after a restore: append LedgerRestored and refuse what was decided before it')
    .option('--ledger <tenant/name>', 'default: all')
    .option('--yes', 'do it: the entry stays for ever')
    .option(...JSON_OPTION)
    .addHelpText('after', examples('writ log restored --yes'))
    .action(page(logRestoredPage, 'recordRestored'))
}

const addData = (writ: Command): void => {
  const imports = writ
    .command('import')
    .description('turn logs of other systems into events')
    .addHelpText('after', examples('writ import bpic2012 loan_events.csv.gz'))
  imports
    .command('bpic2012 <file>')
    .description(
      'the loan log of the BPI Challenge 2012, CSV, gzipped or not; repeatable, resumable',
    )
    .option('--tenant <tenant>', 'default: WRIT_TENANT')
    .option(...JSON_OPTION)
    .action(page(importPage, 'importBpic2012'))
  writ
    .command('demo')
    .description(
      'let a policy judge real loan applications and compare it with what the bank decided',
    )
    .option('--data <file>', 'the BPI Challenge 2012 events; default: a small bundled example')
    .option('--tenant <tenant>', 'ledger <tenant>/main is used; default: a new one named demo-…')
    .option(...JSON_OPTION)
    .addHelpText('after', examples('writ demo', 'writ demo --data bpic2012_loan_events.csv.gz'))
    .action(page(demoPage, 'demo'))
}
