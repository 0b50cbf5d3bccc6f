import { OutcomePath, Outcomes } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const readOutcomesRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/outcomes/:decisionId',
    {
      config: { scope: 'outcomes:read', problems: ['decision-not-found'] },
      schema: {
        tags: ['outcomes'],
        summary: 'The outcomes of a decision and their history',
        params: OutcomePath,
        response: { 200: Outcomes } as object,
      },
    },
    async (request, reply) => {
      const outcomes = await useCases.outcomesOf(
        callerOf(request),
        request.params.decisionId.toLowerCase(),
      )
      return outcomes instanceof Problem ? refuse(reply, outcomes) : reply.send(outcomes)
    },
  )
