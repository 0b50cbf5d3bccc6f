import { pointerTo } from './json-pointer.ts'
import type { JsonValue } from './json-value.ts'

/** Deepest nesting of arrays and objects. Source: DESIGN §4.1; RFC 7493 leaves the number to us. */
export const JSON_DEPTH_MAX = 32

/** Why a text was refused, at which pointer of the value and at which UTF-16 offset of the text. */
export class StrictJsonError extends Error {
  readonly pointer: string
  readonly offset: number

  constructor(message: string, pointer: string, offset: number) {
    super(message)
    this.name = 'StrictJsonError'
    this.pointer = pointer
    this.offset = offset
  }
}

/**
 * Parses JSON text as the log demands it (DESIGN §4.1): what comes out has exactly one RFC 8785 form, and that form
 * says the same as the text that came in.
 *
 * `JSON.parse` is not enough: it keeps the last of two equal keys, rounds 2^53+1, turns 1e400 into Infinity and lets
 * lone surrogates through, all in silence.
 *
 * Refused: duplicate keys, `__proto__`, `constructor` holding `prototype`, lone surrogates, U+0000, nesting over
 * {@link JSON_DEPTH_MAX}, integers beyond 2^53−1, numbers whose decimal value a double cannot carry (`0.1` and `1.0`
 * pass, seventeen random digits do not). `-0` becomes `0`.
 *
 * @throws StrictJsonError  with pointer and offset of the first fault
 */
export const parseStrictJson = (text: string): JsonValue => {
  const reader = new StrictReader(text)
  return reader.document()
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** Ends a run of plain characters inside a string: quote, backslash, or one that JSON or Writ forbids. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is looked for
const PLAIN_END = /["\\\u0000-\u001f]/g
/** So many decimal digits survive a double, unless it is subnormal: then it keeps fewer. Source: IEEE 754, DBL_DIG. */
const EXACT_DIGITS = 15
const SMALLEST_NORMAL = 2 ** -1022
const NOT_WELL_FORMED = 'a lone surrogate cannot be stored: send well-formed Unicode'

class StrictReader {
  private readonly text: string
  private at = 0
  private depth = 0
  /** Names and indexes on the way to here; a pointer is made of them only when something is wrong. */
  private readonly path: (string | number)[] = []

  constructor(text: string) {
    this.text = text
  }

  document(): JsonValue {
    this.space()
    const value = this.value()
    this.space()
    if (this.at < this.text.length) this.fail('unexpected text after the value')
    return value
  }

  private value(): JsonValue {
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b:
        return this.object()
      case 0x5b:
        return this.array()
      case 0x22:
        return this.string()
      case 0x74:
        return this.word('true', true)
      case 0x66:
        return this.word('false', false)
      case 0x6e:
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  private object(): JsonValue {
    this.enter()
    const object: Record<string, JsonValue> = {}
    this.space()
    if (this.take(0x7d)) return this.leave(object)
    for (;;) {
      if (this.text.charCodeAt(this.at) !== 0x22) this.fail('expected a property name')
      const name = this.string()
      this.path.push(name)
      if (name === '__proto__') this.fail('the name __proto__ is refused')
      if (Object.hasOwn(object, name)) this.fail('the name stands twice in this object')
      this.space()
      if (!this.take(0x3a)) this.fail('expected a colon')
      this.space()
      const value = this.value()
      if (name === 'constructor' && isPrototypeBearer(value)) {
        this.fail('constructor.prototype is refused')
      }
      object[name] = value
      this.path.pop()
      this.space()
      if (this.take(0x7d)) return this.leave(object)
      if (!this.take(0x2c)) this.fail('expected a comma or a closing brace')
      this.space()
    }
  }

  private array(): JsonValue {
    this.enter()
    const items: JsonValue[] = []
    this.space()
    if (this.take(0x5d)) return this.leave(items)
    for (;;) {
      this.path.push(items.length)
      items.push(this.value())
      this.path.pop()
      this.space()
      if (this.take(0x5d)) return this.leave(items)
      if (!this.take(0x2c)) this.fail('expected a comma or a closing bracket')
      this.space()
    }
  }

  private string(): string {
    const start = this.at + 1
    PLAIN_END.lastIndex = start
    const end = PLAIN_END.exec(this.text)
    if (end === null) this.fail('the string does not end')
    if (this.text.charCodeAt(end.index) === 0x22) {
      const plain = this.text.slice(start, end.index)
      this.at = end.index + 1
      if (!plain.isWellFormed()) this.fail(NOT_WELL_FORMED)
      return plain
    }
    return this.escapedString(start)
  }

  /** The rare way: finds the closing quote, then lets JSON.parse judge the escapes. */
  private escapedString(start: number): string {
    let end = start
    for (;;) {
      const code = this.text.charCodeAt(end)
      if (Number.isNaN(code)) this.fail('the string does not end')
      if (code === 0x22) break
      if (code < 0x20) this.failAt('a control character must be escaped', end)
      end += code === 0x5c ? 2 : 1
    }
    const value = this.unescape(this.text.slice(start - 1, end + 1))
    this.at = end + 1
    if (value.includes('\u0000')) this.fail('U+0000 cannot be stored')
    if (!value.isWellFormed()) this.fail(NOT_WELL_FORMED)
    return value
  }

  private unescape(quoted: string): string {
    try {
      return JSON.parse(quoted) as string
    } catch {
      this.fail('the string holds an escape that JSON does not know')
    }
  }

  private number(): number {
    NUMBER.lastIndex = this.at
    const match = NUMBER.exec(this.text)
    if (match === null) {
      this.fail(this.at >= this.text.length ? 'the text ends too early' : 'expected a value')
    }
    const literal = match[0]
    const value = Number(literal)
    if (!Number.isFinite(value)) this.fail('the number is too large for a double')
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      this.fail('integers beyond 2^53-1 are not exact: send a string')
    }
    const exact = literal.length <= EXACT_DIGITS && Math.abs(value) >= SMALLEST_NORMAL
    if (!exact && value !== 0 && !sameDecimal(literal, String(value))) {
      this.fail('the number has more digits than a double keeps: send a string')
    }
    // An underflow (1e-400) reads as 0 with few digits: it would change the value in silence.
    if (value === 0 && /[1-9]/.test(literal.split(/[eE]/, 1)[0] as string)) {
      this.fail('the number is too small for a double')
    }
    this.at += literal.length
    return value === 0 ? 0 : value
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('expected a value')
    this.at += word.length
    return value
  }

  private enter(): void {
    if (++this.depth > JSON_DEPTH_MAX) this.fail(`nested deeper than ${JSON_DEPTH_MAX}`)
    this.at++
  }

  private leave<T>(value: T): T {
    this.depth--
    return value
  }

  private take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false
    this.at++
    return true
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at++
    }
  }

  private fail(message: string): never {
    return this.failAt(message, this.at)
  }

  private failAt(message: string, offset: number): never {
    const pointer = this.path.reduce<string>(pointerTo, '')
    // A hostile document may nest a long pointer; the message stays printable.
    throw new StrictJsonError(message, pointer.slice(0, 500), offset)
  }
}

const isPrototypeBearer = (value: JsonValue): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')

/** Do two decimal literals name the same number? Compares digits and exponent, never doubles. */
const sameDecimal = (a: string, b: string): boolean => {
  const left = decimalOf(a)
  const right = decimalOf(b)
  return left.digits === right.digits && (left.digits === '' || left.exponent === right.exponent)
}

/**
 * 0.digits × 10^exponent without leading or trailing zeros; the sign is left out since Number keeps it. Zeros are
 * counted, not matched: `/0+$/` starts anew at each zero, and 60 kB of them held a process for seconds.
 */
const decimalOf = (literal: string): { digits: string; exponent: number } => {
  const [mantissa = '', power = '0'] = (literal.startsWith('-') ? literal.slice(1) : literal).split(
    /[eE]/,
  )
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = whole + fraction
  let leading = 0
  while (all[leading] === '0') leading++
  let end = all.length
  while (end > leading && all[end - 1] === '0') end--
  return { digits: all.slice(leading, end), exponent: whole.length - leading + Number(power) }
}
