import { isJsonObject, type JsonValue, pointerTo } from '@writ/kernel'

/** The first place where two JSON values differ, in the order of their canonical texts. */
export interface FirstDifference {
  /** RFC 6901; "" = the values as a whole. */
  readonly pointer: string
  /** Canonical JSON, cut; null where there is nothing at this place. */
  readonly recorded: string | null
  readonly again: string | null
}

/** Most characters of a value that a report shows. */
const SHOWN_CHARS_MAX = 200

/** Undefined where the two are the same value. */
export const firstDifference = (
  recorded: JsonValue | undefined,
  again: JsonValue | undefined,
  pointer = '',
): FirstDifference | undefined => {
  const names = keysOf(recorded, again)
  if (names === undefined) {
    return Object.is(plain(recorded), plain(again))
      ? undefined
      : { pointer, recorded: shown(recorded), again: shown(again) }
  }
  for (const name of names) {
    const found = firstDifference(at(recorded, name), at(again, name), pointerTo(pointer, name))
    if (found !== undefined) return found
  }
  return undefined
}

/** What to step into where both are objects, or both are lists; undefined where they are not of one kind. */
const keysOf = (
  a: JsonValue | undefined,
  b: JsonValue | undefined,
): readonly (string | number)[] | undefined => {
  if (Array.isArray(a) && Array.isArray(b))
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i)
  if (!isJsonObject(a) || !isJsonObject(b)) return undefined
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
}

const at = (value: JsonValue | undefined, name: string | number): JsonValue | undefined =>
  Array.isArray(value)
    ? (value as readonly JsonValue[])[name as number]
    : Object.hasOwn(value as object, name)
      ? (value as Record<string, JsonValue>)[name]
      : undefined

/** -0 and 0 have one canonical form. */
const plain = (value: JsonValue | undefined): JsonValue | undefined => (value === 0 ? 0 : value)

const shown = (value: JsonValue | undefined): string | null => {
  if (value === undefined) return null
  const text = JSON.stringify(value)
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text
}
