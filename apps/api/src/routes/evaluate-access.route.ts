import {
  AccessEvaluation,
  AccessEvaluationRequest,
  AccessEvaluations,
  AccessEvaluationsRequest,
} from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { FastifyRequest } from 'fastify'
import { accessAnswer, accessError } from '../access-evaluation/access-answer.ts'
import { askedDecision } from '../access-evaluation/asked-decision.ts'
import { askedEvaluations, stopsAt } from '../access-evaluation/asked-evaluations.ts'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

const PROBLEMS = [
  'action-disabled',
  'decisions-halted',
  'overloaded',
  'stale-control',
  'stale-key',
  'unknown-action',
] as const
const CONFIG = {
  scope: 'decisions:write',
  idempotencyKey: 'required-in-production',
  problems: PROBLEMS,
} as const

export const evaluateAccessRoute = (api: Api, deps: RouteDeps): Api =>
  api.post(
    '/access/v1/evaluation',
    {
      config: CONFIG,
      schema: {
        tags: ['decisions'],
        summary: 'May this be done? As AuthZEN asks',
        body: AccessEvaluationRequest,
        response: { 200: AccessEvaluation } as object,
      },
    },
    async (request, reply) => {
      const answer = await evaluated(deps, request, request.body)
      reply.header('Cache-Control', 'no-store')
      return answer instanceof Problem ? refuse(reply, answer) : reply.send(answer)
    },
  )

export const evaluateAccessesRoute = (api: Api, deps: RouteDeps): Api =>
  api.post(
    '/access/v1/evaluations',
    {
      config: CONFIG,
      schema: {
        tags: ['decisions'],
        summary: 'Several questions of AuthZEN at once',
        body: AccessEvaluationsRequest,
        response: { 200: AccessEvaluations } as object,
      },
    },
    async (request, reply) => {
      const evaluations: AccessEvaluation[] = []
      // One after the other: what stops at the first answer must not have asked the rest.
      for (const [no, asked] of askedEvaluations(request.body).entries()) {
        const answer =
          asked instanceof Problem ? asked : await evaluated(deps, request, asked, `#${no}`)
        evaluations.push(answer instanceof Problem ? accessError(answer) : answer)
        if (stopsAt(request.body, evaluations.at(-1) as AccessEvaluation)) break
      }
      return reply.header('Cache-Control', 'no-store').send({ evaluations })
    },
  )

/** @param part of the request's Idempotency-Key, for one of several */
const evaluated = async (
  { useCases, now }: RouteDeps,
  request: FastifyRequest,
  asked: AccessEvaluationRequest,
  part = '',
): Promise<AccessEvaluation | Problem> => {
  const decision = askedDecision(asked)
  if (decision instanceof Problem) return decision
  const context = commandContext(request)
  const key = context.idempotencyKey
  const made = await useCases.makeDecision(
    { ...context, ...(key === undefined ? {} : { idempotencyKey: `${key}${part}` }) },
    decision.domain,
    decision.request,
  )
  return made instanceof Problem ? made : accessAnswer(made.decision, now())
}
