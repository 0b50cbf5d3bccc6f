import { closed, identifierDefinition, listOf, type Schema, text } from './document-schema-parts.ts'

/** Levels of objects and lists below the request. Deeper input belongs in features or evidence. */
export const FIELD_DEPTH_MAX = 6
export const LIST_ITEMS_MAX = 1000
export const STRING_LENGTH_MAX = 10_000

/** Formats that a request may ask for, with the longest text each admits: a string without a bound has no cost. */
export const FORMAT_LENGTHS: Readonly<Record<string, number>> = {
  'date-time': 29,
  date: 10,
  uuid: 36,
  email: 254,
}

const common: Schema = {
  title: text(200),
  description: text(1000),
  'x-personal': { type: 'boolean' },
  'x-actionable': { type: 'boolean' },
  // true, or the type of the subject whose id the field holds.
  'x-subject': { type: ['boolean', 'string'], maxLength: 63 },
}

const field = { $ref: '#/$defs/field' }
const count = (maximum: number): Schema => ({ type: 'integer', minimum: 0, maximum })

const objectField = closed(['type', 'properties', 'additionalProperties'], {
  ...common,
  type: { const: 'object' },
  additionalProperties: { const: false },
  properties: {
    type: 'object',
    propertyNames: { $ref: '#/$defs/identifier' },
    additionalProperties: field,
    maxProperties: 200,
  },
  required: { ...listOf({ $ref: '#/$defs/identifier' }, 200), uniqueItems: true },
})

const arrayField = closed(['type', 'items', 'maxItems'], {
  ...common,
  type: { const: 'array' },
  items: field,
  minItems: count(LIST_ITEMS_MAX),
  maxItems: count(LIST_ITEMS_MAX),
})

// No `pattern`: it would be a back-tracking regular expression over input from outside.
const stringField: Schema = {
  ...closed(['type'], {
    ...common,
    type: { const: 'string' },
    minLength: count(STRING_LENGTH_MAX),
    maxLength: count(STRING_LENGTH_MAX),
    format: { enum: Object.keys(FORMAT_LENGTHS) },
    enum: { ...listOf({ type: 'string', maxLength: 200 }, 200), minItems: 1, uniqueItems: true },
  }),
  anyOf: ['maxLength', 'format', 'enum'].map((name) => ({
    required: [name],
    properties: { [name]: true },
  })),
}

const bound = (type: 'integer' | 'number'): Schema => ({
  minimum: { type },
  maximum: { type },
  exclusiveMinimum: { type },
  exclusiveMaximum: { type },
})

const integerField = closed(['type'], {
  ...common,
  ...bound('integer'),
  type: { const: 'integer' },
  enum: { ...listOf({ type: 'integer' }, 200), minItems: 1, uniqueItems: true },
})

const numberField = closed(['type'], { ...common, ...bound('number'), type: { const: 'number' } })
const booleanField = closed(['type'], { ...common, type: { const: 'boolean' } })

const when = (type: string, definition: string): Schema => ({
  if: { type: 'object', required: ['type'], properties: { type: { const: type } } },
  // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
  then: { $ref: `#/$defs/${definition}` },
})

/** The closed subset of JSON Schema that may describe a request. Chosen by `type`, so that each fault is said once. */
export const fieldSchemaDefinitions: Schema = {
  identifier: identifierDefinition,
  field: {
    type: 'object',
    required: ['type'],
    properties: { type: { enum: ['object', 'array', 'string', 'integer', 'number', 'boolean'] } },
    allOf: [
      when('object', 'objectField'),
      when('array', 'arrayField'),
      when('string', 'stringField'),
      when('integer', 'integerField'),
      when('number', 'numberField'),
      when('boolean', 'booleanField'),
    ],
  },
  objectField,
  arrayField,
  stringField,
  integerField,
  numberField,
  booleanField,
}
