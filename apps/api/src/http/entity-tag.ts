import { sha256 } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Gives every JSON reply to a GET an ETag over its bytes, and answers 304 without a body to who has them already.
 * Strong: equal tags mean equal bytes. Source: RFC 9110 §8.8.3, §13.1.2.
 */
export const entityTag = (
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void => {
  if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') {
    done(null, payload)
    return
  }
  const tag = `"${sha256(payload).toString('base64url', 0, 16)}"`
  reply.header('ETag', tag)
  if (!reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'private, no-cache')
  if (!holds(request.headers['if-none-match'], tag)) {
    done(null, payload)
    return
  }
  reply.code(304).removeHeader('Content-Type').removeHeader('Content-Length')
  done(null, '')
}

/** If-None-Match lists tags, compares weakly, and `*` stands for any. */
const holds = (header: string | undefined, tag: string): boolean =>
  (header ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === tag || one === '*')
