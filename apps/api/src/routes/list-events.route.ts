import { EventList, EventQuery } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { nextLink } from '../http/next-link.ts'
import { refuse } from '../http/problem-reply.ts'

export const listEventsRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/events',
    {
      config: { scope: 'events:read', problems: ['ledger-not-found'] },
      schema: {
        tags: ['events'],
        summary: 'Read the log in order',
        querystring: EventQuery,
        response: { 200: EventList } as object,
      },
    },
    async (request, reply) => {
      const page = await useCases.listEvents(callerOf(request), request.query)
      if (page instanceof Problem) return refuse(reply, page)
      reply.header('Writ-Position', String(page.head))
      if (page.next !== undefined)
        reply.header('Link', nextLink('/events', request.query, page.next))
      return reply.send(page)
    },
  )
