import type { JsonValue } from '@writ/kernel'
import { instantOf, instantText } from '../instant.ts'
import { ofRank, rankOf } from '../numbers/double-rank.ts'
import type { ActionableField } from './request-fields.ts'

/**
 * The values of one field in order, as whole numbers, so that a boundary can be found by halves: integers as they are,
 * doubles by rank, times by milliseconds, lists and texts by how much of their beginning is kept.
 */
export interface Scale {
  readonly low: bigint
  readonly high: bigint
  readonly valueAt: (place: bigint) => JsonValue
  /** Null for a value that is not there. */
  readonly placeOf: (value: JsonValue | undefined) => bigint | null
}

/** Largest size of a number that the door lets in as JSON (2^53−1). */
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const YEAR_1 = -62_135_596_800_000n
const YEAR_9999 = 253_402_300_799_999n

/** Null where values have no order that a policy could draw a line in. */
export const scaleOf = (
  { schema }: ActionableField,
  current: JsonValue | undefined,
): Scale | null => {
  if (schema.enum !== undefined) return null
  switch (schema.type) {
    case 'integer':
      return integerScale(bounds(schema, 1))
    case 'number':
      return doubleScale(bounds(schema, null))
    case 'string':
      return schema.format === 'date-time' ? timeScale : prefixScale(current)
    case 'array':
      return prefixScale(current)
    default:
      return null
  }
}

interface Range {
  readonly low: number
  readonly high: number
}

type Bounded = ActionableField['schema']

/** `step` null: an exclusive bound is left in, and the schema refuses it. */
const bounds = (schema: Bounded, step: number | null): Range => ({
  low: Math.max(
    schema.minimum ?? -Number.MAX_SAFE_INTEGER,
    (schema.exclusiveMinimum ?? -Number.MAX_SAFE_INTEGER) +
      (schema.exclusiveMinimum === undefined ? 0 : (step ?? 0)),
    -Number.MAX_SAFE_INTEGER,
  ),
  high: Math.min(
    schema.maximum ?? Number.MAX_SAFE_INTEGER,
    (schema.exclusiveMaximum ?? Number.MAX_SAFE_INTEGER) -
      (schema.exclusiveMaximum === undefined ? 0 : (step ?? 0)),
    Number.MAX_SAFE_INTEGER,
  ),
})

const within = (place: bigint): bigint => (place > SAFE ? SAFE : place < -SAFE ? -SAFE : place)

const integerScale = ({ low, high }: Range): Scale => ({
  low: BigInt(Math.ceil(low)),
  high: BigInt(Math.floor(high)),
  valueAt: (place) => Number(within(place)),
  placeOf: (value) => (typeof value === 'number' ? BigInt(value) : null),
})

const doubleScale = ({ low, high }: Range): Scale => ({
  low: rankOf(low),
  high: rankOf(high),
  valueAt: ofRank,
  placeOf: (value) => (typeof value === 'number' ? rankOf(value) : null),
})

const timeScale: Scale = {
  low: YEAR_1,
  high: YEAR_9999,
  valueAt: (place) => instantText(Number(place)),
  placeOf: (value) => {
    const ms = typeof value === 'string' ? instantOf(value) : null
    return ms === null ? null : BigInt(ms)
  },
}

/** Only the beginning of what is there: nobody can be told what to add. */
const prefixScale = (current: JsonValue | undefined): Scale | null => {
  const parts = typeof current === 'string' ? [...current] : Array.isArray(current) ? current : null
  if (parts === null) return null
  const cut = (size: bigint): JsonValue => {
    const kept = parts.slice(0, Number(size))
    return typeof current === 'string' ? kept.join('') : kept
  }
  return {
    low: 0n,
    high: BigInt(parts.length),
    valueAt: cut,
    placeOf: (value) =>
      typeof value === 'string'
        ? BigInt([...value].length)
        : Array.isArray(value)
          ? BigInt(value.length)
          : null,
  }
}

/** How far a change goes, from 0 (none) to 1, so that changes of different kinds can be compared. */
export const distance = (from: JsonValue | undefined, to: JsonValue | undefined): number => {
  if (typeof from === 'number' && typeof to === 'number') {
    const size = Math.abs(from) + Math.abs(to)
    return size === 0 ? 0 : Math.abs(to - from) / size
  }
  if (Array.isArray(from) && Array.isArray(to)) return 1 - to.length / Math.max(1, from.length)
  if (typeof from !== 'string' || typeof to !== 'string') return 1
  const [a, b] = [instantOf(from), instantOf(to)]
  if (a === null || b === null) {
    return to !== '' && from.startsWith(to) ? 1 - to.length / from.length : 1
  }
  const ms = Math.abs(b - a)
  return ms / (ms + MONTH_MS)
}

/** What counts as half way for a time. Unit: ms. */
const MONTH_MS = 30 * 86_400_000
