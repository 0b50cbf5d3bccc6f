import type { RouteOptions } from 'fastify'
import type { Api } from './api.ts'

/** The pages that describe the API are public; their routes come from a plugin that knows no scopes. */
export const DOCS_PREFIX = '/docs'

/** A route that forgot to say who may call it does not register: an open door must be a word in the source. */
export const requireScope = (api: Api): void => {
  api.addHook('onRoute', (route: RouteOptions) => {
    if (route.url === DOCS_PREFIX || route.url.startsWith(`${DOCS_PREFIX}/`)) {
      route.config = { ...route.config, scope: 'public' }
    }
    if (route.config?.scope === undefined) {
      throw new Error(`${String(route.method)} ${route.url} names no scope: add config.scope`)
    }
  })
}
