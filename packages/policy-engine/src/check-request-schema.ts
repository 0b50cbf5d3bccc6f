import { pointerTo } from '@writ/kernel'
import { closest } from './closest-name.ts'
import type { Faults } from './faults.ts'
import { FIELD_DEPTH_MAX } from './field-schema.ts'
import type { FieldSchema } from './policy-document.ts'

/** What the schema of schemas cannot say about a request. */
export const checkRequestSchema = (pointer: string, schema: FieldSchema, faults: Faults): void =>
  checkField({ pointer, schema, depth: 1, inList: false }, faults)

interface Spot {
  readonly pointer: string
  readonly schema: FieldSchema
  readonly depth: number
  readonly inList: boolean
}

const checkField = (spot: Spot, faults: Faults): void => {
  const { pointer, schema, depth, inList } = spot
  if (depth > FIELD_DEPTH_MAX) {
    faults.add(
      pointer,
      'request-too-deep',
      `the request nests deeper than ${FIELD_DEPTH_MAX} levels`,
    )
    return
  }
  // Only an object's property can be sealed and committed to: a list moves as one.
  if (inList && schema['x-personal']) {
    faults.add(
      `${pointer}/x-personal`,
      'personal-in-list',
      'mark the whole list as personal, not its items',
    )
  }
  checkBounds(pointer, schema, faults)
  checkRequired(pointer, schema, faults)
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = pointerTo(`${pointer}/properties`, name)
    checkField({ pointer: at, schema: field, depth: depth + 1, inList }, faults)
  }
  if (schema.items) {
    const at = `${pointer}/items`
    checkField({ pointer: at, schema: schema.items, depth: depth + 1, inList: true }, faults)
  }
}

const BOUNDS = [
  ['minimum', 'maximum'],
  ['exclusiveMinimum', 'exclusiveMaximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
] as const

const checkBounds = (pointer: string, schema: FieldSchema, faults: Faults): void => {
  for (const [low, high] of BOUNDS) {
    const from = schema[low]
    const to = schema[high]
    if (from !== undefined && to !== undefined && from > to) {
      faults.add(`${pointer}/${low}`, 'bounds-crossed', `${low} ${from} is above ${high} ${to}`)
    }
  }
}

const checkRequired = (pointer: string, schema: FieldSchema, faults: Faults): void => {
  for (const [i, name] of (schema.required ?? []).entries()) {
    if (!Object.hasOwn(schema.properties ?? {}, name)) {
      const suggestion = closest(name, Object.keys(schema.properties ?? {}))
      const message = `'${name}' is not one of the properties`
      faults.add(`${pointer}/required/${i}`, 'required-unknown', message, { suggestion })
    }
  }
}
