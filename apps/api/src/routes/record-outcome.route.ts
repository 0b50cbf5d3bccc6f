import { OutcomePath, OutcomeReceipt, OutcomeRequest } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const recordOutcomeRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/outcomes/:decisionId',
    {
      config: {
        scope: 'outcomes:write',
        idempotencyKey: 'accepted',
        problems: [
          'decision-not-found',
          'outcome-conflict',
          'outcome-not-found',
          'outcome-time-invalid',
          'overloaded',
        ],
      },
      schema: {
        tags: ['outcomes'],
        summary: 'Tell what came of a decision',
        params: OutcomePath,
        body: OutcomeRequest,
        response: { 201: OutcomeReceipt } as object,
      },
    },
    async (request, reply) => {
      const decisionId = request.params.decisionId.toLowerCase()
      const outcome = await useCases.recordOutcome(
        commandContext(request),
        decisionId,
        request.body,
      )
      if (outcome instanceof Problem) return refuse(reply, outcome)
      return reply
        .code(201)
        .header('Location', `/outcomes/${decisionId}`)
        .send(settled(reply, outcome))
    },
  )
