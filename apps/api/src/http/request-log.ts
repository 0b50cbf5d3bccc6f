import type { Logger } from '@writ/observability'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** One line a request: the route's pattern, never its path, since ids of people stand in paths. */
export const requestLog =
  (logger: Logger) =>
  (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { facts } = request
    const { url, config } = request.routeOptions
    const level = config?.scope === 'public' ? 'debug' : 'info'
    if (logger.isLevelEnabled(level)) {
      logger[level](
        {
          method: request.method,
          route: url,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          correlationId: facts?.correlationId,
          traceId: facts?.traceparent?.slice(3, 35),
          tenant: facts?.caller?.tenant,
          actor: facts?.caller?.actor.id,
          code: facts?.problem?.code,
          errorId: facts?.problem?.errorId,
        },
        'request',
      )
    }
    done()
  }

/** The whole request's time, as its caller may see it, behind whatever a route measured itself. */
export const serverTiming = (
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void => {
  const total = `total;dur=${reply.elapsedTime.toFixed(1)}`
  const parts = reply.getHeader('Server-Timing')
  reply.header('Server-Timing', parts === undefined ? total : `${String(parts)}, ${total}`)
  done(null, payload)
}
