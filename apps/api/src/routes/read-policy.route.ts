import { PolicyDetail, PolicyPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const readPolicyRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/policies/:name/:version',
    {
      config: {
        scope: 'policies:read',
        problems: ['policy-not-found', 'policy-reference-invalid'],
      },
      schema: {
        tags: ['policies'],
        summary: 'One version of a policy with its document',
        params: PolicyPath,
        response: { 200: PolicyDetail } as object,
      },
    },
    async (request, reply) => {
      const { name, version } = request.params
      const policy = await useCases.policyByReference(callerOf(request), `${name}@${version}`)
      return policy instanceof Problem ? refuse(reply, policy) : reply.send(policy)
    },
  )
