import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type JsonObject,
  pointerTo,
  pointerToken,
  pointerTokens,
  propertyAt,
  withoutProperty,
  withProperty,
} from './index.ts'

describe('RFC 6901', () => {
  it('escapes tilde before slash, and reads both again', () => {
    expect(pointerToken('a/b~c')).toBe('a~1b~0c')
    expect(pointerToken('~1')).toBe('~01')
    expect(pointerTokens('/~01/a~1b//0')).toEqual(['~1', 'a/b', '', '0'])
    expect(pointerTokens('')).toEqual([])
  })

  it('gives the tokens back that a pointer was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (tokens) => {
        const pointer = tokens.reduce((here, token) => pointerTo(here, token), '')
        expect(pointerTokens(pointer)).toEqual(tokens)
      }),
    )
  })
})

describe('properties', () => {
  const data: JsonObject = { a: { b: { c: 1 }, 'x/y': 2 }, list: [{ d: 3 }], '': 4 }

  it('are found through objects only, never through arrays or what is inherited', () => {
    expect(propertyAt(data, '')).toBe(data)
    expect(propertyAt(data, '/a/b/c')).toBe(1)
    expect(propertyAt(data, '/a/x~1y')).toBe(2)
    expect(propertyAt(data, '/')).toBe(4)
    for (const none of ['/a/c', '/list/0', '/list/0/d', '/a/b/c/d', '/toString', '/a/__proto__']) {
      expect(propertyAt(data, none)).toBeUndefined()
    }
  })

  it('are taken out of a copy; where there is none the same object comes back', () => {
    const before = structuredClone(data)
    expect(withoutProperty(data, '/a/b')).toEqual({ ...data, a: { 'x/y': 2 } })
    expect(withoutProperty(data, '/a/x~1y')).toEqual({ ...data, a: { b: { c: 1 } } })
    expect(withoutProperty(data, '/nowhere/at/all')).toBe(data)
    expect(withoutProperty(data, '/list/0')).toBe(data)
    expect(data).toEqual(before)
  })

  it('are put into a copy, with the objects on the way', () => {
    expect(withProperty({ a: 1 }, '/b/c~1d', 2)).toEqual({ a: 1, b: { 'c/d': 2 } })
    expect(withProperty({ a: { b: 1 } }, '/a/c', 2)).toEqual({ a: { b: 1, c: 2 } })
    expect(withProperty({ a: 1 }, '', { b: 2 })).toEqual({ b: 2 })
    expect(withProperty({ a: 1 }, '', 2)).toEqual({ a: 1 })
  })

  it('never reach the prototype', () => {
    const put = withProperty({}, '/__proto__/polluted', true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(put)).toBe(Object.prototype)
  })

  it('taken out and put in again give the same object', () => {
    const names = fc.constantFrom('a', 'b', '/', '~', '')
    const deep = fc.dictionary(names, fc.dictionary(names, fc.integer(), { minKeys: 1 }), {
      minKeys: 1,
    })
    fc.assert(
      fc.property(deep, (value) => {
        const [outer] = Object.keys(value) as [string]
        const [inner] = Object.keys(value[outer] as object) as [string]
        const pointer = pointerTo(pointerTo('', outer), inner)
        const leaf = propertyAt(value, pointer) as number
        expect(leaf).toBeTypeOf('number')
        const without = withoutProperty(value, pointer)
        expect(propertyAt(without, pointer)).toBeUndefined()
        expect(withProperty(without, pointer, leaf)).toEqual(value)
      }),
    )
  })
})
