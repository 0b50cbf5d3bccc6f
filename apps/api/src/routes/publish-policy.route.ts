import { PolicyPublication } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { POLICY_BODY, policyText } from '../door/policy-text.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const publishPolicyRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/policies',
    {
      config: { scope: 'policies:write', idempotencyKey: 'accepted', problems: PROBLEMS },
      schema: {
        tags: ['policies'],
        summary: 'Publish a version of a policy; it decides nothing until it is activated',
        body: POLICY_BODY,
        response: { 201: PolicyPublication } as object,
      },
    },
    async (request, reply) => {
      const policy = await useCases.publishPolicy(commandContext(request), policyText(request.body))
      if (policy instanceof Problem) return refuse(reply, policy)
      const location = `/policies/${encodeURIComponent(policy.name)}/${encodeURIComponent(policy.version)}`
      return reply.code(201).header('Location', location).send(settled(reply, policy))
    },
  )

const PROBLEMS = [
  'overloaded',
  'policies-frozen',
  'policy-exists',
  'policy-invalid',
  'policy-tests-failed',
  'policy-unreadable',
  'revision-conflict',
] as const
