import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { UseCases } from '@writ/commands'
import { BODY_BYTES_MAX, HEADER_BYTES_MAX, PATH_SEGMENT_CHARS_MAX } from '@writ/contracts'
import { type Clock, type SqlRunner, timestampOf } from '@writ/kernel'
import type { Logger } from '@writ/observability'
import { type FastifyBaseLogger, fastify, LogController } from 'fastify'
import type { Api } from './api.ts'
import {
  type ApiConfig,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
  TIMEOUT_CHECK_MS,
} from './config.ts'
import { readCorrelation } from './door/correlation.ts'
import { readIdempotencyKey } from './door/idempotency-key.ts'
import { refuseUnwantedBody } from './door/no-body.ts'
import { validatorCompiler } from './door/validation.ts'
import { type Authenticate, askWho } from './door/who-asks.ts'
import { wrongKeys } from './door/wrong-keys.ts'
import { FeedWake, type Hints } from './feed/feed-wake.ts'
import { OpenFeeds } from './feed/open-feeds.ts'
import { clientErrorHandler } from './http/client-error.ts'
import { entityTag } from './http/entity-tag.ts'
import { errorHandler } from './http/error-handler.ts'
import { headPosition, livePosition } from './http/live-position.ts'
import { waitForMinPosition } from './http/min-position.ts'
import { watchMethods } from './http/not-found.ts'
import { requestLog, serverTiming } from './http/request-log.ts'
import { describeApi } from './openapi/describe-api.ts'
import { requireScope } from './require-scope.ts'
import { registerRoutes } from './routes/index.ts'

export interface ServerDeps {
  readonly useCases: UseCases
  readonly authenticate: Authenticate
  readonly config: ApiConfig
  readonly logger: Logger
  /** Reads the tables of read models; the app role is enough. */
  readonly readModels: SqlRunner
  /** Tells of commits, so that feeds need not wait for their next look. */
  readonly hints?: Hints
  /** For the count of wrong keys only. Default: the machine's. */
  readonly clock?: Clock
}

/**
 * The HTTP edge over the use cases; listens to nothing yet, so tests can inject.
 *
 * A request passes, in this order: correlation id → credential and scope → Idempotency-Key → body as JSON → contract →
 * route. Each step answers with a problem of its own and the later ones do not run.
 */
export const buildServer = async (deps: ServerDeps): Promise<Api> => {
  const api = newServer(deps)
  addHandlers(api, deps)
  addDoor(api, deps)
  await describeApi(api)
  const { useCases, readModels } = deps
  const parts = feedParts(api, deps)
  const positionOf = livePosition(readModels)
  waitForMinPosition(api, { positionOf, headOf: headPosition(readModels), wake: parts.wake })
  const clock = deps.clock ?? { now: Date.now }
  await registerRoutes(api, { useCases, readModels, now: () => timestampOf(clock.now()), ...parts })
  await api.ready()
  return api
}

/** Feeds end before the server waits for its open requests: they would never end by themselves. */
const feedParts = (api: Api, { hints }: ServerDeps): { feeds: OpenFeeds; wake: FeedWake } => {
  const feeds = new OpenFeeds()
  const wake = new FeedWake(hints)
  api.addHook('preClose', async () => {
    feeds.endAll()
    await wake.close()
  })
  return { feeds, wake }
}

const newServer = ({ config, logger }: ServerDeps): Api => {
  const api = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // Our own line says less (no path, no address) and says it once.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (parent) => parent,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    routerOptions: { maxParamLength: PATH_SEGMENT_CHARS_MAX },
    trustProxy: config.trustProxy ?? false,
    requestIdHeader: false,
    // While closing, requests that are on their way are still served, on connections that then close.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      readCorrelation(request, reply, () => errorHandler(logger)(error, request, reply))
    },
    clientErrorHandler: clientErrorHandler(logger),
  }).withTypeProvider<TypeBoxTypeProvider>()
  api.removeAllContentTypeParsers()
  return api
}

const addHandlers = (api: Api, { logger }: ServerDeps): void => {
  api.setValidatorCompiler(validatorCompiler)
  // Schemas of replies describe, they do not filter: a compiled one would drop an undeclared field in silence.
  api.setSerializerCompiler(() => JSON.stringify)
  api.setErrorHandler(errorHandler(logger))
  api.setNotFoundHandler(watchMethods(api))
  api.addHook('onSend', entityTag)
  api.addHook('onSend', serverTiming)
  api.addHook('onResponse', requestLog(logger))
}

const addDoor = (api: Api, { authenticate, config, clock }: ServerDeps): void => {
  requireScope(api)
  api.addHook('onRequest', readCorrelation)
  api.addHook(
    'onRequest',
    askWho({ authenticate, wrongKeys: wrongKeys(clock ?? { now: Date.now }) }),
  )
  api.addHook('onRequest', readIdempotencyKey(config))
  api.addHook('preValidation', refuseUnwantedBody)
}
