import { FeedQuery } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { eventFeed } from '../feed/event-feed.ts'
import { refuse } from '../http/problem-reply.ts'

const FIRST_PAGE = 200

export const feedEventsRoute = (api: Api, { useCases, feeds, wake }: RouteDeps): Api =>
  api.get(
    '/events/feed',
    {
      config: {
        scope: 'events:read',
        problems: ['ledger-not-found', 'cursor-invalid', 'too-many-feeds'],
      },
      schema: {
        tags: ['events'],
        summary: 'Follow the log',
        description:
          'Server-sent events from `Last-Event-ID` (or `after`) on: what is stored first, then what arrives. The id of an event is its position, so a client that reconnects misses nothing and gets nothing twice.',
        querystring: FeedQuery,
        response: {
          200: {
            description: 'The feed; it has no end.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
        } as object,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { after: from, ...filter } = request.query
      const after = positionOf(request.headers['last-event-id']) ?? from ?? 0
      if (after instanceof Problem) return refuse(reply, after)
      const first = await useCases.listEvents(caller, { ...filter, after, limit: FIRST_PAGE })
      if (first instanceof Problem) return refuse(reply, first)
      const place = feeds.enter(caller)
      if (place instanceof Problem) return refuse(reply, place)
      const listEvents = useCases.listEvents
      const stream = eventFeed(
        { listEvents, wake },
        { caller, after, filter, signal: place.signal },
        first,
      )
      stream.once('close', () => {
        place.abort()
        feeds.leave(caller, place)
      })
      return reply
        .header('Content-Type', 'text/event-stream; charset=utf-8')
        .header('Cache-Control', 'no-store')
        .header('X-Accel-Buffering', 'no')
        .header('Writ-Position', String(first.head))
        .send(stream as never)
    },
  )

/** What a browser sends when it comes back: the id of the last event that it has. */
const positionOf = (header: string | string[] | undefined): number | Problem | undefined => {
  if (header === undefined || header === '') return undefined
  const position = Number(header)
  if (typeof header === 'string' && /^\d{1,15}$/.test(header) && Number.isSafeInteger(position)) {
    return position
  }
  return new Problem('cursor-invalid', 'Last-Event-ID is the position of an event: a whole number.')
}
