import { type Static, Type } from '@sinclair/typebox'
import { EVENT_ID_CHARS_MAX, EVENTS_PER_REQUEST_MAX, URI_CHARS_MAX } from './limits.ts'
import { After, Limit } from './paging.ts'
import {
  anyObject,
  CorrelationId,
  closed,
  EventType,
  Hash,
  Ledger,
  Position,
  Revision,
  SchemaVersion,
  Stream,
  Subject,
  Time,
  Uuid,
} from './scalars.ts'

/** One event as a producer writes it in plain JSON. */
export const PlainEvent = closed(
  {
    type: EventType,
    schema: Type.Optional(SchemaVersion),
    stream: Type.Optional(Stream),
    subject: Type.Optional(Subject),
    data: anyObject({ description: 'What happened.' }),
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: EVENT_ID_CHARS_MAX,
        description:
          "The producer's id. A UUIDv7 is kept, anything else is mapped to one, the same one each time.",
        examples: ['order-4711/placed'],
      }),
    ),
    source: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: URI_CHARS_MAX,
        description: 'Who says so. An id is unique within its source.',
        examples: ['/shop/orders'],
      }),
    ),
    dataschema: Type.Optional(Type.String({ minLength: 1, maxLength: URI_CHARS_MAX })),
    correlationId: Type.Optional(CorrelationId),
    causationId: Type.Optional(
      Type.String({ format: 'uuid', description: 'Id of the event that caused this one.' }),
    ),
    occurredAt: Type.Optional(Time),
    expectedRevision: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Events the producer has seen in the stream; 0 = it must not exist yet.',
      }),
    ),
  },
  {
    title: 'PlainEvent',
    description: 'One event to append.',
    examples: [
      {
        type: 'DiscountRequested',
        subject: { type: 'customer', id: 'c-42' },
        data: { discount: 0.08, margin: 0.31 },
      },
    ],
  },
)

export const PlainEvents = Type.Array(PlainEvent, {
  title: 'PlainEvents',
  minItems: 1,
  maxItems: EVENTS_PER_REQUEST_MAX,
  description: 'Several events, appended together or not at all.',
})

export const AppendedEvent = closed(
  { id: Uuid, type: EventType, stream: Stream, revision: Revision, position: Position, hash: Hash },
  {
    title: 'AppendedEvent',
    description: 'Where an event stands in the log. Durable when you read this.',
  },
)

export const AppendedOne = closed(
  { ledger: Ledger, ...AppendedEvent.properties },
  { title: 'AppendedOne', description: 'The event that was appended.' },
)

export const AppendedMany = closed(
  { ledger: Ledger, events: Type.Array(AppendedEvent) },
  { title: 'AppendedMany', description: 'The events that were appended, in the order sent.' },
)

/** One entry of the log. Open: fields may be added to an entry in years to come, and readers must not break. */
export const EventEntry = Type.Object(
  {
    id: Uuid,
    ledger: Ledger,
    position: Position,
    stream: Type.String(),
    revision: Type.Integer({ minimum: 1 }),
    type: Type.String(),
    schema: SchemaVersion,
    data: anyObject(),
    hash: Hash,
  },
  {
    title: 'EventEntry',
    additionalProperties: true,
    description: 'One entry of the log with its hash.',
  },
)

export const EventList = closed(
  {
    events: Type.Array(EventEntry),
    next: Type.Optional(Position),
    head: Type.Integer({
      minimum: 0,
      description: 'Last position of the ledger when this was read.',
    }),
  },
  {
    title: 'EventList',
    description: 'A page. `next` is the `after` of the next page; absent at the end.',
  },
)

export const EventQuery = closed({
  type: Type.Optional(EventType),
  stream: Type.Optional(Stream),
  correlationId: Type.Optional(CorrelationId),
  after: Type.Optional(After),
  limit: Type.Optional(Limit),
})

export const FeedQuery = closed({
  type: Type.Optional(EventType),
  stream: Type.Optional(Stream),
  correlationId: Type.Optional(CorrelationId),
  after: Type.Optional(After),
})

export const EventPath = closed({ id: Uuid })

export type PlainEvent = Static<typeof PlainEvent>
export type AppendedEvent = Static<typeof AppendedEvent>
