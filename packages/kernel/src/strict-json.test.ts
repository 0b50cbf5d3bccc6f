import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  JSON_DEPTH_MAX,
  type JsonValue,
  parseStrictJson,
  StrictJsonError,
} from './index.ts'

const refusalOf = (text: string): StrictJsonError => {
  try {
    parseStrictJson(text)
  } catch (fault) {
    if (fault instanceof StrictJsonError) return fault
    throw fault
  }
  throw new Error(`accepted: ${text.slice(0, 80)}`)
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

/** [what is refused, text, pointer of the fault, part of the message] */
const REFUSED: readonly (readonly [string, string, string, string])[] = [
  ['a name twice', '{"a":1,"b":{"c":1,"c":2}}', '/b/c', 'twice'],
  ['a name twice, once escaped', '{"a":1,"\\u0061":2}', '/a', 'twice'],
  ['__proto__', '{"a":[{"__proto__":1}]}', '/a/0/__proto__', '__proto__'],
  ['__proto__, escaped', '{"\\u005f_proto__":1}', '/__proto__', '__proto__'],
  ['constructor.prototype', '{"constructor":{"prototype":{}}}', '/constructor', 'prototype'],
  ['a lone high surrogate, escaped', '{"a":"\\ud800"}', '/a', 'surrogate'],
  ['a lone low surrogate, raw', '{"a":"\udc00"}', '/a', 'surrogate'],
  ['a lone surrogate beside an escape', '["\\n\ud800"]', '/0', 'surrogate'],
  ['surrogates the wrong way round', '["\\udc00\\ud800"]', '/0', 'surrogate'],
  ['a lone surrogate in a name', '{"\\ud800":1}', '', 'surrogate'],
  ['U+0000', '{"a":"x\\u0000y"}', '/a', 'U+0000'],
  ['U+0000, raw', '["\u0000"]', '/0', 'control'],
  ['a raw control character', '["a\nb"]', '/0', 'control'],
  ['2^53', '[9007199254740992]', '/0', '2^53'],
  ['−2^53', '[-9007199254740992]', '/0', '2^53'],
  ['2^53+1', '[9007199254740993]', '/0', '2^53'],
  ['a large power of ten', '{"a":1e22}', '/a', '2^53'],
  ['an overflow', '[1e400]', '/0', 'too large'],
  ['an underflow', '[1e-400]', '/0', 'too small'],
  ['more digits than a double keeps', '[0.1234567890123456789]', '/0', 'digits'],
  ['0.1 with a wrong seventeenth digit', '[0.10000000000000001]', '/0', 'digits'],
  ['a fraction at the edge of the integers', '[4503599627370496.7]', '/0', 'digits'],
  ['a subnormal that loses digits', '[1.2345e-320]', '/0', 'digits'],
  ['less than the smallest double', '[3e-324]', '/0', 'digits'],
  ['33 levels of arrays', nested(JSON_DEPTH_MAX + 1), '/0'.repeat(JSON_DEPTH_MAX), 'deeper'],
  ['NaN', '[NaN]', '/0', 'expected a value'],
  ['Infinity', '[-Infinity]', '/0', 'expected a value'],
  ['a leading zero', '[01]', '', 'comma'],
  ['a leading plus', '[+1]', '/0', 'expected a value'],
  ['a number that ends in a point', '[1.]', '', 'comma'],
  ['a hexadecimal number', '[0x10]', '', 'comma'],
  ['an escape that JSON does not know', '["\\x41"]', '/0', 'escape'],
  ['a short unicode escape', '["\\u12"]', '/0', 'escape'],
  ['a string that does not end', '["abc', '/0', 'does not end'],
  ['a string that ends in a backslash', '["abc\\"', '/0', 'does not end'],
  ['a trailing comma in an object', '{"a":1,}', '', 'property name'],
  ['a trailing comma in an array', '[1,]', '/1', 'expected a value'],
  ['a name without quotes', '{a:1}', '', 'property name'],
  ['a name without a value', '{"a" 1}', '/a', 'colon'],
  ['two values', '1 2', '', 'after the value'],
  ['a comment', '[1/*x*/]', '', 'comma'],
  ['a byte order mark', '\ufeff{}', '', 'expected a value'],
  ['a no-break space', '[\u00a01]', '/0', 'expected a value'],
  ['nothing', '', '', 'too early'],
  ['only white space', ' \n ', '', 'too early'],
  ['a word that is none', '[nul]', '/0', 'expected a value'],
  ['a capital word', 'True', '', 'expected a value'],
  ['an object that does not end', '{"a":1', '', 'brace'],
  ['an array that does not end', '[1', '', 'bracket'],
]

describe('refuses', () => {
  for (const [what, text, pointer, message] of REFUSED) {
    it(`${what}, with the pointer to it`, () => {
      const refusal = refusalOf(text)
      expect(refusal.pointer).toBe(pointer)
      expect(refusal.message).toContain(message)
      expect(refusal.offset).toBeGreaterThanOrEqual(0)
      expect(refusal.offset).toBeLessThanOrEqual(text.length)
    })
  }

  it('names with slash and tilde escaped in the pointer', () => {
    expect(refusalOf('{"a/b":{"c~d":1e400}}').pointer).toBe('/a~1b/c~0d')
  })

  it('hostile depth at once, without using up the stack', () => {
    for (const open of ['[', '{"a":']) {
      expect(refusalOf(open.repeat(1_000_000)).message).toContain('deeper')
    }
  })

  it('a long pointer by its beginning, so that a message stays printable', () => {
    const deep = `${`{"${'x'.repeat(400)}":`.repeat(3)}1e400${'}'.repeat(3)}`
    expect(refusalOf(deep).pointer).toHaveLength(500)
  })

  it('a number of 200,000 digits in no more time than it takes to read it', () => {
    const started = performance.now()
    for (const zeros of ['1.', '0.', '-1.', '1e-7', '1.5e-'].map(
      (start) => start + '0'.repeat(2e5),
    ))
      try {
        parseStrictJson(`${zeros}1`)
      } catch (fault) {
        expect(fault).toBeInstanceOf(StrictJsonError)
      }
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

/** [text, value] */
const ACCEPTED: readonly (readonly [string, JsonValue])[] = [
  ['1.0', 1],
  ['0.10', 0.1],
  ['1e3', 1_000],
  ['1E+3', 1_000],
  ['100e-2', 1],
  ['-0', 0],
  ['-0.0e5', 0],
  ['0.000000000000000000000', 0],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ['0.30000000000000004', 0.30000000000000004],
  ['0.1000000000000000000000', 0.1],
  ['5e-324', 5e-324],
  ['2.2250738585072014e-308', 2.2250738585072014e-308],
  ['2251799813685248.5', 2251799813685248.5],
  ['"\\u00e9\\ud83e\\udda6\\/\\b"', 'é🦦/\b'],
  ['"\u007f\u2028"', '\u007f\u2028'],
  [' {\t"a" :\r\n[ ] } ', { a: [] }],
  ['{"constructor":{"name":"x"},"prototype":1}', { constructor: { name: 'x' }, prototype: 1 }],
  ['{"toString":1,"hasOwnProperty":2}', { toString: 1, hasOwnProperty: 2 }],
  ['{"":{"":0}}', { '': { '': 0 } }],
  ['[true,false,null]', [true, false, null]],
]

describe('accepts', () => {
  for (const [text, value] of ACCEPTED) {
    it(`${JSON.stringify(text)}`, () => {
      // Not toStrictEqual: it takes the name `constructor` for the class of the object.
      expect(parseStrictJson(text)).toEqual(value)
      expect(Object.is(parseStrictJson(text), -0)).toBe(false)
    })
  }

  it('32 levels', () => {
    expect(JSON.stringify(parseStrictJson(nested(JSON_DEPTH_MAX)))).toBe(nested(JSON_DEPTH_MAX))
  })

  it('many siblings: depth is counted along a way, not in all', () => {
    const text = `[${Array.from({ length: 100 }, () => '{"a":[]}').join(',')}]`
    expect(parseStrictJson(text)).toHaveLength(100)
  })
})

describe('agrees', () => {
  const passes = (value: unknown): boolean => {
    try {
      parseStrictJson(JSON.stringify(value))
      return true
    } catch {
      return false
    }
  }

  it('with itself: what it accepts is what its canonical form says', () => {
    const seen = { accepted: 0 }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        fc.pre(passes(value))
        seen.accepted++
        const parsed = parseStrictJson(JSON.stringify(value))
        expect(parseStrictJson(canonicalJson(parsed))).toStrictEqual(parsed)
      }),
      { numRuns: 2_000 },
    )
    expect(seen.accepted).toBeGreaterThan(1_000)
  })

  it('with JSON.parse on every text that both accept, and accepts none that JSON.parse refuses', () => {
    const letters = fc.constantFrom(...'{}[]",:0123456789.eE+-\\ntrufalsxu \n'.split(''))
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 24 }), (parts) => {
        const text = parts.join('')
        let parsed: JsonValue
        try {
          parsed = parseStrictJson(text)
        } catch {
          return
        }
        expect(parsed).toEqual(JSON.parse(text, (_, value) => (value === 0 ? 0 : value)))
      }),
      { numRuns: 10_000 },
    )
  })

  it('with decimal arithmetic: a short decimal passes with its value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
        fc.nat({ max: 12 }),
        (digits, places) => {
          const text = `${digits}e-${places}`
          expect(parseStrictJson(text)).toBe(Number(text) + 0)
        },
      ),
    )
  })
})
