import { type Caller, SCOPES, type Scope } from '@writ/commands'
import { type Clock, mainLedger } from '@writ/kernel'
import { createLogger } from '@writ/observability'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Api } from '../api.ts'
import type { ApiConfig } from '../config.ts'
import { buildServer } from '../server.ts'
import { type Call, type Replies, recordedUseCases } from './recorded-use-cases.ts'

export interface TestServer {
  readonly api: Api
  readonly calls: Call[]
  /** Lines of the log, as text. */
  readonly lines: string[]
  /** Sends with Ada's key, which has every scope; `authorization: undefined` leaves it out. */
  send(request: InjectOptions): Promise<LightMyRequestResponse>
}

export const ADA_KEY = 'ada-key'

/** Keys by name; every scope for `ada-key`, those in the name for `with events:read …`, none of them for others. */
const callerOf = (token: string): Caller | undefined => {
  const scopes = token === ADA_KEY ? SCOPES : scopesIn(token)
  if (scopes === undefined) return undefined
  return {
    tenant: 'acme',
    ledger: mainLedger('acme'),
    actor: { type: 'key', id: '01920000-0000-7000-8000-0000000000aa' },
    scopes: new Set(scopes),
    roles: new Set<string>(),
  }
}

const scopesIn = (token: string): readonly Scope[] | undefined =>
  token.startsWith('with-') ? (token.slice(5).split(',') as Scope[]) : undefined

export const testServer = async (
  options: { readonly replies?: Replies; readonly config?: ApiConfig; readonly clock?: Clock } = {},
): Promise<TestServer> => {
  const { useCases, calls } = recordedUseCases(options.replies)
  const lines: string[] = []
  const api = await buildServer({
    useCases,
    readModels: { query: async () => [] },
    authenticate: async (token) => callerOf(token),
    config: options.config ?? { profile: 'development' },
    logger: createLogger({ level: 'trace', destination: { write: (line) => lines.push(line) } }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  return {
    api,
    calls,
    lines,
    send: (request) =>
      api.inject({
        ...request,
        headers: { authorization: `Bearer ${ADA_KEY}`, ...request.headers },
      }),
  }
}
