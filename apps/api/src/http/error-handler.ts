import { randomUUID } from 'node:crypto'
import { LogDetached } from '@writ/event-log'
import { Problem, type ProblemCode, StoreUnavailable } from '@writ/kernel'
import type { Logger } from '@writ/observability'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from './problem-reply.ts'
import { Refused } from './refused.ts'

/** Fastify's own refusals, as they are known here. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_BAD_URL: 'http-malformed',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'http-malformed',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'content-type-unsupported',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  // The client went away in the middle of its body: nobody reads this.
  ECONNRESET: 'http-malformed',
  ECONNABORTED: 'http-malformed',
}

/** Every thrown thing becomes a problem; only the log learns what was behind an `internal`. */
export const errorHandler =
  (logger: Logger) =>
  (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof Refused) {
      refuse(reply, error.problem)
      return
    }
    const known = FASTIFY_CODES[codeOf(error)]
    if (known !== undefined) {
      refuse(reply, new Problem(known, ''))
      return
    }
    if (error instanceof LogDetached) {
      refuse(reply, new Problem('positions-detached', ''))
      return
    }
    refuseFailure(error, reply, logger)
  }

const refuseFailure = (error: unknown, reply: FastifyReply, logger: Logger): void => {
  const errorId = randomUUID()
  const lost = error instanceof StoreUnavailable
  const facts = reply.request.facts
  logger[lost ? 'warn' : 'error'](
    {
      err: error,
      errorId,
      route: reply.request.routeOptions?.url,
      correlationId: facts?.correlationId,
    },
    lost ? 'the store did not answer' : 'a request failed inside',
  )
  refuse(reply, lost ? storeProblem(error) : new Problem('internal', ''), errorId)
}

const storeProblem = ({ outcome }: StoreUnavailable): Problem =>
  new Problem(
    'store-unavailable',
    outcome === 'not-written'
      ? 'The store did not answer and nothing was written. Repeat the request.'
      : 'The store did not answer and the write may be durable. Repeat with the same Idempotency-Key.',
  )

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
