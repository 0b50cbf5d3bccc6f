import { Decision, DecisionPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const readDecisionRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/decisions/:id',
    {
      config: { scope: 'decisions:read', problems: ['decision-not-found'] },
      schema: {
        tags: ['decisions'],
        summary: 'One decision as it was recorded',
        params: DecisionPath,
        response: { 200: Decision } as object,
      },
    },
    async (request, reply) => {
      const decision = await useCases.decisionById(
        callerOf(request),
        request.params.id.toLowerCase(),
      )
      if (decision instanceof Problem) return refuse(reply, decision)
      return reply.header('Cache-Control', 'no-store').send(decision)
    },
  )
