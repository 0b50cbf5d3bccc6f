import { type JsonObject, type JsonValue, pointerTo } from '@writ/kernel'
import type { CompiledAction } from '../compiled-action.ts'
import type { FieldSchema, ScalarType } from '../policy-document.ts'
import type { Hints, HintsByPath } from './probe-hints.ts'

/** An input that conditions read and that probes vary. */
export interface ProbeField {
  /** Into the probe: `/request/discount`, `/features/orders`, `/at`. */
  readonly pointer: string
  /** As conditions name it: `request.discount`, `now`. */
  readonly path: string
  readonly schema: FieldSchema
  readonly hints: Hints
  /** Pointers whose absence makes the field absent: itself, holders above it. Empty where it is always there. */
  readonly absentBy: readonly string[]
  /** A way to fill objects on the way to it. */
  readonly holders: readonly (readonly [string, JsonValue])[]
  /** For lists: what their items are compared with, by path below the item. */
  readonly items: HintsByPath
}

/** The fields that the conditions of an action read, in the order of the schema. */
export const probeFields = (
  { document }: CompiledAction,
  hints: HintsByPath,
  at: string,
): readonly ProbeField[] => {
  const fields: ProbeField[] = []
  const add = (spot: Spot): void => addField(spot, { hints, at, fields })
  for (const [name, schema] of Object.entries(document.request.properties ?? {})) {
    const required = document.request.required?.includes(name) === true
    add({ ...below(REQUEST, name, schema), optional: !required })
  }
  for (const [name, type] of Object.entries(document.features ?? {})) {
    add({ ...below(FEATURES, name, scalarSchema(type)), optional: true })
  }
  for (const [name, type] of [
    ['type', 'string'],
    ['id', 'string'],
  ] as const) {
    add({ ...below(SUBJECT, name, scalarSchema(type)), optional: false })
  }
  if (hints.has('now')) {
    add({
      ...SUBJECT,
      pointer: '/at',
      path: 'now',
      schema: scalarSchema('timestamp'),
      optional: false,
    })
  }
  for (const { id, values = {} } of document.evidence ?? []) {
    const evidence = {
      ...below(EVIDENCE, id, EMPTY),
      holders: [[pointerTo('/evidence', id), { at }]] as const,
    }
    for (const [name, type] of Object.entries(values)) {
      const pointer = `${evidence.pointer}/values/${name}`
      const path = `${evidence.path}.${name}`
      add({ ...evidence, pointer, path, schema: scalarSchema(type), optional: true })
    }
  }
  return fields
}

interface Spot {
  readonly pointer: string
  readonly path: string
  readonly schema: FieldSchema
  readonly optional: boolean
  readonly absentBy: readonly string[]
  readonly holders: readonly (readonly [string, JsonValue])[]
}

const EMPTY: FieldSchema = { type: 'object', properties: {} }
const root = (name: string): Spot => ({
  pointer: `/${name}`,
  path: name,
  schema: EMPTY,
  optional: false,
  absentBy: [],
  holders: [],
})
const REQUEST = root('request')
const FEATURES = root('features')
const SUBJECT = root('subject')
const EVIDENCE = root('evidence')

const below = (spot: Spot, name: string, schema: FieldSchema): Spot => ({
  ...spot,
  pointer: pointerTo(spot.pointer, name),
  path: `${spot.path}.${name}`,
  schema,
})

interface Found {
  readonly hints: HintsByPath
  readonly at: string
  readonly fields: ProbeField[]
}

const addField = (spot: Spot, found: Found): void => {
  const { pointer, path, schema } = spot
  const read = [...found.hints.keys()].some((key) => key === path || key.startsWith(`${path}.`))
  if (!read) return
  const absentBy = spot.optional ? [...spot.absentBy, pointer] : spot.absentBy
  if (schema.type !== 'object') {
    const hints = found.hints.get(path) ?? NO_HINTS
    const { holders } = spot
    found.fields.push({
      pointer,
      path,
      schema,
      hints,
      absentBy,
      holders,
      items: itemsOf(path, found.hints),
    })
    return
  }
  const holders = [...spot.holders, [pointer, exampleOf(schema, found.at)] as const]
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const optional = schema.required?.includes(name) !== true
    addField({ ...below({ ...spot, absentBy, holders }, name, inner), optional }, found)
  }
}

const NO_HINTS: Hints = { numbers: new Set(), texts: new Set(), sizes: new Set(), timeParts: false }

const itemsOf = (path: string, hints: HintsByPath): HintsByPath => {
  const prefix = `${path}.[]`
  return new Map(
    [...hints]
      .filter(([key]) => key === prefix || key.startsWith(`${prefix}.`))
      .map(([key, value]) => [key.slice(prefix.length + 1), value]),
  )
}

const SCALARS: Readonly<Record<ScalarType, FieldSchema>> = {
  bool: { type: 'boolean' },
  int: { type: 'integer' },
  double: { type: 'number' },
  string: { type: 'string', maxLength: 256 },
  timestamp: { type: 'string', format: 'date-time' },
}

const scalarSchema = (type: ScalarType): FieldSchema => SCALARS[type]

/** The smallest value that fits a schema: required fields only, zero where it is allowed. */
export const exampleOf = (schema: FieldSchema, at: string): JsonValue => {
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [
          name,
          exampleOf(schema.properties?.[name] as FieldSchema, at),
        ]),
      ) as JsonObject
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () =>
        exampleOf(schema.items as FieldSchema, at),
      )
    case 'boolean':
      return false
    case 'string':
      return exampleText(schema, at)
    default:
      return exampleNumber(schema)
  }
}

const exampleNumber = ({ type, enum: members, ...bounds }: FieldSchema): number => {
  const [first] = members ?? []
  if (typeof first === 'number') return first
  const step = type === 'integer' ? 1 : 2 ** -20
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = bounds
  const low = Math.max(bounds.minimum ?? -Infinity, exclusiveMinimum + step)
  const high = Math.min(bounds.maximum ?? Infinity, exclusiveMaximum - step)
  return Math.min(Math.max(0, low), high)
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  uuid: '00000000-0000-4000-8000-000000000000',
  email: 'ada@example.com',
}

const exampleText = ({ enum: members, format, minLength = 0 }: FieldSchema, at: string): string => {
  const [first] = members ?? []
  if (first !== undefined) return String(first)
  if (format === 'date-time') return at
  return format === undefined ? 'x'.repeat(minLength) : (FORMATS[format] ?? '')
}
