import {
  AppendedMany,
  AppendedOne,
  CloudEvent,
  CloudEventBatch,
  PlainEvent,
  PlainEvents,
} from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import {
  CLOUD_EVENT_BATCH_TYPE,
  CLOUD_EVENT_TYPE,
  incomingEvents,
} from '../door/incoming-events.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const appendEventsRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/events',
    {
      config: { scope: 'events:write', idempotencyKey: 'accepted', problems: PROBLEMS },
      schema: SCHEMA,
      // Which schema applies is told by headers too (binary mode), so incomingEvents judges the body.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const incoming = incomingEvents(request)
      if (incoming instanceof Problem) return refuse(reply, incoming)
      const receipt = await useCases.appendEvents(commandContext(request), incoming.events)
      if (receipt instanceof Problem) return refuse(reply, receipt)
      const { ledger, events } = settled(reply, receipt)
      const [first] = events
      reply.code(201).header('Location', `/events/${first?.id}`)
      return reply.send(incoming.single ? { ledger, ...first } : { ledger, events })
    },
  )

const PROBLEMS = [
  'event-id-reused',
  'event-too-large',
  'event-type-unregistered',
  'ledger-not-found',
  'overloaded',
  'reserved-stream',
  'revision-conflict',
  'stale-key',
] as const

const SCHEMA = {
  tags: ['events'],
  summary: 'Append one event or several, all or none',
  description:
    'Plain JSON (one event, or a list) or CloudEvents 1.0: structured, batch, or binary with `ce-*` headers and a JSON body. ' +
    'One event is answered by itself, a list or batch as a list; `Location` names the first.',
  body: {
    content: {
      'application/json': { schema: { anyOf: [PlainEvent, PlainEvents] } },
      [CLOUD_EVENT_TYPE]: { schema: CloudEvent },
      [CLOUD_EVENT_BATCH_TYPE]: { schema: CloudEventBatch },
    },
  },
  response: {
    201: { anyOf: [AppendedOne, AppendedMany], description: 'Durable when you read this.' },
  } as object,
}
