import { DecisionExplanation, DecisionPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const explainDecisionRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/decisions/:id/explanation',
    {
      config: { scope: 'decisions:read', problems: ['decision-not-found', 'policy-not-found'] },
      schema: {
        tags: ['decisions'],
        summary: 'Why a decision was taken, and what would have changed it',
        params: DecisionPath,
        response: { 200: DecisionExplanation } as object,
      },
    },
    async (request, reply) => {
      const why = await useCases.explainDecision(callerOf(request), request.params.id.toLowerCase())
      if (why instanceof Problem) return refuse(reply, why)
      return reply.header('Cache-Control', 'no-store').send(why)
    },
  )
