import type { JsonObject } from '@writ/kernel'

export type Schema = JsonObject

export const HYPHENATED = '^[a-z][a-z0-9-]{0,62}$'
export const ACTION_NAME = '^[a-z][a-z0-9-]*$'
export const IDENTIFIER = '^[A-Za-z_][A-Za-z0-9_]{0,63}$'
export const SEMVER = '^(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})$'
export const VARIANT_ID = '^[A-Z][A-Z0-9]{0,7}$'
/** ISO 8601 without years and months, whose length depends on the calendar. */
export const DURATION = '^P(?!$)([0-9]+W|([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?)$'

/** Longest expression. Unit: UTF-16 code units. Bounds the parser's recursion; longer conditions belong in `derive`. */
export const EXPRESSION_LENGTH_MAX = 4000

/**
 * Names that no field may have: reserved by CEL, so that no condition could read them, or inherited by every plain
 * JavaScript object, so that an absent field would look present.
 */
export const FORBIDDEN_NAMES = [
  ...['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in'],
  ...['let', 'loop', 'namespace', 'null', 'package', 'prototype', 'return', 'true', 'var', 'void'],
  'while',
  ...Object.getOwnPropertyNames(Object.prototype),
]

export const closed = (required: readonly string[], properties: JsonObject): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})

export const listOf = (items: Schema, maxItems: number): Schema => ({
  type: 'array',
  items,
  maxItems,
})

export const boundedMap = (names: Schema, values: Schema, maxProperties: number): Schema => ({
  type: 'object',
  propertyNames: names,
  additionalProperties: values,
  maxProperties,
})

export const text = (maxLength: number): Schema => ({ type: 'string', minLength: 1, maxLength })

export const expression = text(EXPRESSION_LENGTH_MAX)

export const identifierDefinition: Schema = {
  type: 'string',
  pattern: IDENTIFIER,
  not: { enum: FORBIDDEN_NAMES },
}
