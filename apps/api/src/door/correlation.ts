import { randomUUID } from 'node:crypto'
import { isUuid, Problem } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../http/problem-reply.ts'
import { validTraceparent } from './traceparent.ts'

/**
 * First of all steps: what ties the lines of a request together. A correlation id that is no UUID is refused and its
 * text goes nowhere: it would end in log lines, in events and in a uuid column.
 */
export const readCorrelation = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void => {
  const sent = request.headers['x-correlation-id']
  const correlationId = sent === undefined ? randomUUID() : correlationIdOf(sent)
  request.facts = {
    correlationId: correlationId ?? randomUUID(),
    traceparent: validTraceparent(request.headers.traceparent),
  }
  if (correlationId === undefined) {
    refuse(reply, new Problem('correlation-id-invalid', ''))
    return
  }
  reply.header('x-correlation-id', correlationId)
  done()
}

const correlationIdOf = (sent: string | string[]): string | undefined => {
  const id = String(sent).toLowerCase()
  return isUuid(id) ? id : undefined
}
