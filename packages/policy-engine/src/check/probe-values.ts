import type { JsonObject, JsonValue } from '@writ/kernel'
import { instantOf, instantText } from '../instant.ts'
import { neighbour } from '../numbers/double-rank.ts'
import type { FieldSchema } from '../policy-document.ts'
import { exampleOf, type ProbeField } from './probe-fields.ts'
import type { Hints } from './probe-hints.ts'

/** Most values tried for one field; more are thinned out evenly. */
const VALUES_MAX = 64
/** Longest list that is made to reach a size. */
const LIST_MAX = 60

export interface ProbeValues {
  readonly values: readonly JsonValue[]
  /** How many values stand at a bound of the schema because a threshold's neighbour lies beyond it. */
  readonly clamped: number
}

/** What is tried for one field: each threshold with its neighbours, bounds, enumerated values, one value of no note. */
export const probeValues = ({ schema, hints, items }: ProbeField, at: string): ProbeValues => {
  switch (schema.type) {
    case 'boolean':
      return { values: [false, true], clamped: 0 }
    case 'integer':
    case 'number':
      return numbers(schema, hints)
    case 'array':
      return { values: distinct(lists(schema, hints, items, at)), clamped: 0 }
    default:
      return {
        values: schema.format === 'date-time' ? times(hints, at) : texts(schema, hints),
        clamped: 0,
      }
  }
}

/** The numbers a schema admits at its ends; infinite where it has none. */
export const rangeOf = (schema: FieldSchema): { readonly low: number; readonly high: number } => {
  const whole = schema.type === 'integer'
  const next = (value: number, by: 1 | -1) => (whole ? value + by : neighbour(value, by))
  const { exclusiveMinimum: above, exclusiveMaximum: beneath } = schema
  const safe = whole ? Number.MAX_SAFE_INTEGER : Infinity
  return {
    low: Math.max(schema.minimum ?? -safe, above === undefined ? -safe : next(above, 1)),
    high: Math.min(schema.maximum ?? safe, beneath === undefined ? safe : next(beneath, -1)),
  }
}

const numbers = (schema: FieldSchema, hints: Hints): ProbeValues => {
  if (schema.enum) return { values: schema.enum, clamped: 0 }
  const { low, high } = rangeOf(schema)
  const whole = schema.type === 'integer'
  const wanted = [...hints.numbers].flatMap((threshold) => around(threshold, whole))
  const inRange = wanted.map((value) => Math.min(Math.max(value, low), high))
  const clamped = wanted.filter((value, i) => value !== inRange[i]).length
  const ends = [low, high].filter(Number.isFinite)
  const values = distinct([
    ...ends,
    ...inRange,
    ...(wanted.length + ends.length === 0 ? [0, 1] : []),
  ])
  return { values: thinned(values.toSorted((a, b) => a - b)), clamped }
}

const around = (threshold: number, whole: boolean): readonly number[] => {
  if (!whole) return [neighbour(threshold, -1), threshold, neighbour(threshold, 1)]
  const [low, high] = [Math.floor(threshold), Math.ceil(threshold)]
  return [low - 1, low, high, high + 1]
}

const HOUR_MS = 3_600_000

const times = (hints: Hints, at: string): readonly JsonValue[] => {
  const base = instantOf(at) ?? 0
  const wanted = [base, ...[...hints.numbers].flatMap((ms) => [ms - 1, ms, ms + 1])]
  if (hints.timeParts) {
    for (let hour = 0; hour < 24; hour++) wanted.push(base + hour * HOUR_MS)
    for (let day = 1; day < 7; day++) wanted.push(base + day * 24 * HOUR_MS)
    for (let month = 1; month < 12; month++) wanted.push(base + month * 30 * 24 * HOUR_MS)
  }
  return thinned(distinct(wanted).toSorted((a, b) => a - b)).map(instantText)
}

const texts = (schema: FieldSchema, hints: Hints): readonly JsonValue[] => {
  if (schema.enum) return thinned(schema.enum)
  const { minLength = 0, maxLength = 256, format } = schema
  if (format !== undefined) return [exampleOf(schema, '')]
  const sized = [...hints.sizes].flatMap((size) => [size - 1, size, size + 1])
  const fitting = [
    ...hints.texts,
    ...sized.map((size) => 'x'.repeat(Math.min(Math.max(size, 0), maxLength))),
    'other'.slice(0, maxLength).padEnd(minLength, 'x'),
  ].filter((text) => [...text].length >= minLength && [...text].length <= maxLength)
  return thinned(distinct(fitting))
}

const lists = (
  { items: item = { type: 'boolean' }, minItems = 0, maxItems = 0 }: FieldSchema,
  hints: Hints,
  inItems: ProbeField['items'],
  at: string,
): readonly JsonValue[] => {
  const plain = exampleOf(item, at)
  const itemValues = [plain, ...variedItems(item, inItems, at)]
  const sizes = [...hints.sizes].flatMap((size) => [size - 1, size, size + 1])
  const ofSize = [0, 1, 2, ...sizes].map((size) =>
    Array.from({ length: Math.min(Math.max(size, minItems), maxItems, LIST_MAX) }, () => plain),
  )
  const ofItem = itemValues.map((value) => [value, ...Array(Math.max(0, minItems - 1)).fill(plain)])
  return thinned([...ofSize, ...(maxItems > 0 ? ofItem : [])])
}

/** Items with one of their fields at a value of note. */
const variedItems = (
  item: FieldSchema,
  hints: ProbeField['items'],
  at: string,
): readonly JsonValue[] => {
  const of = (schema: FieldSchema, path: string): readonly JsonValue[] => {
    const found = hints.get(path)
    if (!found) return []
    const field = { schema, hints: found, items: new Map() } as unknown as ProbeField
    return probeValues(field, at).values
  }
  if (item.type !== 'object') return of(item, '')
  const plain = exampleOf(item, at) as JsonObject
  return Object.entries(item.properties ?? {}).flatMap(([name, schema]) =>
    of(schema, name).map((value) => ({ ...plain, [name]: value })),
  )
}

const distinct = <T extends JsonValue>(values: readonly T[]): readonly T[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]

const thinned = <T>(values: readonly T[]): readonly T[] =>
  values.length <= VALUES_MAX
    ? values
    : Array.from(
        { length: VALUES_MAX },
        (_, i) => values[Math.floor((i * (values.length - 1)) / (VALUES_MAX - 1))] as T,
      )
