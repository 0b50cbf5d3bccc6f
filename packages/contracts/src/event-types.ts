import { anyObject, closed, EventType, Hash, Position, SchemaVersion } from './scalars.ts'

export const EventTypePath = closed({ type: EventType, schema: SchemaVersion })

export const EventTypeDocument = anyObject({
  title: 'EventTypeDocument',
  description:
    'Closed JSON Schema (2020-12) of the data. `x-personal: true` marks a property that is sealed under the ' +
    "subject's key; `x-subject` names the property that holds the subject's id. Immutable once registered.",
  examples: [
    {
      type: 'object',
      additionalProperties: false,
      required: ['discount'],
      properties: {
        discount: { type: 'number' },
        email: { type: 'string', maxLength: 254, 'x-personal': true },
      },
    },
  ],
})

export const EventTypeReceipt = closed(
  { type: EventType, schema: SchemaVersion, digest: Hash, position: Position },
  {
    title: 'EventTypeReceipt',
    description: 'The registered version, its digest and where it stands in the log.',
  },
)
