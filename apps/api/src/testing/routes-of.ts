import type { Scope } from '@writ/commands'
import { fastify, type RouteOptions } from 'fastify'
import type { Api, IdempotencyRule } from '../api.ts'
import { FeedWake } from '../feed/feed-wake.ts'
import { OpenFeeds } from '../feed/open-feeds.ts'
import { registerRoutes } from '../routes/index.ts'
import { recordedUseCases } from './recorded-use-cases.ts'

export interface KnownRoute {
  readonly method: string
  readonly url: string
  readonly scope: Scope | 'public' | undefined
  readonly idempotencyKey: IdempotencyRule | undefined
  readonly summary: string
}

/** Every route of our own, as it registers. */
export const routesOf = async (): Promise<readonly KnownRoute[]> => {
  const api = fastify()
  const routes: KnownRoute[] = []
  api.removeAllContentTypeParsers()
  api.setValidatorCompiler(() => () => true)
  api.setSerializerCompiler(() => JSON.stringify)
  api.addHook('onRoute', ({ method, url, config, schema }: RouteOptions) => {
    routes.push({
      method: String(method),
      url,
      scope: config?.scope,
      idempotencyKey: config?.idempotencyKey,
      summary: (schema as { readonly summary?: string } | undefined)?.summary ?? '',
    })
  })
  await registerRoutes(api as unknown as Api, {
    useCases: recordedUseCases().useCases,
    feeds: new OpenFeeds(),
    wake: new FeedWake(),
    readModels: { query: async () => [] },
    now: () => '2026-03-01T12:00:00.000Z',
  })
  await api.close()
  return routes
}
