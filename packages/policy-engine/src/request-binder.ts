import type { JsonObject, ProblemPlace } from '@writ/kernel'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import type { Binder } from './expr-engine.ts'
import type { FieldSchema } from './policy-document.ts'
import { schemaFaults } from './schema-messages.ts'

/** Check and conversion of one action's requests, compiled once. */
export const requestBinder = (
  ajv: Ajv2020,
  schema: FieldSchema,
  bind: Binder,
): ((request: JsonObject) => object | readonly ProblemPlace[]) => {
  const validate = ajv.compile(withSafeIntegers(schema))
  return (request) =>
    validate(request)
      ? (bind(request as never) as object)
      : schemaFaults(validate.errors).map(({ pointer, message }) => ({ pointer, message }))
}

/**
 * JSON Schema calls 1e300 an integer. Beyond 2^53-1 a number is no longer the one the caller wrote, and beyond 2^63
 * the expression language has no integer for it, so every integer gets both bounds.
 */
const withSafeIntegers = (schema: FieldSchema): FieldSchema => {
  const { properties, items, type } = schema
  if (type === 'integer') {
    return {
      ...schema,
      minimum: Math.max(schema.minimum ?? -Infinity, Number.MIN_SAFE_INTEGER),
      maximum: Math.min(schema.maximum ?? Infinity, Number.MAX_SAFE_INTEGER),
    }
  }
  return {
    ...schema,
    ...(items ? { items: withSafeIntegers(items) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, field]) => [name, withSafeIntegers(field)]),
          ),
        }
      : {}),
  }
}
