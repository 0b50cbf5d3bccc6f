import { describe, expect, it } from 'vitest'
import { neighbour, ofRank, rankOf } from '../numbers/double-rank.ts'
import { REQUEST, rulesOf, shipped, tinyPolicy } from '../tiny-policy.fixture.ts'
import { PROBES_MAX, probeCases } from './probe-cases.ts'
import { probeFindings } from './probe-findings.ts'
import { runProbes } from './probe-run.ts'

type Part = Readonly<Record<string, unknown>>

const casesOf = (action: Part, document: Part = {}) => {
  const policy = tinyPolicy(action, document)
  const [compiled] = policy.actions.values()
  if (!compiled) throw new Error('no action')
  return probeCases(policy, compiled)
}
const when = (condition: string, more: Part = {}): Part => ({
  rules: rulesOf([{ when: condition }]),
  ...more,
})
const tried = (action: Part, field: string, document: Part = {}): readonly unknown[] => [
  ...new Set(casesOf(action, document).inputs.map(({ request }) => request[field])),
]
const found = (action: Part, document: Part = {}): readonly string[] =>
  runProbes(tinyPolicy(action, document))
    .flatMap(probeFindings)
    .map(({ code, pointer }) => `${code} ${pointer.replace('/actions/act/', '')}`)
const bounded = (properties: Part): Part => ({
  ...REQUEST,
  properties: { ...REQUEST.properties, ...properties },
})

describe('the neighbours of a double', () => {
  it.each([
    [0.15, 0.15000000000000002, 0.15 - 2 ** -55],
    [1, 1 + 2 ** -52, 1 - 2 ** -53],
    [0, 5e-324, -5e-324],
    [-0.5, -0.5 + 2 ** -54, -0.5 - 2 ** -53],
  ])('of %d', (value, above, below) => {
    expect([neighbour(value, 1), neighbour(value, -1)]).toEqual([above, below])
    expect(ofRank(rankOf(value))).toBe(value)
  })
})

describe('probes stand at every threshold and beside it', () => {
  it('of an int, of a parameter under each variant', () => {
    const document = {
      params: { cap: { type: 'int', value: 7, min: 0, max: 100 } },
      variants: { unit: 'subject.id', list: [{ id: 'A' }, { id: 'B', params: { cap: 50 } }] },
    }
    expect(tried(when('request.amount < params.cap'), 'amount', document)).toEqual(
      expect.arrayContaining([6, 7, 8, 49, 50, 51]),
    )
  })

  it('of a double, one unit in the last place away', () => {
    expect(tried(when('request.rate <= 0.15'), 'rate')).toEqual(
      expect.arrayContaining([0.15 - 2 ** -55, 0.15, 0.15000000000000002]),
    )
  })

  it('that only arithmetic or another field gives', () => {
    const request = bounded({ amount: { type: 'integer', minimum: 0, maximum: 1_000_000 } })
    const condition = 'request.amount * 3 + 1 > 1000 || request.amount > size(request.tier) * 40'
    expect(tried(when(condition, { request }), 'amount')).toEqual(
      expect.arrayContaining([333, 334]),
    )
  })

  it('through a derived value', () => {
    const action = {
      request: bounded({ amount: { type: 'integer', minimum: 0, maximum: 1_000_000 } }),
      derive: [{ id: 'double', type: 'int', expr: 'request.amount * 2' }],
      ...when('derived.double >= 777'),
    }
    expect(tried(action, 'amount')).toEqual(expect.arrayContaining([388, 389]))
  })

  it('clamped to the range of the schema, and counted so', () => {
    const request = bounded({ amount: { type: 'integer', minimum: 0, maximum: 9 } })
    const action = when('request.amount > 9 || request.amount < 0', { request })
    expect(tried(action, 'amount').toSorted()).toEqual([0, 1, 8, 9])
    expect(casesOf(action).fields).toEqual([{ pointer: '/request/amount', values: 4, clamped: 2 }])
  })

  it('of texts, lists, optional fields, features and times', () => {
    const condition = [
      "request.tier == 'gold' || glob(request.tier, 'plat*')",
      "has(request.tags) && 'vip' in request.tags",
      'has(request.address) && request.address.country == "DE"',
      'has(features.orders) && features.orders > 3',
      "now > timestamp('2026-12-02T00:00:00Z')",
    ].join(' || ')
    const { inputs } = casesOf(when(condition, { features: { orders: 'int' } }))
    const seen = (path: (input: (typeof inputs)[number]) => unknown) => [
      ...new Set(inputs.map((input) => JSON.stringify(path(input)))),
    ]
    expect(seen(({ request }) => request.tier)).toEqual(
      expect.arrayContaining(['"gold"', '"plat"', '"platx"', '"other"']),
    )
    expect(seen(({ request }) => request.tags)).toEqual(
      expect.arrayContaining([undefined, '[]', '["vip"]']),
    )
    expect(seen(({ request }) => request.address)).toEqual(
      expect.arrayContaining([undefined, '{"country":"DE"}']),
    )
    expect(seen(({ features }) => features.orders)).toEqual(
      expect.arrayContaining([undefined, '2', '3', '4']),
    )
    expect(seen(({ at }) => at)).toEqual(
      expect.arrayContaining(['"2026-12-01T23:59:59.999Z"', '"2026-12-02T00:00:00.001Z"']),
    )
  })

  it('of evidence at the end of its life', () => {
    const evidence = [{ id: 'kyc', maxAge: 'P1D' }]
    const { inputs } = casesOf(when('true', { evidence }))
    expect([...new Set(inputs.map((each) => JSON.stringify(each.evidence)))]).toEqual(
      expect.arrayContaining([
        '{}',
        '{"kyc":{"at":"2025-12-31T12:00:00.000Z"}}',
        '{"kyc":{"at":"2025-12-31T11:59:59.999Z"}}',
      ]),
    )
  })
})

describe('too many combinations', () => {
  const wide = Array.from({ length: 12 }, (_, i) => `f${i}`)
  const request = {
    type: 'object',
    additionalProperties: false,
    required: wide,
    properties: Object.fromEntries(
      wide.map((name) => [name, { type: 'integer', minimum: 0, maximum: 100 }]),
    ),
  }
  const all = wide.map((name, i) => `request.${name} == ${10 + i}`).join(' && ')

  it('are sampled, the same each time, and it is said', () => {
    const cases = casesOf(when(all, { request }))
    expect([cases.sampled, cases.inputs.length]).toEqual([true, PROBES_MAX])
    expect(casesOf(when(all, { request })).inputs).toEqual(cases.inputs)
  })

  it('do not hide a rule that needs twelve fields at once: it is sought', () => {
    expect(found(when(all, { request }))).not.toContain('never-fires rules/list/0/when')
  })
})

describe('what probes find', () => {
  it('a condition that errs on what the schema admits, but not on a missing feature', () => {
    const optional = { features: { orders: 'int' }, ...when('features.orders > 3') }
    expect(found(optional)).toContain('errs-when-missing rules/list/0/when')
    expect(found(optional)).not.toContain('condition-errs rules/list/0/when')
    expect(found(when('request.limit > 3'))).toContain('condition-errs rules/list/0/when')
    expect(found(when('100 / request.amount > 3'))).toContain('condition-errs rules/list/0/when')
    const overflow = 'request.amount * 10000 > 3'
    expect(found(when(overflow))).toContain('condition-errs rules/list/0/when')
    const request = bounded({ amount: { type: 'integer', minimum: 0, maximum: 1000 } })
    expect(found(when(overflow, { request }))).not.toContain('condition-errs rules/list/0/when')
  })

  it('the order of rules where the first match decides, and a rule behind a wider one', () => {
    const rules = rulesOf(
      [{ when: 'request.amount > 5' }, { when: 'request.amount > 10' }],
      'first',
    )
    expect(found({ rules })).toEqual(
      expect.arrayContaining(['first-match rules/hit', 'rule-shadowed rules/list/1/when']),
    )
  })

  it('rules that contradict each other, as a note', () => {
    const rules = rulesOf([
      { when: 'request.amount > 5' },
      { when: 'request.amount > 10', outcome: 'deny' },
    ])
    expect(found({ rules })).toContain('rules-contradict rules/list/1/when')
  })

  it('counts outcomes, and every condition on every probe', () => {
    const [probed] = runProbes(shipped('loans-1.0.0'))
    const { conditions = [], probes = 0, outcomes = {} } = probed?.summary ?? {}
    expect(conditions.map(({ fired, not, error }) => fired + not + error)).toEqual(
      conditions.map(() => probes),
    )
    expect(Object.keys(outcomes).toSorted()).toEqual(['approved', 'denied', 'escalated'])
  })
})
