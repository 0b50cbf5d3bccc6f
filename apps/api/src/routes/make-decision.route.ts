import { Decision, DecisionRequest, DomainPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const makeDecisionRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/decisions/:domain',
    {
      config: {
        scope: 'decisions:write',
        idempotencyKey: 'required-in-production',
        problems: PROBLEMS,
      },
      schema: SCHEMA,
    },
    async (request, reply) => {
      const { params, body } = request
      const made = await useCases.makeDecision(commandContext(request), params.domain, body)
      if (made instanceof Problem) return refuse(reply, made)
      reply
        .header('Cache-Control', 'no-store')
        .header('Server-Timing', `command;dur=${made.totalMs.toFixed(1)}`)
      if (made.replayed) reply.header('Idempotency-Replayed', 'true')
      if (body.mode === 'dry-run') return reply.send(made.decision)
      return reply
        .code(201)
        .header('Location', `/decisions/${made.decision.id}`)
        .send(made.decision)
    },
  )

const PROBLEMS = [
  'action-disabled',
  'decisions-halted',
  'ledger-not-found',
  'overloaded',
  'stale-control',
  'stale-key',
  'unknown-action',
] as const

const JSON_DECISION = { 'application/json': { schema: Decision } }

const SCHEMA = {
  tags: ['decisions'],
  summary: 'May this be done?',
  description:
    'A live decision is durable before it is answered. A dry run answers the same and writes nothing.',
  params: DomainPath,
  body: DecisionRequest,
  response: {
    200: { description: 'A dry run: `log` is null.', content: JSON_DECISION },
    201: { description: 'A recorded decision.', content: JSON_DECISION },
  } as object,
}
