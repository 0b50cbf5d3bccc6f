import { PolicyReport } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { POLICY_BODY, policyText } from '../door/policy-text.ts'
import { refuse } from '../http/problem-reply.ts'

export const validatePolicyRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/policies/validate',
    {
      config: {
        scope: 'policies:read',
        problems: ['policy-invalid', 'policy-tests-failed', 'policy-unreadable'],
      },
      schema: {
        tags: ['policies'],
        summary: 'Check a policy gate by gate without publishing it',
        body: POLICY_BODY,
        response: { 200: PolicyReport } as object,
      },
    },
    async (request, reply) => {
      const report = await useCases.validatePolicy(callerOf(request), policyText(request.body))
      return report instanceof Problem ? refuse(reply, report) : reply.send(report)
    },
  )
