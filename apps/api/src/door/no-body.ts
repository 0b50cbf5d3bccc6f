import { Problem } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../http/problem-reply.ts'

/** A route that takes no body refuses one instead of ignoring it; an empty object passes for none. */
export const refuseUnwantedBody = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void => {
  const { body } = request
  const wanted = request.routeOptions.schema?.body !== undefined || request.is404
  if (wanted || isNone(body)) done()
  else refuse(reply, new Problem('request-invalid', 'This route takes no body.'))
}

const isNone = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  (typeof body === 'object' && !Array.isArray(body) && Object.keys(body).length === 0)
