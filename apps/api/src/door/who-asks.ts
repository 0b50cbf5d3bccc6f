import type { Caller } from '@writ/commands'
import { Problem } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../http/problem-reply.ts'
import type { WrongKeys } from './wrong-keys.ts'

/** The caller behind a token; undefined for a token that is wrong, expired or revoked. */
export type Authenticate = (token: string) => Promise<Caller | undefined>

/** A bearer token of visible ASCII. Longer than any key of ours and most JWTs; the rest is not worth a hash. */
const BEARER = /^Bearer +([\x21-\x7e]{1,4096})$/i

/**
 * Step 1 of every request (DESIGN §2): tenant, actor and scopes come from the credential, never from a body, a query
 * or another header. Runs before the body is read, so that strangers cannot make us parse.
 */
export const askWho =
  ({ authenticate, wrongKeys }: { authenticate: Authenticate; wrongKeys: WrongKeys }) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const scope = request.routeOptions.config?.scope
    if (request.is404 || scope === 'public' || scope === undefined) return undefined
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return refuseStranger(reply, 'Bearer realm="writ"')
    const caller = await authenticate(token)
    if (caller === undefined) {
      // Counted after the check, so that a valid key behind the same address is never shut out.
      const waitSeconds = wrongKeys.count(request.ip)
      if (waitSeconds === undefined) {
        return refuseStranger(reply, 'Bearer realm="writ", error="invalid_token"')
      }
      return refuse(reply, new Problem('too-many-attempts', '', { retryAfterSeconds: waitSeconds }))
    }
    request.facts.caller = caller
    if (caller.scopes.has(scope)) return undefined
    return refuse(
      reply,
      new Problem('forbidden', `This route needs the scope ${scope}.`, { scope }),
    )
  }

const refuseStranger = (reply: FastifyReply, challenge: string): FastifyReply => {
  reply.header('WWW-Authenticate', challenge)
  return refuse(reply, new Problem('unauthorized', ''))
}
