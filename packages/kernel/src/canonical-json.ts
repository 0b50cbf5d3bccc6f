import type { JsonValue } from './json-value.ts'

/** A value has no RFC 8785 form: a lone surrogate, NaN, Infinity or a non-JSON type. Reaching this is a defect. */
export class NotCanonicalisable extends Error {
  constructor(what: string) {
    super(`${what} has no canonical JSON form`)
    this.name = 'NotCanonicalisable'
  }
}

/** Needs no escape: the usual text. Everything else goes through JSON.stringify, whose escapes are those of RFC 8785. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be escaped
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/**
 * The RFC 8785 (JCS) text of a JSON value: no white space, keys in order of UTF-16 code units, ECMAScript numbers and
 * escapes. Two equal values give equal bytes on every machine; that is what digests are taken over.
 *
 * Properties whose value is `undefined` are a defect, not an omission: a dropped field would be a silent change.
 *
 * @throws NotCanonicalisable  for NaN, Infinity, lone surrogates, undefined, functions, Map, Date, bigint
 */
export const canonicalJson = (value: JsonValue): string => {
  switch (typeof value) {
    case 'string':
      return canonicalString(value)
    case 'number':
      // String(-0) is "0" and String(1e21) is "1e+21": both as RFC 8785 section 3.2.2.3 asks.
      if (!Number.isFinite(value)) throw new NotCanonicalisable(String(value))
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value)
    default:
      throw new NotCanonicalisable(typeof value)
  }
}

export const canonicalString = (text: string): string => {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new NotCanonicalisable('a string with a lone surrogate')
  return JSON.stringify(text)
}

const canonicalArray = (items: readonly JsonValue[]): string => {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += canonicalJson(items[i] as JsonValue)
  }
  return `${text}]`
}

const canonicalObject = (object: object): string => {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotCanonicalisable(prototype?.constructor?.name ?? 'an object with a prototype')
  }
  const fields = object as Record<string, JsonValue>
  // The default sort compares UTF-16 code units, which is the order of RFC 8785 section 3.2.3.
  const names = Object.keys(fields)
  if (names.length > 1) names.sort()
  let text = '{'
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (i > 0) text += ','
    text += `${canonicalString(name)}:${canonicalJson(fields[name] as JsonValue)}`
  }
  return `${text}}`
}
