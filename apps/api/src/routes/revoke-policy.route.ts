import { PolicyActivation, PolicyPath, WithdrawalRequest } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const revokePolicyRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/policies/:name/:version/revoke',
    {
      config: {
        scope: 'policies:activate',
        idempotencyKey: 'required',
        problems: ['overloaded', 'policy-not-found', 'policy-revoked'],
      },
      schema: {
        tags: ['policies'],
        summary: 'Take a version out of use for ever',
        params: PolicyPath,
        body: WithdrawalRequest,
        response: { 200: PolicyActivation } as object,
      },
    },
    async (request, reply) => {
      const wanted = { ...request.params, ...request.body }
      const revoked = await useCases.revokePolicy(commandContext(request), wanted)
      return revoked instanceof Problem
        ? refuse(reply, revoked)
        : reply.send(settled(reply, revoked))
    },
  )
