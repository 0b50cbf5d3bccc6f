import { type JsonObject, Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { bindRequest } from './bind-request.ts'
import { decide } from './decide.ts'
import { personalPointers, requestSchemaOf } from './policy-facts.ts'
import { FITTING, inputOf, REQUEST, rulesOf, shipped, tinyPolicy } from './tiny-policy.fixture.ts'

const policy = tinyPolicy()

const bound = (more: object = {}) => {
  const result = bindRequest(policy, 'act', { ...FITTING, ...more } as JsonObject)
  if (result instanceof Problem) throw new Error(JSON.stringify(result.fields))
  return result.values as Record<string, unknown>
}

const refused = (request: unknown) => {
  const result = bindRequest(policy, 'act', request as JsonObject)
  if (!(result instanceof Problem)) throw new Error('the request was accepted')
  expect(result.code).toBe('request-invalid')
  return (result.fields.errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`)
}

describe('binding gives conditions typed values', () => {
  it('integers become BigInt, numbers stay, times become Date, lists go element by element', () => {
    const values = bound({
      rate: 1,
      start: '2026-12-02T13:00:00+01:00',
      tags: ['a', 'b'],
      lines: [{ cents: 5 }, { cents: 6, discount: 1 }],
    })
    expect(values.amount).toBe(100n)
    expect(values.rate).toBe(1)
    expect(values.start).toEqual(new Date('2026-12-02T12:00:00Z'))
    expect(values.tags).toEqual(['a', 'b'])
    expect((values.lines as { cents: bigint }[]).map(({ cents }) => cents)).toEqual([5n, 6n])
  })

  it('an absent optional field stays absent', () => {
    expect(Object.keys(bound())).toEqual(['amount', 'rate', 'tier', 'urgent'])
  })

  it('objects inherit nothing from Object.prototype', () => {
    const values = bound({ address: { country: 'DE' } })
    for (const object of [values, values.address as object]) {
      expect('toString' in object).toBe(false)
      expect('hasOwnProperty' in object).toBe(false)
    }
  })
})

describe('a request that does not fit is refused, each bad field with its pointer', () => {
  it.each([
    [
      'a missing field, by its own pointer',
      { rate: 0.5, tier: 'x', urgent: true },
      '/amount: is missing',
    ],
    ['an unknown field', { ...FITTING, colour: 'red' }, '/colour: is not a known field'],
    ['an integer as a text', { ...FITTING, amount: '100' }, '/amount: must be integer'],
    ['an integer with a fraction', { ...FITTING, amount: 1.5 }, '/amount: must be integer'],
    [
      'an integer beyond 2^53-1',
      { ...FITTING, amount: 2 ** 53 },
      '/amount: must be <= 9007199254740991',
    ],
    [
      'an integer of 301 digits',
      { ...FITTING, amount: 1e300 },
      '/amount: must be <= 9007199254740991',
    ],
    ['NaN', { ...FITTING, rate: Number.NaN }, '/rate: must be number'],
    ['infinity', { ...FITTING, rate: Number.POSITIVE_INFINITY }, '/rate: must be number'],
    ['a number as a text', { ...FITTING, rate: '0.5' }, '/rate: must be number'],
    ['null', { ...FITTING, rate: null }, '/rate: must be number'],
    ['a truth value as a number', { ...FITTING, urgent: 1 }, '/urgent: must be boolean'],
    [
      'a text that is too long',
      { ...FITTING, tier: 'x'.repeat(41) },
      '/tier: must NOT have more than 40 characters',
    ],
    [
      'a list that is too long',
      { ...FITTING, tags: Array(101).fill('x') },
      '/tags: must NOT have more than 100 items',
    ],
    [
      'a bad item of a list',
      { ...FITTING, lines: [{ cents: 1 }, { cents: 'x' }] },
      '/lines/1/cents: must be integer',
    ],
    ['a missing field of an item', { ...FITTING, lines: [{}] }, '/lines/0/cents: is missing'],
    [
      'a time without a zone',
      { ...FITTING, start: '2026-12-02T12:00:00' },
      '/start: must match format "date-time"',
    ],
    [
      'a leap second, which no Date has',
      { ...FITTING, start: '2026-12-31T23:59:60Z' },
      '/start: must match format "date-time"',
    ],
    [
      'microseconds, which a Date would drop',
      { ...FITTING, start: '2026-12-02T12:00:00.000001Z' },
      '/start: must match format "date-time"',
    ],
    [
      'a day that does not exist',
      { ...FITTING, start: '2026-02-29T12:00:00Z' },
      '/start: must match format "date-time"',
    ],
    [
      '__proto__',
      JSON.parse('{"amount":1,"rate":1,"tier":"x","urgent":true,"__proto__":{"a":1}}'),
      '/__proto__: is not a known field',
    ],
    ['a name that needs escaping', { ...FITTING, 'a/b~c': 1 }, '/a~1b~0c: is not a known field'],
    ['a list instead of an object', [], ': must be object'],
  ])('%s', (_, request, fault) => expect(refused(request)).toContain(fault))

  it('lists every bad field, and repeats no value of the request', () => {
    const faults = refused({ amount: 'secret', rate: 'secret', tier: 5 })
    expect(faults).toHaveLength(4)
    expect(faults.join()).not.toContain('secret')
  })

  it('changes nothing in the request', () => {
    const request = Object.freeze({ ...FITTING, tags: Object.freeze(['a']) })
    bindRequest(policy, 'act', request as unknown as JsonObject)
    expect(request).toEqual({ ...FITTING, tags: ['a'] })
  })

  it('refuses an action that the policy does not have', () => {
    for (const action of ['other', 'constructor', '__proto__']) {
      const problem = bindRequest(policy, action, {})
      expect((problem as Problem).code).toBe('unknown-action')
    }
  })
})

describe('formats are strict and bounded', () => {
  const field = (format: string) =>
    tinyPolicy({
      request: {
        type: 'object',
        additionalProperties: false,
        properties: { f: { type: 'string', format } },
      },
    })
  it.each([
    ['date', '2026-02-28', true],
    ['date', '2026-02-29', false],
    ['date', '2026-2-1', false],
    ['uuid', '01900000-0000-7000-8000-000000000000', true],
    ['uuid', 'urn:uuid:01900000-0000-7000-8000-000000000000', false],
    ['email', 'ada@example.org', true],
    ['email', 'ada@@example.org', false],
    ['email', `${'a'.repeat(65)}@example.org`, false],
  ])('%s takes %s: %s', (format, f, accepted) => {
    expect(bindRequest(field(format), 'act', { f }) instanceof Problem).toBe(!accepted)
  })
})

describe('a bound request belongs to the policy that bound it', () => {
  it('is bound anew when another load of the same policy decides', () => {
    const make = () => tinyPolicy({ rules: rulesOf([{ when: 'request.amount == 100' }]) })
    const other = bindRequest(make(), 'act', { ...FITTING, amount: 100 })
    if (other instanceof Problem) throw new Error(other.detail)
    expect(decide(make(), inputOf({}, { bound: other })).outcome).toBe('approved')
  })
})

describe('facts of an action', () => {
  it('personal fields are named by pointer, the outermost only', () => {
    expect(personalPointers(shipped('finance-constitution-1.1.0'), 'discount')).toEqual(['/note'])
    const nested = {
      type: 'object',
      additionalProperties: false,
      properties: {
        who: { ...REQUEST.properties.address, 'x-personal': true },
        home: {
          ...REQUEST.properties.address,
          properties: { country: { type: 'string', maxLength: 2, 'x-personal': true } },
        },
      },
    }
    expect(personalPointers(tinyPolicy({ request: nested }), 'act')).toEqual([
      '/who',
      '/home/country',
    ])
    expect(personalPointers(policy, 'nope')).toEqual([])
  })

  it('the request schema is that of the document', () => {
    expect(requestSchemaOf(policy, 'act')).toEqual(REQUEST)
    expect(requestSchemaOf(policy, 'nope')).toBeNull()
  })
})
