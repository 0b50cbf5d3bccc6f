import type { Caller, CommandContext } from '@writ/commands'
import type { FastifyRequest } from 'fastify'

type AnyRequest = Pick<FastifyRequest, 'facts'>

/** Who asks. A route without a caller is a defect: every route with a scope has passed {@link askWho}. */
export const callerOf = ({ facts }: AnyRequest): Caller => {
  if (facts.caller === undefined) throw new Error('a route without a scope asked for its caller')
  return facts.caller
}

export const commandContext = (request: AnyRequest): CommandContext => {
  const { correlationId, idempotencyKey, traceparent } = request.facts
  return {
    caller: callerOf(request),
    correlationId,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
  }
}
