import { type Static, Type } from '@sinclair/typebox'
import { EVENT_ID_CHARS_MAX, EVENTS_PER_REQUEST_MAX, URI_CHARS_MAX } from './limits.ts'
import { anyObject, closed, EventType, EXTERNAL_ID, SchemaVersion, Time } from './scalars.ts'

/**
 * One CloudEvents 1.0 event (structured mode). Extension attributes that Writ does not keep are refused rather than
 * dropped: put their values into `data`.
 */
export const CloudEvent = closed(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({
      minLength: 1,
      maxLength: EVENT_ID_CHARS_MAX,
      description: 'Unique within `source`.',
    }),
    source: Type.String({ minLength: 1, maxLength: URI_CHARS_MAX }),
    type: EventType,
    subject: Type.Optional(
      Type.String({
        pattern: `^${EXTERNAL_ID}$`,
        description:
          'The stream when it reads `category:id`; any other text names the stream `cloudevent:<subject>`.',
        examples: ['customer:c-42'],
      }),
    ),
    time: Type.Optional(Time),
    datacontenttype: Type.Optional(
      Type.String({
        pattern:
          '^[Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/([A-Za-z0-9.-]+\\+)?[Jj][Ss][Oo][Nn]( *;.*)?$',
        maxLength: 128,
        description: 'application/json or a +json type.',
      }),
    ),
    dataschema: Type.Optional(Type.String({ minLength: 1, maxLength: URI_CHARS_MAX })),
    data: Type.Optional(anyObject({ description: 'What happened; default an empty object.' })),
    correlationid: Type.Optional(Type.String({ format: 'uuid' })),
    causationid: Type.Optional(Type.String({ format: 'uuid' })),
    schemaversion: Type.Optional(SchemaVersion),
    expectedrevision: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    traceparent: Type.Optional(Type.String({ maxLength: 256 })),
  },
  {
    title: 'CloudEvent',
    description: 'One CloudEvents 1.0 event.',
    examples: [
      {
        specversion: '1.0',
        id: 'order-4711/placed',
        source: '/shop/orders',
        type: 'com.acme.order.placed',
        subject: 'order:4711',
        time: '2026-03-01T13:00:00+01:00',
        data: { total: 120 },
      },
    ],
  },
)

export const CloudEventBatch = Type.Array(CloudEvent, {
  title: 'CloudEventBatch',
  minItems: 1,
  maxItems: EVENTS_PER_REQUEST_MAX,
  description: 'CloudEvents 1.0 batch, appended together or not at all.',
})

export type CloudEvent = Static<typeof CloudEvent>
