import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import type { JsonObject } from '@writ/kernel'
import {
  EVENT_TYPE_CHARS_MAX,
  EXTERNAL_ID_CHARS_MAX,
  NAME_CHARS_MAX,
  SCHEMA_VERSION_MAX,
  TIME_CHARS_MAX,
} from './limits.ts'

/** An object whose fields are all named here: an unknown field is refused, never dropped. */
export const closed = <P extends TProperties>(
  properties: P,
  options: { readonly [option: string]: unknown } = {},
): TObject<P> => Type.Object(properties, { ...options, additionalProperties: false })

/** One of a closed list of words. */
export const oneOf = <const W extends readonly string[]>(
  words: W,
  options: { readonly [option: string]: unknown } = {},
) => Type.Unsafe<W[number]>({ type: 'string', enum: [...words], ...options })

export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** Any JSON object; what stands in it is judged elsewhere (an event type's schema, a policy). */
export const anyObject = (options: { readonly [option: string]: unknown } = {}) =>
  Type.Unsafe<JsonObject>({ type: 'object', ...options })

export const Uuid = Type.String({
  format: 'uuid',
  description: 'UUID; written in lower case in replies.',
  examples: ['01920000-0000-7000-8000-000000000001'],
})

export const Time = Type.String({
  format: 'date-time',
  maxLength: TIME_CHARS_MAX,
  description: 'RFC 3339 with a zone.',
  examples: ['2026-03-01T12:00:00.000Z'],
})

export const Hash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 in lower-case hex.',
})

export const Digest = Type.String({
  pattern: '^sha256:[0-9a-f]{64}$',
  description: 'Digest over the RFC 8785 form of a document.',
})

export const Ledger = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,38}/[a-z0-9][a-z0-9-]{0,38}$',
  description: 'The ordered, hash-chained log `tenant/name`.',
  examples: ['acme/main'],
})

export const Position = Type.Integer({
  minimum: 1,
  description: 'Gapless number of an event in its ledger, from 1.',
  examples: [42],
})

export const Revision = Type.Integer({
  minimum: 0,
  description: 'Count of events in the stream; 0 = none yet.',
  examples: [3],
})

export const EventType = Type.String({
  pattern: `^[A-Za-z][A-Za-z0-9._-]{0,${EVENT_TYPE_CHARS_MAX - 1}}$`,
  description: 'Type of the event, chosen by its producer.',
  examples: ['DiscountRequested', 'com.acme.order.placed'],
})

export const SchemaVersion = Type.Integer({
  minimum: 1,
  maximum: SCHEMA_VERSION_MAX,
  description: "Version of the event type's data.",
  examples: [1],
})

const NAME = `[a-z][a-z0-9-]{0,${NAME_CHARS_MAX - 1}}`
/** Printable, without white space: it stands behind the colon of a stream. */
export const EXTERNAL_ID = `[^\\s\\p{C}]{1,${EXTERNAL_ID_CHARS_MAX}}`

export const STREAM_PATTERN = `^${NAME}:${EXTERNAL_ID}$`

export const Stream = Type.String({
  pattern: STREAM_PATTERN,
  description: 'The events of one thing, `category:id`.',
  examples: ['customer:c-42'],
})

export const name = (description: string, example: string) =>
  Type.String({ pattern: `^${NAME}$`, description, examples: [example] })

export const DomainName = name(
  'What kind of thing is decided. One policy governs one domain.',
  'finance',
)
export const ActionName = name('The action to decide about.', 'discount')

export const Subject = closed(
  {
    type: name('What kind of thing or person it is.', 'customer'),
    id: Type.String({
      pattern: `^${EXTERNAL_ID}$`,
      description: "The caller's own id of it.",
      examples: ['c-42'],
    }),
  },
  { description: 'Whom or what it is about.' },
)

export const CorrelationId = Type.String({
  format: 'uuid',
  description:
    'Ties together what belongs to one case. Default: the x-correlation-id header, else a new one.',
  examples: ['0b7c9c5e-3f5e-4c8e-9a43-0a6d3d3c1f11'],
})

export const ReasonCode = Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', examples: ['WITHIN_BAND'] })
