import { ShadowRequest, ShadowRun } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const startShadowRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/shadows',
    {
      config: { scope: 'policies:write', idempotencyKey: 'required', problems: PROBLEMS },
      schema: {
        tags: ['policies'],
        summary: 'Let a candidate judge live decisions, without any effect',
        body: ShadowRequest,
        response: { 201: ShadowRun } as object,
      },
    },
    async (request, reply) => {
      const started = await useCases.startShadow(commandContext(request), request.body)
      if (started instanceof Problem) return refuse(reply, started)
      const { run, replayed } = started
      reply.header('Location', `/shadows/${run.id}`)
      return reply.code(201).send(settled(reply, { ...run, replayed }))
    },
  )

const PROBLEMS = [
  'overloaded',
  'policy-not-found',
  'policy-reference-invalid',
  'policy-revoked',
  'shadow-refused',
] as const
