import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEM_MEDIA_TYPE } from '@writ/contracts'
import { Problem, type ProblemCode } from '@writ/kernel'
import type { Logger } from '@writ/observability'
import { HTTP_STATUS } from '../http-status.ts'
import { problemBody } from './problem-reply.ts'

const CODES: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}

/** What never became a request: no route, no hook and no reply object exist, so the answer is written by hand. The
 *  bytes that came are not logged: they are the sender's choice. */
export const clientErrorHandler =
  (logger: Logger) =>
  (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    const code = CODES[error.code ?? ''] ?? 'http-malformed'
    const errorId = randomUUID()
    logger.info({ code, errorId }, 'refused before it was a request')
    if (socket.writable) socket.write(rawReply(code, errorId))
    socket.destroy()
  }

const rawReply = (code: ProblemCode, errorId: string): string => {
  const body = JSON.stringify(problemBody(new Problem(code, ''), errorId))
  const status = HTTP_STATUS[code]
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
