import { randomUUID } from 'node:crypto'
import { PROBLEM_MEDIA_TYPE, type ProblemReply, problemType } from '@writ/contracts'
import { PROBLEM_CODES, type Problem, type ProblemCode } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HTTP_STATUS, RETRY_AFTER_SECONDS } from '../http-status.ts'
import { keepConnection } from './keep-connection.ts'

/** The parts of a reply that a refusal needs; routes with typed replies fit it too. */
type AnyReply = Pick<FastifyReply, 'code' | 'header' | 'removeHeader' | 'raw'> & {
  readonly request: Pick<FastifyRequest, 'facts' | 'raw'>
  send(payload?: unknown): unknown
}

/** Answers with RFC 9457 problem details, and leaves code and errorId for the line in the log. */
export const refuse = <R extends AnyReply>(
  reply: R,
  problem: Problem,
  errorId: string = randomUUID(),
): R => {
  const { request } = reply
  if (request.facts !== undefined) request.facts.problem = { code: problem.code, errorId }
  const retryAfter = problem.fields.retryAfterSeconds ?? RETRY_AFTER_SECONDS[problem.code]
  if (retryAfter !== undefined) reply.header('Retry-After', String(Math.ceil(retryAfter)))
  keepConnection(reply)
  reply.header('Cache-Control', 'no-store').header('Content-Type', PROBLEM_MEDIA_TYPE)
  reply.code(HTTP_STATUS[problem.code])
  reply.send(problemBody(problem, errorId, request.facts?.traceparent))
  return reply
}

/** The wire form. Fields of the problem stand beside the standard members and can never replace one. */
export const problemBody = (
  problem: Problem,
  errorId: string,
  traceparent?: string,
): Omit<ProblemReply, 'errors'> => {
  const { retryAfterSeconds: _, ...fields } = problem.fields
  return {
    ...fields,
    ...(traceparent === undefined ? {} : { traceId: traceparent.slice(3, 35) }),
    type: problemType(problem.code),
    title: titleOf(problem.code),
    status: HTTP_STATUS[problem.code],
    detail: problem.detail === '' ? PROBLEM_CODES[problem.code] : problem.detail,
    // Names this occurrence. The request's own path would say more and may hold a person's id.
    instance: `urn:uuid:${errorId}`,
    code: problem.code,
    errorId,
  }
}

const titleOf = (code: ProblemCode): string => {
  const words = code.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
