import { DecisionExplanation, DecisionPath, ExplanationQuery } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const explainDecisionRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/decisions/:id/explanation',
    {
      config: {
        scope: 'decisions:read',
        problems: ['decision-not-found', 'forbidden', 'policy-not-found'],
      },
      schema: {
        tags: ['decisions'],
        summary: 'Why a decision was taken, and what would have changed it',
        params: DecisionPath,
        querystring: ExplanationQuery,
        response: { 200: DecisionExplanation } as object,
      },
    },
    async (request, reply) => {
      const { audience = 'operator' } = request.query
      const id = request.params.id.toLowerCase()
      const why = await useCases.explainDecision(callerOf(request), id, audience)
      if (why instanceof Problem) return refuse(reply, why)
      return reply.header('Cache-Control', 'no-store').send(why)
    },
  )
