import { type ApiKeys, apiKeys } from '@writ/access'
import {
  type Caller,
  composeDeps,
  createUseCases,
  type Deps,
  SCOPES,
  type Scope,
  type UseCases,
} from '@writ/commands'
import type { Database } from '@writ/database'
import { EventLog, LogReader, type LogTables } from '@writ/event-log'
import { type Clock, mainLedger, SYSTEM_CONTROL } from '@writ/kernel'
import { tenantSecret } from '@writ/privacy'
import type { Config } from './config.ts'
import { engineIdentity } from './engine-identity.ts'
import { readiness } from './readiness.ts'
import { loadSecrets } from './secret-files.ts'
import { monotonic, random, risingIds, systemClock } from './system-clock.ts'

/** Everything of one process over one database, built once. */
export interface Runtime {
  readonly config: Config
  readonly database: Database
  readonly deps: Deps
  readonly useCases: UseCases
  readonly keys: ApiKeys<Scope>
  /** Ends what writes, then the database. */
  close(): Promise<void>
}

/** @param clock "now" of events and decisions; import and demo hand in event time, nobody else may */
export const buildRuntime = (
  config: Config,
  database: Database,
  clock: Clock = systemClock,
  parts: Pick<Parameters<typeof composeDeps>[0], 'policyChecks'> = {},
): Runtime => {
  const secrets = loadSecrets(config)
  const log = new EventLog({ database, clock })
  const reader = new LogReader(database.kysely<LogTables>())
  const deps = composeDeps({
    database,
    log,
    reader,
    secrets,
    clock,
    wallClock: systemClock,
    monotonic,
    random,
    newId: risingIds(systemClock),
    engine: engineIdentity(),
    profile: config.profile,
    ...parts,
  })
  const keys = apiKeys<Scope>({
    sql: database,
    pepper: tenantSecret(secrets, 'system', 'api-keys'),
    environment: config.profile === 'production' ? 'live' : 'dev',
    scopes: SCOPES,
    clock: systemClock,
  })
  return {
    config,
    database,
    deps,
    keys,
    useCases: createUseCases(deps, readiness(database, reader)),
    close: async () => {
      await log.drained()
      await database.close()
    },
  }
}

/** The process itself as a caller: opens ledgers, bootstraps, imports. Never reachable over HTTP. */
export const localOperator = (config: Config): Caller => ({
  tenant: config.tenant,
  ledger: mainLedger(config.tenant),
  actor: { type: 'system', id: 'local-operator' },
  scopes: new Set(SCOPES),
  roles: new Set(),
})

/** The process as a caller on the ledger of system-wide controls. */
export const systemOperator = (): Caller => ({
  tenant: 'system',
  ledger: SYSTEM_CONTROL,
  actor: { type: 'system', id: 'local-operator' },
  scopes: new Set(SCOPES),
  roles: new Set(),
})
