import type { JsonValue } from '@writ/kernel'
import { instantText } from './instant.ts'

/** A value of the expression language as JSON, for people to read: integers as numbers, times and durations as text. */
export const shownValue = (value: unknown): JsonValue => {
  switch (typeof value) {
    case 'bigint': {
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : String(value)
    }
    case 'number':
    case 'string':
    case 'boolean':
      return value
    default:
      return shownObject(value)
  }
}

const shownObject = (value: unknown): JsonValue => {
  if (value instanceof Date) return instantText(value.getTime())
  if (Array.isArray(value)) return value.map(shownValue)
  if (typeof value !== 'object' || value === null) return null
  // Durations are the library's own objects; they measure milliseconds when asked for a number.
  const ms = Number(value)
  return Number.isNaN(ms) ? '[object]' : `${ms / 1000}s`
}
