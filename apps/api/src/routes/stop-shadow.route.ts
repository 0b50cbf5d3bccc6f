import { ShadowPath, ShadowRun, ShadowStop } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const stopShadowRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/shadows/:id/stop',
    {
      config: {
        scope: 'policies:write',
        idempotencyKey: 'required',
        problems: ['overloaded', 'shadow-not-found'],
      },
      schema: {
        tags: ['policies'],
        summary: 'End a shadow run; one that has ended stays as it is',
        params: ShadowPath,
        body: ShadowStop,
        response: { 200: ShadowRun } as object,
      },
    },
    async (request, reply) => {
      const id = request.params.id.toLowerCase()
      const stopped = await useCases.stopShadow(commandContext(request), id, request.body)
      if (stopped instanceof Problem) return refuse(reply, stopped)
      return reply.send(settled(reply, { ...stopped.run, replayed: stopped.replayed }))
    },
  )
