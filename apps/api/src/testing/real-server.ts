import { randomBytes } from 'node:crypto'
import { type ApiKeys, apiKeys } from '@writ/access'
import {
  addKeyPartitions,
  composeDeps,
  createUseCases,
  type Deps,
  openLedger,
  SCOPES,
  type Scope,
} from '@writ/commands'
import { EventLog, HINT_CHANNEL, LogReader, type LogTables } from '@writ/event-log'
import { mainLedger, SYSTEM_CONTROL, uuidV7 } from '@writ/kernel'
import { createLogger } from '@writ/observability'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { TestDatabase } from '../../../../test/support/test-databases.ts'
import type { Api } from '../api.ts'
import { buildServer } from '../server.ts'

/** A whole Writ over a test's database: real keys, real use cases, real log. */
export interface RealServer {
  readonly api: Api
  readonly lines: readonly string[]
  /** A token of a new person with these scopes; every scope unless named. */
  token(tenant: string, scopes?: readonly Scope[]): Promise<string>
  close(): Promise<void>
}

export const realServer = async (database: TestDatabase['database']): Promise<RealServer> => {
  const clock = { now: () => Date.now() }
  const secrets = { masterKey: randomBytes(32), serverSecret: randomBytes(32) }
  const log = new EventLog({ database, clock })
  const reader = new LogReader(database.kysely<LogTables>())
  const deps = composeDeps({
    database,
    log,
    reader,
    secrets,
    clock,
    wallClock: clock,
    monotonic: () => performance.now(),
    random: randomBytes,
    newId: () => uuidV7(clock.now(), randomBytes(10)),
    engine: { name: 'writ', version: '0.0.0', source: `sha256:${'0'.repeat(64)}`, tzdata: 'test' },
    profile: 'development',
  })
  const keys = apiKeys<Scope>({
    sql: database,
    pepper: randomBytes(32),
    environment: 'test',
    scopes: SCOPES,
    clock,
  })
  await openLedger(deps, SYSTEM_CONTROL, BY)
  await addKeyPartitions(deps, clock.now())
  const lines: string[] = []
  const api = await buildServer({
    useCases: createUseCases(deps, async () => ({ ready: true, checks: {} })),
    authenticate: (token) => keys.authenticate(token),
    readModels: database,
    hints: (onHint) => database.listen(HINT_CHANNEL, onHint),
    config: { profile: 'development' },
    logger: createLogger({ level: 'trace', destination: { write: (line) => lines.push(line) } }),
  })
  return {
    api,
    lines,
    token: (tenant, scopes = SCOPES) => issue(deps, keys, { tenant, scopes }),
    close: async () => {
      await api.close()
      await log.drained()
    },
  }
}

const issue = async (
  deps: Deps,
  keys: ApiKeys<Scope>,
  { tenant, scopes }: { readonly tenant: string; readonly scopes: readonly Scope[] },
): Promise<string> => {
  await openLedger(deps, mainLedger(tenant), BY)
  const issued = await keys.issueKey({ tenant, name: 'test', kind: 'person', scopes })
  if (!('token' in issued)) throw new Error(issued.detail)
  return issued.token
}

const BY = { origin: 'test.local', actor: { type: 'system', id: 'test' } } as const

/** Sends with one token. */
export const sender =
  (api: Api, token: string) =>
  (request: InjectOptions): Promise<LightMyRequestResponse> =>
    api.inject({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } })
