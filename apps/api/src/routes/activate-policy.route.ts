import { ActivationRequest, PolicyActivation, PolicyPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const activatePolicyRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/policies/:name/:version/activate',
    {
      config: { scope: 'policies:activate', idempotencyKey: 'required', problems: PROBLEMS },
      schema: {
        tags: ['policies'],
        summary: 'Let a published version decide; an older one is a rollback',
        params: PolicyPath,
        body: ActivationRequest,
        response: { 200: PolicyActivation } as object,
      },
    },
    async (request, reply) => {
      const { name, version } = request.params
      const active = await useCases.activatePolicy(
        commandContext(request),
        name,
        version,
        request.body ?? {},
      )
      return active instanceof Problem ? refuse(reply, active) : reply.send(settled(reply, active))
    },
  )

const PROBLEMS = [
  'approval-needed',
  'overloaded',
  'policies-frozen',
  'policy-activation-frozen',
  'policy-invalid',
  'policy-not-found',
  'policy-not-ready',
  'policy-reference-invalid',
  'policy-revoked',
  'policy-tests-failed',
  'self-activation-forbidden',
  'stale-control',
] as const
