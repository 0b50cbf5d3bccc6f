import { IDEMPOTENCY_KEY_CHARS_MAX } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IdempotencyRule } from '../api.ts'
import type { ApiConfig } from '../config.ts'
import { refuse } from '../http/problem-reply.ts'

const PRINTABLE = new RegExp(`^[\\x20-\\x7e]{1,${IDEMPOTENCY_KEY_CHARS_MAX}}$`)
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/** The key inside the header: bare, or a quoted string of RFC 9651; both spellings of one key are one key. */
export const idempotencyKeyOf = (sent: string): string | undefined => {
  const quoted = QUOTED.exec(sent)
  const key = quoted === null ? sent : (quoted[1] ?? '').replace(/\\(["\\])/g, '$1')
  if (quoted === null && sent.startsWith('"')) return undefined
  return PRINTABLE.test(key) ? key : undefined
}

/** Reads the key of a mutating route, and insists where the route does. */
export const readIdempotencyKey =
  ({ profile }: ApiConfig) =>
  (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const rule = request.routeOptions.config?.idempotencyKey
    const sent = rule === undefined ? [] : keysSent(request)
    if (sent.length === 0) {
      if (!insists(rule, profile)) done()
      else refuse(reply, new Problem('idempotency-key-required', ''))
      return
    }
    const key = sent.length === 1 ? idempotencyKeyOf(sent[0] as string) : undefined
    if (key === undefined) {
      refuse(reply, new Problem('idempotency-key-invalid', ''))
      return
    }
    request.facts.idempotencyKey = key
    done()
  }

/** Every header of that name: Node joins two into one text, which would make a third key of them. */
const keysSent = ({ headers, raw }: FastifyRequest): readonly string[] => {
  const joined = headers['idempotency-key']
  if (joined === undefined) return []
  return String(joined).includes(', ')
    ? (raw.headersDistinct['idempotency-key'] ?? [])
    : [String(joined)]
}

const insists = (rule: IdempotencyRule | undefined, profile: ApiConfig['profile']): boolean =>
  rule === 'required' || (rule === 'required-in-production' && profile === 'production')
