import { describe, expect, it } from 'vitest'
import {
  faultsOf,
  faultsOfFinance,
  REQUEST,
  tinyDocument,
  tinyPolicy,
} from './tiny-policy.fixture.ts'

describe('bands, paths and ids hold together', () => {
  it.each([
    [
      'levels that fall',
      'level: AL1',
      'level: AL3',
      '/actions/discount/autonomy/bands/1/level: AL2 after AL3: levels rise and stand once',
    ],
    [
      'a level that stands twice',
      'level: AL1',
      'level: AL2',
      '/actions/discount/autonomy/bands/1/level: AL2 after AL2: levels rise and stand once',
    ],
    [
      'AL2 without a veto window',
      ', vetoWindow: PT4H',
      '',
      '/actions/discount/autonomy/bands/1: AL2 needs vetoWindow',
    ],
    [
      'a veto window under a minute',
      'vetoWindow: PT4H',
      'vetoWindow: PT59S',
      '/actions/discount/autonomy/bands/1/vetoWindow: must be between PT1M and PT72H',
    ],
    [
      'a veto window over 72 hours',
      'vetoWindow: PT4H',
      'vetoWindow: PT73H',
      '/actions/discount/autonomy/bands/1/vetoWindow: must be between PT1M and PT72H',
    ],
    [
      'a veto window outside AL2',
      'limits: { perDay: 1000000 }',
      'limits: { perDay: 1 }, vetoWindow: PT4H',
      '/actions/discount/autonomy/bands/2/vetoWindow: only AL2 has a veto window',
    ],
    [
      'AL3 without limits',
      ', limits: { perDay: 1000000 }',
      '',
      '/actions/discount/autonomy/bands/2: AL3 needs limits',
    ],
    [
      'a time zone other than UTC',
      'perDay: 1000000',
      'perDay: 1, timezone: Europe/Berlin',
      '/actions/discount/autonomy/bands/2/limits/timezone: only UTC is supported in this version',
    ],
    [
      'a path that nobody defined',
      'code: OUTSIDE_BAND, path: cfo',
      'code: OUTSIDE_BAND, path: ceo',
      "/actions/discount/rules/list/1/path: no escalation path is named 'ceo'",
    ],
    [
      'one id for two rules',
      'id: outside-band',
      'id: within-band',
      "/actions/discount/rules/list/1: 'within-band' is used twice",
    ],
    ['one name for two tests', 'name: wider,', 'name: tight,', "/tests/1: 'tight' is used twice"],
    [
      'a test of an unknown variant',
      'variant: A,',
      'variant: C,',
      "/tests/4/variant: the policy has no variant 'C'",
    ],
    [
      'a duration of nothing',
      'within: PT24H',
      'within: PT0S',
      '/escalation/paths/cfo/0/within: must be a duration such as PT24H or P30D',
    ],
    ['a duration in months', 'window: P30D', 'window: P1M', /^\/reward\/0\/window: must match/],
  ] as const)('refuses %s', (_, from, to, fault) => {
    const faults = faultsOfFinance(from, to)
    const strings = typeof fault === 'string'
    expect(faults.some((each) => (strings ? each === fault : fault.test(each)))).toBe(true)
  })
})

describe('parameters stay inside their declared range, under every variant', () => {
  const params = (param: object, variants?: object) =>
    faultsOf(tinyDocument({}, { params: { p: param }, ...(variants ? { variants } : {}) }))
  const overlay = (value: unknown, type: object) =>
    params(type, { unit: 'subject.id', list: [{ id: 'A' }, { id: 'B', params: { p: value } }] })
  const INT = { type: 'int', value: 5, min: 0, max: 10 }

  it.each([
    [{ type: 'int', value: 11, min: 0, max: 10 }, '11 is outside 0 to 10'],
    [{ type: 'int', value: 1.5, min: 0, max: 10 }, 'the value must be an integer'],
    [{ type: 'int', value: 5 }, 'an int needs min and max'],
    [{ type: 'int', value: 5, min: 0.5, max: 9 }, 'min and max of an int must be integers'],
    [{ type: 'double', value: 5, min: 9, max: 1 }, 'min is above max'],
    [{ type: 'double', value: '0.1', min: 0, max: 1 }, 'the value must be a number'],
    [{ type: 'string', value: 'x' }, 'a string needs an enum'],
    [{ type: 'string', value: 'x', enum: ['y'] }, 'must be one of y'],
    [{ type: 'list<string>', value: ['x', 'z'], enum: ['x'] }, 'must be a list of x'],
    [{ type: 'bool', value: 'true' }, 'the value must be true or false'],
    [{ type: 'bool', value: true, min: 0 }, 'a bool has no min or max'],
  ])('refuses %j', (param, fault) => {
    expect(params(param)).toEqual([`/params/p: ${fault}`])
  })

  it('refuses an overlay outside the range, of the wrong type or of no parameter', () => {
    expect(overlay(11, INT)).toEqual(['/variants/list/1/params/p: 11 is outside 0 to 10'])
    expect(overlay('5', INT)).toEqual(['/variants/list/1/params/p: the value must be an integer'])
    expect(faultsOfFinance('{ al2MaxDiscount: 0.10 }', '{ al3MaxDiscount: 0.10 }')).toEqual([
      '/variants/list/1/params/al3MaxDiscount: is not a parameter of the policy',
    ])
  })

  it('needs exactly one variant without an overlay', () => {
    const fault =
      '/variants/list: exactly one variant has no params: the one others are compared with'
    expect(faultsOfFinance('{ id: A }', '{ id: A, params: { al2MaxDiscount: 0.11 } }')).toContain(
      fault,
    )
    expect(faultsOfFinance('{ id: B, params: { al2MaxDiscount: 0.10 } }', '{ id: B }')).toContain(
      fault,
    )
  })
})

describe('the request schema is closed and bounded', () => {
  const field = (schema: object) =>
    faultsOf(
      tinyDocument({
        request: { ...REQUEST, properties: { ...REQUEST.properties, f: schema } },
      }),
    )
  const deep = (levels: number): object =>
    levels === 0
      ? { type: 'integer' }
      : { type: 'object', additionalProperties: false, properties: { below: deep(levels - 1) } }

  it.each([
    [{ type: 'string' }, ': needs maxLength, format or enum'],
    [{ type: 'string', maxLength: 10_001 }, '/maxLength: must be <= 10000'],
    [{ type: 'string', maxLength: 5, pattern: '^(a+)+$' }, '/pattern: is not a known field'],
    [{ type: 'string', format: 'regex' }, '/format: must be one of date-time, date, uuid, email'],
    [{ type: 'string', maxLength: 5, default: 'x' }, '/default: is not a known field'],
    [{ type: 'array', items: { type: 'integer' } }, '/maxItems: is missing'],
    [{ type: 'array', items: { type: 'integer' }, maxItems: 1001 }, '/maxItems: must be <= 1000'],
    [{ type: 'array', maxItems: 5 }, '/items: is missing'],
    [{ type: 'object', properties: {} }, '/additionalProperties: is missing'],
    [
      { type: 'object', properties: {}, additionalProperties: true },
      '/additionalProperties: must be false',
    ],
    [{ type: ['string', 'null'] }, /type: must be one of object/],
    [{ type: 'null' }, /type: must be one of object/],
    [{ maxLength: 5 }, '/type: is missing'],
    [{ $ref: '#/x' }, '/type: is missing'],
    [{ type: 'integer', minimum: 5, maximum: 4 }, '/minimum: minimum 5 is above maximum 4'],
    [
      { type: 'object', additionalProperties: false, properties: {}, required: ['x'] },
      "/required/0: 'x' is not one of the properties",
    ],
    [
      {
        type: 'object',
        additionalProperties: false,
        properties: { constructor: { type: 'integer' } },
      },
      '/properties/constructor: is a reserved name',
    ],
    [
      { type: 'object', additionalProperties: false, properties: { 'a-b': { type: 'integer' } } },
      /a-b: is no valid name/,
    ],
    [
      { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 5, 'x-personal': true } },
      '/items/x-personal: mark the whole list as personal, not its items',
    ],
    [deep(5), /nests deeper than 6 levels/],
  ])('refuses %j', (schema, fault) => {
    const at = '/actions/act/request/properties/f'
    const faults = field(schema)
    if (typeof fault === 'string') expect(faults).toContain(at + fault)
    else expect(faults.join('\n')).toMatch(fault)
  })

  it('accepts six levels', () => {
    expect(() =>
      tinyPolicy({
        request: { type: 'object', additionalProperties: false, properties: { a: deep(4) } },
      }),
    ).not.toThrow()
  })
})
