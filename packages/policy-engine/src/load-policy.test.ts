import { Problem } from '@writ/kernel'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { policyDocumentSchema } from './document-schema.ts'
import { loadPolicy } from './load-policy.ts'
import {
  faultsOf,
  problemOf,
  REQUEST,
  rulesOf,
  shippedText,
  tinyDocument,
  tinyPolicy,
} from './tiny-policy.fixture.ts'

const FINANCE = shippedText('finance-constitution-1.1.0')

describe('every fault is listed with pointer, line and column', () => {
  it('lists faults of shape, meaning and expressions of one file together', () => {
    const text = [
      'policy: tiny',
      'version: 1.0',
      'domain: testing',
      'colour: red',
      'params:',
      '  max: { type: int, value: 9, min: 0, max: 5 }',
      'actions:',
      '  one:',
      '    request: { type: object, additionalProperties: false, properties: { a: { type: integer } } }',
      '    rules:',
      '      hit: strictest',
      '      default: { outcome: escalate, code: NO_RULE, path: nobody }',
      '      list:',
      '        - { id: typo, when: request.b > 1, outcome: approve, code: OK }',
      '    autonomy: { ceiling: AL1, bands: [ { level: AL1, when: "true" } ] }',
    ].join('\n')
    expect(problemOf(text.replace('value: 9', 'value: 4'))).toEqual([
      { pointer: '/version', message: 'must be string', line: 2, column: 10 },
      { pointer: '/colour', message: 'is not a known field', line: 4, column: 1 },
      {
        pointer: '/actions/one/rules/default/path',
        message: "no escalation path is named 'nobody'",
        line: 12,
        column: 58,
      },
      {
        pointer: '/actions/one/rules/list/0/when',
        message: 'no such field: b',
        line: 14,
        column: 29,
        offset: 8,
      },
    ])
    expect(problemOf(text).map(({ pointer }) => pointer)).toContain('/params/max')
  })

  it('names a missing field by its own pointer, at the place that lacks it', () => {
    const { policy: _, ...nameless } = tinyDocument() as Record<string, unknown>
    expect(problemOf(nameless)).toEqual([
      { pointer: '/policy', message: 'is missing', line: 1, column: 1 },
    ])
  })

  it('refuses a document that is no object, or has no actions', () => {
    expect(faultsOf('just text')).toEqual([': must be object'])
    expect(faultsOf('[1, 2]')).toEqual([': must be object'])
    expect(faultsOf('policy: tiny')).toContain('/actions: is missing')
  })

  it('says in the detail how many faults there are', () => {
    const problem = loadPolicy(FINANCE.replaceAll('request.margin', 'request.marign'))
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).detail).toMatch(
      /^The policy is invalid: no such field: marign, line \d+, column \d+ and 4 more\.$/,
    )
  })
})

const withFinance = (from: string | RegExp, to: string) => {
  const text = FINANCE.replace(from, to)
  expect(text).not.toBe(FINANCE)
  return faultsOf(text)
}

describe('the shape is closed and bounded', () => {
  it('by a schema that is itself valid JSON Schema 2020-12', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    ajv.addVocabulary(['x-personal', 'x-actionable', 'x-subject'])
    for (const format of ['date-time', 'date']) ajv.addFormat(format, true)
    expect(ajv.validateSchema(policyDocumentSchema)).toBe(true)
    expect(ajv.compile(policyDocumentSchema)(tinyDocument())).toBe(true)
  })

  it.each([
    [
      'an unknown field of a rule',
      'outcome: approve, code',
      'outcome: approve, kode: x, code',
      '/actions/discount/rules/list/0/kode: is not a known field',
    ],
    [
      'a name that is too short',
      'policy: finance-constitution',
      'policy: fi',
      '/policy: must match pattern "^[a-z][a-z0-9-]{2,62}$"',
    ],
    ['a version of two numbers', 'version: 1.1.0', 'version: "1.1"', /^\/version: must match/],
    [
      'an outcome that rules do not have',
      'outcome: approve',
      'outcome: hold',
      '/actions/discount/rules/list/0/outcome: must be one of approve, deny, escalate',
    ],
    [
      'approval by default',
      'default: { outcome: escalate',
      'default: { outcome: approve',
      '/actions/discount/rules/default/outcome: must be one of deny, escalate',
    ],
    [
      'a code in lower case',
      'code: WITHIN_BAND }',
      'code: within_band }',
      /list\/0\/code: must match/,
    ],
    [
      'a time-out that approves',
      'onTimeout: deny',
      'onTimeout: approve',
      '/escalation/onTimeout: must be one of deny, next',
    ],
    [
      'a variant id in lower case',
      '{ id: A }',
      '{ id: a }',
      /^\/variants\/list\/0\/id: must match/,
    ],
    [
      'weights inside the file',
      'unit: subject.id',
      'unit: subject.id, weights: {A: 1}',
      '/variants/weights: is not a known field',
    ],
    ['a stage without a time', ', within: PT24H', '', '/escalation/paths/cfo/0/within: is missing'],
    [
      'a test without a time',
      'name: tight,   at: 2026-12-02T09:00:00Z,',
      'name: tight,',
      '/tests/0/at: is missing',
    ],
    [
      'a time that does not exist',
      '2026-12-02T09',
      '2026-02-30T09',
      '/tests/0/at: must match format "date-time"',
    ],
    [
      'an action in capitals',
      '  discount:\n',
      '  Discount:\n',
      /^\/actions\/Discount: is no valid name/,
    ],
    [
      'a condition that is no text',
      'when: "request.discount <= 0.05 && request.margin >= 0.25"',
      'when: true',
      '/actions/discount/autonomy/bands/0/when: must be string',
    ],
  ] as const)('refuses %s', (_, from, to, fault) => {
    const faults = withFinance(from, to)
    const strings = typeof fault === 'string'
    expect(faults.some((each) => (strings ? each === fault : fault.test(each)))).toBe(true)
  })

  it.each([
    [
      { guardrails: [{ id: 'g', when: 'true', effect: 'approve', code: 'X' }] },
      '/actions/act/guardrails/0/effect: must be one of deny, escalate, halt',
    ],
    [
      { guardrails: [{ id: 'g', when: 'true', effect: 'deny', code: 'X', override: 'always' }] },
      '/actions/act/guardrails/0/override: must be "never"',
    ],
    [
      {
        guardrails: [
          {
            id: 'g',
            when: 'true',
            effect: 'deny',
            code: 'X',
            override: { role: 'cfo', approvals: 1 },
          },
        ],
      },
      '/actions/act/guardrails/0/override/approvals: must be >= 2',
    ],
    [
      { rules: rulesOf(Array(501).fill({ when: 'true' })) },
      '/actions/act/rules/list: must NOT have more than 500 items',
    ],
    [{ effect: 'maybe' }, '/actions/act/effect: must be one of reversible, irreversible'],
  ])('refuses %j', (action, fault) => {
    expect(faultsOf(tinyDocument(action))).toContain(fault)
  })

  it('accepts every field that the document may have', () => {
    const policy = tinyPolicy(
      {
        description: 'An action that uses everything.',
        effect: 'irreversible',
        features: {
          orders: 'int',
          mean: 'double',
          vip: 'bool',
          region: 'string',
          since: 'timestamp',
        },
        derive: [{ id: 'net', type: 'int', expr: 'request.amount - 10' }],
        evidence: [
          {
            id: 'kyc',
            requiredWhen: 'request.amount > 5',
            maxAge: 'P30D',
            onMissing: 'deny',
            path: 'desk',
            values: { score: 'int' },
          },
        ],
        guardrails: [
          {
            id: 'g1',
            when: 'derived.net > 1000',
            effect: 'halt',
            code: 'X',
            message: 'm',
            path: 'desk',
            sensitive: true,
            override: 'never',
          },
          {
            id: 'g2',
            when: 'params.cap < 3',
            effect: 'deny',
            code: 'Y',
            override: { role: 'cfo', approvals: 2 },
            readsVariantParams: true,
          },
        ],
        autonomy: {
          ceiling: 'AL2',
          bands: [
            { level: 'AL1', when: 'false' },
            { level: 'AL2', when: 'true', vetoWindow: 'PT72H', limits: { perDay: 5 } },
            { level: 'AL3', when: 'true', limits: { metric: 'count', perDay: 5, timezone: 'UTC' } },
          ],
        },
      },
      {
        params: {
          cap: { type: 'int', description: 'd', value: 5, min: 0, max: 9 },
          on: { type: 'bool', value: true },
          tier: { type: 'string', value: 'gold', enum: ['gold', 'silver'] },
          lands: { type: 'list<string>', value: ['DE'], enum: ['DE', 'FR'] },
        },
        variants: {
          unit: 'subject.id',
          list: [
            { id: 'A' },
            { id: 'B', params: { cap: 6, on: false, tier: 'silver', lands: [] } },
          ],
        },
        escalation: { paths: { desk: [{ roles: ['clerk'], within: 'PT1H' }] } },
        assist: { may: ['escalate', 'deny'], models: ['m'], onError: 'escalate', timeoutMs: 1500 },
      },
    )
    expect(policy.actions.get('act')?.irreversible).toBe(true)
  })
})

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
    const faults = withFinance(from, to)
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
    expect(withFinance('{ al2MaxDiscount: 0.10 }', '{ al3MaxDiscount: 0.10 }')).toEqual([
      '/variants/list/1/params/al3MaxDiscount: is not a parameter of the policy',
    ])
  })

  it('needs exactly one variant without an overlay', () => {
    const fault =
      '/variants/list: exactly one variant has no params: the one others are compared with'
    expect(withFinance('{ id: A }', '{ id: A, params: { al2MaxDiscount: 0.11 } }')).toContain(fault)
    expect(withFinance('{ id: B, params: { al2MaxDiscount: 0.10 } }', '{ id: B }')).toContain(fault)
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

describe('guardrails hold whatever variant runs and whatever features are missing', () => {
  const document = (action: object) =>
    tinyDocument(action as Record<string, unknown>, {
      params: {
        cap: { type: 'int', value: 5, min: 0, max: 9 },
        floor: { type: 'int', value: 1, min: 0, max: 9 },
      },
      variants: { unit: 'subject.id', list: [{ id: 'A' }, { id: 'B', params: { cap: 6 } }] },
    })
  const guardrail = (when: string, more: object = {}) => ({
    guardrails: [{ id: 'g', when, effect: 'deny', code: 'X', ...more }],
  })
  const VARIANT =
    '/actions/act/guardrails/0/when: reads params.cap, which a variant changes; readsVariantParams: true allows it'

  it('refuses a guardrail that reads what a variant changes, also through a derived value', () => {
    expect(faultsOf(document(guardrail('request.amount > params.cap')))).toEqual([VARIANT])
    const derive = [{ id: 'over', type: 'bool', expr: 'request.amount > params.cap' }]
    expect(faultsOf(document({ ...guardrail('derived.over'), derive }))).toEqual([VARIANT])
  })

  it('accepts the same guardrail when it says so, and parameters that no variant changes', () => {
    const read = (when: string, more = {}) =>
      loadPolicy(JSON.stringify(document(guardrail(when, more))))
    expect(read('request.amount > params.cap', { readsVariantParams: true })).not.toBeInstanceOf(
      Problem,
    )
    expect(read('request.amount > params.floor')).not.toBeInstanceOf(Problem)
    expect(read('request.amount > base.cap')).not.toBeInstanceOf(Problem)
  })

  it('refuses has() of a feature in a guardrail, also through a derived value', () => {
    const fault =
      '/actions/act/guardrails/0/when: has(features.risk): a missing feature must not pass a guardrail'
    const features = { risk: 'double' }
    const when = 'has(features.risk) && features.risk > 0.5'
    expect(faultsOf(document({ features, ...guardrail(when) }))).toEqual([fault])
    const derive = [{ id: 'risky', type: 'bool', expr: when }]
    expect(faultsOf(document({ features, derive, ...guardrail('derived.risky') }))).toEqual([fault])
  })
})

describe('derived values are computed in order', () => {
  it('refuses to read a later value, or itself', () => {
    const derive = [
      { id: 'a', type: 'int', expr: 'derived.b + 1' },
      { id: 'b', type: 'int', expr: 'derived.b + 1' },
    ]
    expect(faultsOf(tinyDocument({ derive }))).toEqual([
      '/actions/act/derive/0/expr: derived.b is not computed yet: only earlier values can be read',
      '/actions/act/derive/1/expr: derived.b is not computed yet: only earlier values can be read',
    ])
  })

  it('refuses a value of another type than declared', () => {
    const derive = [{ id: 'a', type: 'double', expr: 'request.amount' }]
    expect(faultsOf(tinyDocument({ derive }))).toEqual([
      '/actions/act/derive/0/expr: the expression yields int, expected double',
    ])
  })

  it('refuses derived values in the condition of evidence, which is checked before', () => {
    const derive = [{ id: 'a', type: 'bool', expr: 'true' }]
    const evidence = [{ id: 'kyc', requiredWhen: 'derived.a', maxAge: 'P1D' }]
    expect(faultsOf(tinyDocument({ derive, evidence }))).toEqual([
      '/actions/act/evidence/0/requiredWhen: derived values are computed after evidence is checked',
    ])
  })
})
