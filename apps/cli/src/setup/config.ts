import { resolve } from 'node:path'
import { isLedgerPart } from '@writ/kernel'
import { LOG_LEVELS, type LogLevel } from '@writ/observability'
import { cacheDirectory } from './cache-directory.ts'
import { unknownNames } from './unknown-names.ts'

/** Everything the process reads from its environment, once. */
export interface Config {
  readonly profile: 'development' | 'production'
  /** Directory of the embedded database, secrets and anchors. */
  readonly home: string
  /** The user's directory for what shortens the next start; absent: nothing is kept. */
  readonly cache: string | undefined
  /** A PostgreSQL server; absent: the embedded database under `home`. */
  readonly databaseUrl: string | undefined
  /** Login that may migrate; absent: `databaseUrl` in development, nobody in production. */
  readonly ownerUrl: string | undefined
  /** First part of every log's origin, so that two installations' ledgers differ. */
  readonly origin: string
  readonly tenant: string
  readonly host: string
  readonly port: number
  readonly logLevel: LogLevel
  readonly masterKey: Uint8Array | undefined
  readonly serverSecret: Uint8Array | undefined
  readonly anchorFile: string
  readonly apiKey: string | undefined
  /** What the drift job does about an alarm: lower the ceiling too, only tell it, or it does not run. */
  readonly drift: 'lower' | 'alarm' | 'off'
  /** Between two rounds of the drift job. Unit: ms. */
  readonly driftIntervalMs: number
}

/** The environment cannot be used; `problems` names every fault at once. Values are never printed. */
export class BadConfig extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
    this.name = 'BadConfig'
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws BadConfig */
export const readConfig = (env: Environment): Config => {
  const problems: string[] = []
  const home = resolve(env.WRIT_HOME || '.writ')
  const profile = oneOf(env, 'WRIT_PROFILE', ['development', 'production'] as const, problems)
  const config: Config = {
    profile,
    home,
    cache: cacheDirectory(env),
    databaseUrl: url(env, 'DATABASE_URL', problems),
    ownerUrl: url(env, 'DATABASE_OWNER_URL', problems),
    origin: pattern(
      env,
      { name: 'WRIT_ORIGIN', fallback: 'writ.local', form: /^[a-z0-9.-]{1,100}$/ },
      problems,
    ),
    tenant: tenant(env, problems),
    host: env.WRIT_HOST || '127.0.0.1',
    port: port(env, problems),
    logLevel: oneOf(env, 'WRIT_LOG_LEVEL', ['info', ...LOG_LEVELS], problems),
    masterKey: key(env, 'WRIT_MASTER_KEY', problems),
    serverSecret: key(env, 'WRIT_SERVER_SECRET', problems),
    anchorFile: resolve(env.WRIT_ANCHOR_FILE || `${home}/anchors.ndjson`),
    apiKey: env.WRIT_API_KEY || undefined,
    drift: oneOf(env, 'WRIT_DRIFT', ['lower', 'alarm', 'off'] as const, problems),
    driftIntervalMs: 1_000 * driftInterval(env, problems),
  }
  if (profile === 'production') problems.push(...missingInProduction(env))
  problems.push(...refusedNames(env, profile))
  if (problems.length > 0) throw new BadConfig(problems)
  return config
}

/**
 * A misspelt setting leaves its default in force: refused in production, told at the start in development. A misspelt
 * profile is refused in both, because nobody knows which of the two was meant.
 */
const refusedNames = (env: Environment, profile: Config['profile']): string[] =>
  unknownNames(env).filter((told) => profile === 'production' || told.endsWith('WRIT_PROFILE?'))

const missingInProduction = (env: Environment): string[] =>
  [
    ['DATABASE_URL', 'the PostgreSQL server; the embedded database does not survive a power loss'],
    ['WRIT_MASTER_KEY', '32 random bytes in base64 that wrap the keys of subjects'],
    [
      'WRIT_SERVER_SECRET',
      '32 random bytes in base64 that issued ids and key hashes are made under',
    ],
    ['WRIT_ANCHOR_FILE', 'where sizes and roots of the logs are kept, outside the database'],
    ['WRIT_ORIGIN', 'the name of this installation in its logs'],
  ]
    .filter(([name]) => !env[name as string])
    .map(([name, what]) => `${name} is required in production: ${what}`)

const oneOf = <const T extends string>(
  env: Environment,
  name: string,
  values: readonly T[],
  problems: string[],
): T => {
  const value = env[name] || values[0]
  if (!values.includes(value as T))
    problems.push(`${name} must be one of ${[...new Set(values)].join(', ')}`)
  return value as T
}

const pattern = (
  env: Environment,
  rule: { readonly name: string; readonly fallback: string; readonly form: RegExp },
  problems: string[],
): string => {
  const value = env[rule.name] || rule.fallback
  if (!rule.form.test(value)) problems.push(`${rule.name} must match ${rule.form.source}`)
  return value
}

const tenant = (env: Environment, problems: string[]): string => {
  const value = env.WRIT_TENANT || 'acme'
  if (!isLedgerPart(value) || value === 'system') {
    problems.push('WRIT_TENANT must match ^[a-z0-9][a-z0-9-]{0,38}$ and must not be system')
  }
  return value
}

const driftInterval = (env: Environment, problems: string[]): number => {
  const value = Number(env.WRIT_DRIFT_INTERVAL || '3600')
  if (!Number.isInteger(value) || value < 1 || value > 86_400)
    problems.push('WRIT_DRIFT_INTERVAL must be a whole number of seconds, 1 to 86400')
  return value
}

const port = (env: Environment, problems: string[]): number => {
  const value = Number(env.WRIT_PORT || '8420')
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    problems.push('WRIT_PORT must be a port number, 0 to 65535')
  return value
}

const url = (env: Environment, name: string, problems: string[]): string | undefined => {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    problems.push(`${name} must read postgres://user@host:port/database`)
  }
  return value
}

const key = (env: Environment, name: string, problems: string[]): Uint8Array | undefined => {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length !== 32) problems.push(`${name} must be 32 bytes in base64`)
  return bytes
}
