import { EventEntry, EventPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const readEventRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/events/:id',
    {
      config: { scope: 'events:read', problems: ['event-not-found'] },
      schema: {
        tags: ['events'],
        summary: 'One entry of the log',
        params: EventPath,
        response: { 200: EventEntry } as object,
      },
    },
    async (request, reply) => {
      const event = await useCases.eventById(callerOf(request), request.params.id.toLowerCase())
      return event instanceof Problem ? refuse(reply, event) : reply.send(event)
    },
  )
