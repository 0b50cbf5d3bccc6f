import { existsSync, readFileSync, statSync } from 'node:fs'
import { migrateCheck } from '@writ/database'
import { parseAnchors } from '@writ/event-log'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { committedSchema, comparableSchema } from '../setup/committed-schema.ts'
import { type Config, readConfig } from '../setup/config.ts'
import { openAsOwner } from '../setup/open-database.ts'
import { withRuntime } from '../setup/with-runtime.ts'

type Verdict = 'ok' | 'warn' | 'fail'
interface Check {
  readonly name: string
  readonly verdict: Verdict
  readonly detail: string
}

/** Looks at everything an installation stands on. Exit 1 when a check fails; warnings pass. */
export const doctor = async ({ json }: OutputOptions): Promise<void> => {
  const config = readConfig(process.env)
  const checks: Check[] = [nodeCheck(), ...fileChecks(config), ...(await databaseChecks(config))]
  if (json) printJson({ checks })
  else
    for (const { name, verdict, detail } of checks)
      print(`${verdict.padEnd(4)}  ${name.padEnd(12)} ${detail}`)
  if (checks.some((check) => check.verdict === 'fail'))
    throw new CommandFailed(EXIT.checkFailed, '')
}

const nodeCheck = (): Check => {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24
    ? { name: 'node', verdict: 'ok', detail: process.version }
    : {
        name: 'node',
        verdict: 'fail',
        detail: `${process.version}; run through pnpm, which brings Node 24`,
      }
}

const fileChecks = (config: Config): Check[] => {
  const secrets = ['master.key', 'server.secret', 'key']
    .map((file) => `${config.home}/${file}`)
    .filter((path) => existsSync(path) && (statSync(path).mode & 0o077) !== 0)
  return [
    {
      name: 'profile',
      verdict: config.profile === 'production' ? 'ok' : 'warn',
      detail: `${config.profile}${config.profile === 'production' ? '' : ': one person may publish and activate'}`,
    },
    secrets.length === 0
      ? {
          name: 'secrets',
          verdict: 'ok',
          detail: 'readable by their owner only, or from the environment',
        }
      : {
          name: 'secrets',
          verdict: 'fail',
          detail: `others can read ${secrets.join(', ')}: chmod 600`,
        },
    anchorCheck(config),
  ]
}

const anchorCheck = ({ anchorFile }: Config): Check => {
  if (!existsSync(anchorFile))
    return {
      name: 'anchors',
      verdict: 'warn',
      detail: `${anchorFile} does not exist yet; a cut tail could not be seen`,
    }
  const last = parseAnchors(readFileSync(anchorFile, 'utf8')).at(-1)
  return {
    name: 'anchors',
    verdict: 'ok',
    detail:
      last === undefined ? 'none yet' : `last: ${last.origin} size ${last.size} at ${last.time}`,
  }
}

const databaseChecks = async (config: Config): Promise<Check[]> => {
  const checks: Check[] = []
  try {
    checks.push(...(await schemaChecks(config)))
    const { checks: found } = await withRuntime((runtime) => runtime.useCases.ready(), { config })
    for (const [name, { ok, detail }] of Object.entries(found)) {
      // A database that was never started is no fault of the machine.
      checks.push({ name, verdict: ok ? 'ok' : name === 'head' ? 'warn' : 'fail', detail })
    }
  } catch (fault) {
    checks.push({ name: 'database', verdict: 'fail', detail: (fault as Error).message })
  }
  return checks
}

/** Drift: somebody changed the live schema by hand. */
const schemaChecks = async (config: Config): Promise<Check[]> => {
  const owner = await openAsOwner(config)
  try {
    const findings = await migrateCheck(owner)
    if (findings.length > 0)
      return [
        { name: 'schema', verdict: 'fail', detail: `${findings[0]?.message}: run writ migrate up` },
      ]
    const same = (await comparableSchema(owner)) === committedSchema()
    return [
      same
        ? { name: 'schema', verdict: 'ok', detail: 'no drift' }
        : {
            name: 'schema',
            verdict: 'fail',
            detail:
              'the live schema differs from migrations/schema.snapshot.sql: compare with writ migrate status',
          },
    ]
  } finally {
    await owner.close()
  }
}
