import { PolicyDiffPath, PolicyDiffReply } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const diffPoliciesRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/policies/:name/:version/diff/:other',
    {
      config: {
        scope: 'policies:read',
        problems: ['policy-not-found', 'policy-reference-invalid'],
      },
      schema: {
        tags: ['policies'],
        summary: 'What another version changes, in text and in decisions',
        params: PolicyDiffPath,
        response: { 200: PolicyDiffReply } as object,
      },
    },
    async (request, reply) => {
      const { name, version: before, other: after } = request.params
      const diff = await useCases.policyDiff(callerOf(request), { name, before, after })
      return diff instanceof Problem ? refuse(reply, diff) : reply.send(diff)
    },
  )
