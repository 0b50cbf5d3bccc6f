import { randomBytes } from 'node:crypto'
import { type ApiKeys, apiKeys } from '@writ/access'
import {
  ControlReader,
  createUseCases,
  type Deps,
  EventTypes,
  PolicyStore,
  SCOPES,
  type Scope,
} from '@writ/commands'
import { EventLog, FORMAT_VERSION, LogReader, type LogTables } from '@writ/event-log'
import { mainLedger, SYSTEM_CONTROL, timestampOf, uuidV7 } from '@writ/kernel'
import { createLogger } from '@writ/observability'
import { SubjectVault } from '@writ/privacy'
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
  const newId = () => uuidV7(clock.now(), randomBytes(10))
  const monotonic = () => performance.now()
  const deps: Deps = {
    database,
    log,
    reader,
    controls: new ControlReader(reader),
    policies: new PolicyStore(reader),
    eventTypes: new EventTypes(database, monotonic),
    vault: new SubjectVault({ database, secrets, clock, random: randomBytes, newId }),
    secrets,
    clock,
    monotonic,
    random: randomBytes,
    newId,
    engine: { name: 'writ', version: '0.0.0', source: `sha256:${'0'.repeat(64)}`, tzdata: 'test' },
    profile: 'development',
  }
  const keys = apiKeys<Scope>({
    sql: database,
    pepper: randomBytes(32),
    environment: 'test',
    scopes: SCOPES,
    clock,
  })
  await openLedger(deps, SYSTEM_CONTROL)
  await prepareKeyPartitions(database, clock.now())
  const lines: string[] = []
  const api = await buildServer({
    useCases: createUseCases(deps, async () => ({ ready: true, checks: {} })),
    authenticate: (token) => keys.authenticate(token),
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
  await openLedger(deps, mainLedger(tenant))
  const issued = await keys.issueKey({ tenant, name: 'test', kind: 'person', scopes })
  if (!('token' in issued)) throw new Error(issued.detail)
  return issued.token
}

const openLedger = async (
  { log, newId, random, clock }: Deps,
  ledger: Parameters<EventLog['open']>[0],
): Promise<void> => {
  const id = newId()
  await log.open(ledger, {
    id,
    type: 'LedgerOpened',
    schema: 1,
    stream: `ledger:${ledger.split('/')[1]}`,
    data: {
      origin: `test.local/${ledger}`,
      nonce: Buffer.from(random(16)).toString('hex'),
      formatVersion: FORMAT_VERSION,
    },
    actor: { type: 'system', id: 'test' },
    correlationId: id,
    occurredAt: timestampOf(clock.now()),
  })
}

const prepareKeyPartitions = async (
  database: TestDatabase['database'],
  now: number,
): Promise<void> => {
  for (const day of [now, now + 86_400_000]) {
    const values = [timestampOf(day).slice(0, 10)]
    await database.query({ text: 'select log.add_key_partition($1::date)', values })
  }
}

/** Sends with one token. */
export const sender =
  (api: Api, token: string) =>
  (request: InjectOptions): Promise<LightMyRequestResponse> =>
    api.inject({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } })
