import { EventTypeDocument, EventTypePath, EventTypeReceipt } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const registerEventTypeRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.put(
    '/event-types/:type/:schema',
    {
      config: {
        scope: 'event-types:write',
        idempotencyKey: 'accepted',
        problems: ['event-type-exists', 'event-type-schema-invalid', 'overloaded'],
      },
      schema: {
        tags: ['events'],
        summary: 'Register a version of an event type',
        params: EventTypePath,
        body: EventTypeDocument,
        response: { 201: EventTypeReceipt } as object,
      },
    },
    async (request, reply) => {
      const { params, body: document } = request
      const receipt = await useCases.registerEventType(commandContext(request), {
        ...params,
        document,
      })
      if (receipt instanceof Problem) return refuse(reply, receipt)
      return reply.code(201).send({ ...params, ...settled(reply, receipt) })
    },
  )
