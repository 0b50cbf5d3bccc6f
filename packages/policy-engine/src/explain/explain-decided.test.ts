import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decide } from '../decide.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { inputOf, rulesOf, shipped, tinyPolicy } from '../tiny-policy.fixture.ts'
import type { DecideInput } from '../types.ts'
import { type ExplainOptions, explainDecided, explainRecorded } from './explain-decided.ts'
import { shownSide } from './explained-atom.ts'
import { AUDIENCES } from './explanation.ts'

const explain = (policy: LoadedPolicy, input: DecideInput, options: Partial<ExplainOptions> = {}) =>
  explainDecided(policy, input, {
    decided: decide(policy, input),
    audience: 'operator',
    ...options,
  })

const finance = shipped('finance-constitution-1.1.0')
const asked = (request: object, more: Partial<DecideInput> = {}): DecideInput => ({
  ...inputOf({}, { action: 'discount', variant: 'B', ...more }),
  request: request as never,
})

describe('an explanation', () => {
  it('says who spoke, which clause decided with both sides, and what would have changed it', () => {
    const told = explain(finance, asked({ discount: 0.2, margin: 0.31 }))
    expect(told).toMatchObject({
      outcome: 'escalated',
      autonomyLevel: 'AL0',
      codes: ['NO_BAND', 'OUTSIDE_BAND'],
      ceilings: [{ source: 'policy', level: 'AL3', binding: true }],
      nearestRule: null,
      errors: [],
    })
    expect(told.trace.rules[0]).toEqual({
      id: 'within-band',
      value: false,
      fields: ['/discount', '/margin'],
      when: 'request.discount <= params.maxDiscount && request.margin >= params.minMargin',
      atoms: [
        {
          source: 'request.discount <= params.maxDiscount',
          value: false,
          left: 0.2,
          right: 0.15,
          fields: ['/discount'],
          actionable: true,
        },
        {
          source: 'request.margin >= params.minMargin',
          value: true,
          left: 0.31,
          right: 0.22,
          fields: ['/margin'],
          actionable: false,
        },
      ],
    })
    expect(told.counterfactuals.map(({ level }) => level)).toEqual(['AL3'])
  })

  it('tells the parameters in force, and what the variant changed', () => {
    expect(explain(finance, asked({ discount: 0.2, margin: 0.31 })).policy).toMatchObject({
      ref: 'finance-constitution@1.1.0.B',
      digest: finance.digest,
      params: { maxDiscount: 0.15, al2MaxDiscount: 0.1, minMargin: 0.22 },
      overlay: { al2MaxDiscount: { base: 0.12, value: 0.1 } },
    })
  })

  it('marks the ceiling that bound, by where it came from', () => {
    const input = asked(
      { discount: 0.08, margin: 0.31 },
      { ceilings: [{ source: 'kill-switch:human-only', level: 'AL0' }] },
    )
    const told = explain(finance, input)
    expect(told.ceilings).toEqual([
      { source: 'policy', level: 'AL3', binding: false },
      { source: 'kill-switch:human-only', level: 'AL0', binding: true },
    ])
    expect(told.whyNot?.beyond).toEqual([
      { kind: 'ceiling', id: 'kill-switch:human-only', message: expect.stringMatching(/AL0/) },
    ])
    expect(told.counterfactuals).toEqual([])
  })

  it('names the nearest rule, by its failing clauses, where none matched', () => {
    const hr = shipped('hr-leave-1.0.0')
    const request = { days: 16, balance: 20, blackout: false, notice: 30 } as never
    const told = explain(hr, { ...inputOf({}, { action: 'leave' }), request })
    expect(told.nearestRule).toMatchObject({ id: 'blackout-days' })
    expect(told.whyNot).toMatchObject({
      target: 'approved',
      rules: [{ id: 'planned-leave', atoms: [{ source: 'request.days <= params.maxDays' }] }],
    })
  })

  it('says why a condition could not be evaluated, without a value', () => {
    const policy = tinyPolicy({ rules: rulesOf([{ when: 'request.limit < 5' }]) })
    const told = explain(policy, inputOf())
    expect(told.errors).toEqual([
      { kind: 'rule', id: 'rule-0', reason: 'no such field: request.limit' },
    ])
    expect(told.trace.rules[0]).toMatchObject({ value: 'error' })
  })

  it('says what no change of the request would move: evidence, features, facts', () => {
    const policy = tinyPolicy({
      features: { n: 'int' },
      evidence: [{ id: 'kyc', maxAge: 'P1D' }],
      guardrails: [
        { id: 'often', when: 'features.n > 3', effect: 'deny', code: 'OFTEN' },
        { id: 'poor', when: 'request.amount < 500', effect: 'deny', code: 'POOR' },
      ],
    })
    const told = explain(policy, inputOf({}, { features: { n: 9 } }))
    expect(told.whyNot?.beyond.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'evidence kyc',
      'feature n',
      'field /amount',
    ])
  })

  it('promises nothing when told not to search, and only what was recorded when inputs are gone', () => {
    const input = asked({ discount: 0.2, margin: 0.31 })
    expect(explain(finance, input, { searches: false })).toMatchObject({
      counterfactuals: [],
      whyNot: null,
      search: { tried: 0 },
    })
    const decided = decide(finance, input)
    expect(explainRecorded(decided, 'operator')).toMatchObject({
      voices: decided.voices,
      policy: null,
      trace: { rules: [] },
    })
  })
})

/** A number that stands nowhere but in one place, so that finding it anywhere is a leak. */
const SECRET = 0.1377
const SALARY = 48_213
const FEATURE = 7_771
const planted = tinyPolicy(
  {
    request: {
      type: 'object',
      additionalProperties: false,
      required: ['rate', 'salary', 'name'],
      properties: {
        rate: { type: 'number', minimum: 0, maximum: 1, 'x-actionable': true },
        amount: { type: 'integer', minimum: 0, maximum: 1_000_000, 'x-actionable': true },
        salary: { type: 'integer', 'x-personal': true, 'x-actionable': true },
        name: { type: 'string', maxLength: 40, 'x-personal': true },
      },
    },
    features: { n: 'int' },
    derive: [{ id: 'twice', type: 'int', expr: 'request.salary * 2' }],
    guardrails: [
      {
        id: 'hush',
        when: 'request.rate > params.hush',
        effect: 'deny',
        code: 'HUSH',
        message: 'The request was refused.',
        sensitive: true,
      },
    ],
    rules: rulesOf([
      {
        when: `request.rate > ${SECRET + 0.2} && request.rate < 2.0`,
        outcome: 'deny',
        sensitive: true,
      },
      { when: "derived.twice > request.amount && request.name != 'x'" },
      { when: 'features.n < 5 || request.salary > 90000' },
    ]),
  },
  { params: { hush: { type: 'double', value: SECRET, min: 0, max: 1 } } },
)
const PERSONAL = ['Ada Lovelace', String(SALARY), String(SALARY * 2), String(FEATURE)]
const THRESHOLDS = [String(SECRET), String(SECRET + 0.2), 'params.hush']
const plantedInput = (rate: number, amount: number): DecideInput => ({
  ...inputOf({}, { features: { n: FEATURE } }),
  request: { rate, amount, salary: SALARY, name: 'Ada Lovelace' } as never,
})

describe('of an explanation,', () => {
  const cases = [
    [0.9, 10],
    [0.2, 200_000],
    [0.01, 200_000],
    [0.01, 10],
  ] as const

  it.each(AUDIENCES)('%s without the scope sees no personal value anywhere', (audience) => {
    for (const [rate, amount] of cases) {
      const text = JSON.stringify(explain(planted, plantedInput(rate, amount), { audience }))
      for (const value of PERSONAL) expect([value, text.includes(value)]).toEqual([value, false])
      expect(text).toContain('[personal]')
    }
  })

  it('only the auditor sees one with the scope', () => {
    const read = (audience: (typeof AUDIENCES)[number]) =>
      JSON.stringify(explain(planted, plantedInput(0.01, 10), { audience, mayReadPersonal: true }))
    for (const value of PERSONAL) {
      expect(AUDIENCES.map((audience) => [audience, read(audience).includes(value)])).toEqual([
        ['subject', false],
        ['operator', false],
        ['auditor', true],
      ])
    }
  })

  it('the subject sees of a sensitive condition which fields it reads, and no threshold anywhere', () => {
    for (const [rate, amount] of cases) {
      const told = explain(planted, plantedInput(rate, amount), { audience: 'subject' })
      const text = JSON.stringify(told)
      for (const value of THRESHOLDS) expect([value, text.includes(value)]).toEqual([value, false])
      // The values beside a threshold tell it as well.
      expect(text).not.toMatch(/0\.1376999|0\.13770000|0\.337/)
      expect(told.trace.guardrails).toEqual([
        { id: 'hush', value: rate > SECRET, fields: ['/rate'], sensitive: true },
      ])
    }
    const operator = JSON.stringify(explain(planted, plantedInput(0.9, 10)))
    for (const value of THRESHOLDS.slice(0, 1)) expect(operator).toContain(value)
  })

  it('a change whose boundary would tell such a threshold is counted, not shown', () => {
    const subject = explain(planted, plantedInput(0.2, 10), { audience: 'subject' })
    expect([subject.counterfactuals, subject.search.withheld]).toEqual([[], 1])
    const operator = explain(planted, plantedInput(0.2, 10))
    expect(operator.counterfactuals[0]?.changes).toEqual([
      { field: '/rate', from: 0.2, to: SECRET, relation: '<=' },
    ])
  })

  it('a change whose boundary was computed from a personal value is kept back from who may not see it', () => {
    const policy = tinyPolicy({
      request: {
        type: 'object',
        additionalProperties: false,
        required: ['amount', 'salary'],
        properties: {
          amount: { type: 'integer', minimum: 0, maximum: 1_000_000, 'x-actionable': true },
          salary: { type: 'integer', 'x-personal': true },
        },
      },
      rules: rulesOf([{ when: 'request.amount <= request.salary' }]),
    })
    const input = { ...inputOf(), request: { amount: 99_000, salary: SALARY } as never }
    const told = explain(policy, input)
    expect(told).toMatchObject({ counterfactuals: [], search: { withheld: 1 } })
    expect(JSON.stringify(told)).not.toContain(String(SALARY))
    const auditor = explain(policy, input, { audience: 'auditor', mayReadPersonal: true })
    expect(auditor.counterfactuals[0]?.changes[0]?.to).toBe(SALARY)
  })

  it('a value that cannot be worded is withheld, never shown as it is', () => {
    const poisoned = {
      get secret(): never {
        throw new Error('clear text')
      },
    }
    const read = { personal: false, reason: () => '' }
    const sight = { personal: false, sensitive: true }
    expect(shownSide({ ...read, read: () => poisoned.secret }, {}, sight)).toBe('[withheld]')
    const stubborn = { valueOf: () => poisoned.secret }
    expect(shownSide({ ...read, read: () => stubborn }, {}, sight)).toBe('[withheld]')
    expect(shownSide({ ...read, personal: true, read: () => 'Ada' }, {}, sight)).toBe('[personal]')
  })
})

it('the example in docs/reference/explanations.md is what this policy says today', () => {
  const page = readFileSync(
    new URL('../../../../docs/reference/explanations.md', import.meta.url),
    'utf8',
  )
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
  const input = { ...asked({ discount: 0.2, margin: 0.31 }), variant: null }
  expect(JSON.parse(example)).toEqual(explain(shipped('finance-constitution-1.0.0'), input))
})
