import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, isCanonicalJson, type JsonValue } from './index.ts'

const CANONICAL: readonly string[] = [
  'null',
  'true',
  '""',
  '0',
  '-1',
  '1e+21',
  '1e-7',
  '5e-324',
  '1.7976931348623157e+308',
  '9007199254740991',
  '[]',
  '{}',
  '[[],{}]',
  '{"":0}',
  '{"1":3,"10":1,"9":2,"a":5,"b":4}',
  '{"\\r":1,"1":2,"\u0080":3,"ö":4,"€":5,"😀":6,"\ufb33":7}',
  '{"\\u0001":1,"\\n":2," ":3}',
  '"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f"',
  '"/\u007f\u0085\u2028\ufeff"',
]

/** [what is wrong with the text, the text] */
const NOT_CANONICAL: readonly (readonly [string, string])[] = [
  ['white space before the value', ' 1'],
  ['white space behind it', '1\n'],
  ['white space behind a colon', '{"a": 1}'],
  ['white space before a colon', '{"a" :1}'],
  ['white space behind a comma', '[1, 2]'],
  ['white space in an empty object', '{ }'],
  ['white space in an empty array', '[ ]'],
  ['names out of order', '{"b":1,"a":2}'],
  ['names out of order, deeper', '{"a":[{"d":1,"c":2}]}'],
  ['names in order of integers', '{"1":1,"9":2,"10":3}'],
  ['names in order of code points', '{"\ufb33":1,"😀":2}'],
  ['names in order of their escapes', '{"\\n":1,"\\b":2}'],
  ['a name twice', '{"a":1,"a":1}'],
  ['a name twice, once escaped', '{"a":1,"\\u0061":1}'],
  ['1.0', '1.0'],
  ['0.10', '0.10'],
  ['1e3', '1e3'],
  ['1E+21', '1E+21'],
  ['1e21', '1e21'],
  ['1e+021', '1e+021'],
  ['-0', '-0'],
  ['a leading zero', '01'],
  ['a leading plus', '+1'],
  ['0.0000001 with places', '0.0000001'],
  ['1e-6 with an exponent', '1e-6'],
  ['more digits than a double keeps', '0.10000000000000001'],
  ['2^53+1', '9007199254740993'],
  ['an overflow', '1e400'],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['a hexadecimal number', '0x1'],
  ['an escaped letter', '"\\u0061"'],
  ['an escaped slash', '"\\/"'],
  ['an escape in capitals', '"\\u001F"'],
  ['\\u000a for \\n', '"\\u000a"'],
  ['an escaped character above the controls', '"\\u00e9"'],
  ['an escaped pair of surrogates', '"\\ud83d\\ude00"'],
  ['a raw control character', '"\n"'],
  ['a raw U+0000', '"\u0000"'],
  ['a lone high surrogate', '"\ud800"'],
  ['a lone low surrogate', '"\udc00"'],
  ['an unknown escape', '"\\x"'],
  ['an escape cut short', '"\\'],
  ['a string that does not end', '"a'],
  ['an array that does not end', '[1'],
  ['an object that does not end', '{"a":1'],
  ['a trailing comma', '[1,]'],
  ['a trailing comma in an object', '{"a":1,}'],
  ['a leading comma', '[,1]'],
  ['a name without quotes', '{a:1}'],
  ['a value without a name', '{1}'],
  ['two values', '1 2'],
  ['two objects', '{}{}'],
  ['nothing', ''],
  ['a word that goes on', 'truely'],
  ['a word cut short', 'nul'],
  ['a byte order mark', '\ufeff{}'],
  ['a comment', '{}//'],
]

describe('is canonical', () => {
  for (const text of CANONICAL) {
    it(text, () => {
      expect(isCanonicalJson(text)).toBe(true)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    })
  }
})

describe('is not canonical', () => {
  for (const [what, text] of NOT_CANONICAL) {
    it(what, () => {
      expect(isCanonicalJson(text)).toBe(false)
    })
  }

  it('what is nested without end, and that is said without using up the stack', () => {
    for (const open of ['[', '{"a":']) expect(isCanonicalJson(open.repeat(1_000_000))).toBe(false)
  })
})

describe('agrees with canonicalize', () => {
  it('on every random value: its canonical text is canonical', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(isCanonicalJson(canonicalize(value) as string)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('on JSON.stringify of every random value: canonical where canonicalize says the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value)
        expect(isCanonicalJson(text)).toBe(text === canonicalize(JSON.parse(text)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('on texts with one character put in, taken out or changed', () => {
    const letter = fc.constantFrom(...' \n\t{}[]",:019.eE+-\\/uabnt\u0000\ud800é'.split(''))
    const change = fc.tuple(fc.nat(), fc.constantFrom('in', 'out', 'over'), letter)
    const seen = { changed: 0, canonical: 0 }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), change, (value, [at, how, put]) => {
        const text = canonicalJson(value as JsonValue)
        const i = at % (text.length + 1)
        const rest = text.slice(how === 'in' ? i : i + 1)
        const changed = `${text.slice(0, i)}${how === 'out' ? '' : put}${rest}`
        const canonical = isCanonicalJson(changed)
        seen.changed++
        if (canonical) seen.canonical++
        expect(canonical).toBe(canonicalOf(changed) === changed)
      }),
      { numRuns: 4_000 },
    )
    expect(seen.canonical).toBeGreaterThan(100)
    expect(seen.changed - seen.canonical).toBeGreaterThan(1_000)
  })

  const canonicalOf = (text: string): string | undefined => {
    try {
      const value = JSON.parse(text) as JsonValue
      return canonicalJson(value)
    } catch {
      return undefined
    }
  }
})
