import canonicalizeByErdtman from 'canonicalize'
import fc from 'fast-check'
import { canonicalize as canonicalizeByOther } from 'json-canonicalize'
import { describe, expect, it } from 'vitest'
import { canonicalJson, type JsonValue, NotCanonicalisable } from './index.ts'

const double = (bits: string): number => Buffer.from(bits, 'hex').readDoubleBE()

/** RFC 8785, appendix B: the bits of a double and its text. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

describe('RFC 8785', () => {
  for (const [bits, text] of NUMBERS) {
    it(`appendix B: ${bits} is ${text}`, () => {
      expect(canonicalJson(double(bits))).toBe(text)
    })
  }

  it('appendix B: NaN and Infinity are errors', () => {
    for (const bits of ['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000']) {
      expect(() => canonicalJson(double(bits))).toThrow(NotCanonicalisable)
    }
  })

  it('section 3.2.2: the sample', () => {
    const sample = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
        "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    )
    const numbers = '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]'
    const string = String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"`
    expect(canonicalJson(sample)).toBe(`{"literals":[null,true,false],${numbers},${string}}`)
  })

  it('section 3.2.3: names sort by UTF-16 code units', () => {
    const names = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
    const text = sorted
      .map((name) => `${JSON.stringify(name)}:${JSON.stringify(names[name as '1'])}`)
      .join(',')
    expect(canonicalJson(names)).toBe(`{${text}}`)
  })

  it('names that look like integers sort as text', () => {
    expect(canonicalJson({ 10: 1, 9: 2, 1: 3, b: 4, a: 5 })).toBe(
      '{"1":3,"10":1,"9":2,"a":5,"b":4}',
    )
  })
})

describe('agrees with two other implementations', () => {
  it('on random values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const ours = canonicalJson(value as JsonValue)
        expect(ours).toBe(canonicalizeByErdtman(value))
        expect(ours).toBe(canonicalizeByOther(value))
      }),
      { numRuns: 1_000 },
    )
  })

  it('on random names and strings of the whole of Unicode', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 6 }), (value) => {
        const ours = canonicalJson(value)
        expect(ours).toBe(canonicalizeByErdtman(value))
        expect(ours).toBe(canonicalizeByOther(value))
        expect(JSON.parse(ours)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 500 },
    )
  })

  it('on random doubles', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalizeByErdtman(value))
        expect(Number(canonicalJson(value))).toBe(value + 0)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what has no canonical form', () => {
  const NONE: Readonly<Record<string, unknown>> = {
    undefined: undefined,
    'a property that is undefined': { a: undefined },
    'a hole in an array': [1, undefined],
    'a function': { a: () => 1 },
    'a symbol': [Symbol('a')],
    'a bigint': { a: 1n },
    NaN: [Number.NaN],
    'a lone surrogate': '\ud800',
    'a lone surrogate in a name': { '\udc00': 1 },
    'a Map': new Map([['a', 1]]),
    'a Date': { at: new Date(0) },
    'a class': new (class Money {
      cents = 1
    })(),
  }
  for (const [what, value] of Object.entries(NONE)) {
    it(`${what} is refused, never left out`, () => {
      expect(() => canonicalJson(value as JsonValue)).toThrow(NotCanonicalisable)
    })
  }

  it('an object without prototype is plain', () => {
    expect(canonicalJson(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}')
  })
})
