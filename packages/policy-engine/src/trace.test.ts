import { describe, expect, it } from 'vitest'
import { inputOf, rulesOf, shipped, tinyPolicy } from './tiny-policy.fixture.ts'
import { trace } from './trace.ts'

const traced = (when: string, request: object = {}, action: object = {}, options = {}) => {
  const policy = tinyPolicy({ rules: rulesOf([{ when }]), ...action })
  return trace(policy, inputOf(request as never), options).rules[0]
}

describe('a trace shows every clause with both sides', () => {
  it('of every condition of the shipped policy', () => {
    const input = {
      ...inputOf(),
      action: 'discount',
      variant: 'B',
      request: { discount: 0.11, margin: 0.31 },
    }
    expect(trace(shipped('finance-constitution-1.1.0'), input)).toEqual({
      guardrails: [],
      rules: [
        {
          id: 'within-band',
          value: true,
          atoms: [
            {
              source: 'request.discount <= params.maxDiscount',
              value: true,
              left: 0.11,
              right: 0.15,
            },
            { source: 'request.margin >= params.minMargin', value: true, left: 0.31, right: 0.22 },
          ],
        },
        {
          id: 'outside-band',
          value: false,
          atoms: [
            {
              source: 'request.discount > params.maxDiscount',
              value: false,
              left: 0.11,
              right: 0.15,
            },
            { source: 'request.margin < params.minMargin', value: false, left: 0.31, right: 0.22 },
          ],
        },
      ],
      bands: [
        {
          id: 'AL1',
          value: false,
          atoms: [
            { source: 'request.discount <= 0.05', value: false, left: 0.11, right: 0.05 },
            { source: 'request.margin >= 0.25', value: true, left: 0.31, right: 0.25 },
          ],
        },
        {
          id: 'AL2',
          value: false,
          atoms: [
            {
              source: 'request.discount <= params.al2MaxDiscount',
              value: false,
              left: 0.11,
              right: 0.1,
            },
            { source: 'request.margin >= 0.23', value: true, left: 0.31, right: 0.23 },
          ],
        },
        {
          id: 'AL3',
          value: true,
          atoms: [
            {
              source: 'request.discount <= params.maxDiscount',
              value: true,
              left: 0.11,
              right: 0.15,
            },
            { source: 'request.margin >= params.minMargin', value: true, left: 0.31, right: 0.22 },
          ],
        },
      ],
    })
  })

  it('without short circuit, in the order of the text, with the brackets of the author', () => {
    const when =
      "!(request.amount - (30 + 20) > 60) && (request.urgent || request.tier in ['gold', 'x']) || request.urgent"
    expect(traced(when)).toEqual({
      id: 'rule-0',
      value: true,
      atoms: [
        { source: 'request.amount - (30 + 20) > 60', value: false, left: 50, right: 60 },
        { source: 'request.urgent', value: false },
        {
          source: "request.tier in ['gold', 'x']",
          value: true,
          left: 'gold',
          right: ['gold', 'x'],
        },
        { source: 'request.urgent', value: false },
      ],
    })
  })

  it('both branches of a choice', () => {
    const when = 'request.urgent ? request.amount > 5 : request.amount > 500'
    expect(traced(when)?.atoms.map(({ value }) => value)).toEqual([false, true, false])
    expect(traced(when)?.value).toBe(false)
  })

  it('times, durations, lists and booleans in words of JSON', () => {
    const request = { start: '2026-12-03T12:00:00+01:00', tags: ['a'] }
    const when =
      "request.start > now + duration('1h') && request.urgent != true && request.tags.exists(t, t == 'a')"
    expect(traced(when, request)?.atoms).toEqual([
      {
        source: "request.start > now + duration('1h')",
        value: true,
        left: '2026-12-03T11:00:00.000Z',
        right: '2026-12-02T13:00:00.000Z',
      },
      { source: 'request.urgent != true', value: true, left: false, right: true },
      { source: "request.tags.exists(t, t == 'a')", value: true },
    ])
  })
})

describe('a clause that fails says why', () => {
  it('with the other side still shown, and the rest still evaluated', () => {
    expect(traced('request.limit > request.amount && request.amount > 5')).toEqual({
      id: 'rule-0',
      value: 'error',
      atoms: [
        { source: 'request.limit > request.amount', value: 'error', right: 100 },
        { source: 'request.amount > 5', value: true, left: 100, right: 5 },
      ],
      error: 'no such field: request.limit',
    })
  })

  it.each([
    ['request.amount / (request.amount - 100) > 1', 'division by zero'],
    ['request.amount * 9223372036854775807 > 1', 'numeric overflow'],
    ['request.lines.all(l, l.discount > 1)', 'no such field: discount'],
    ["request.address.city == 'x'", 'no such field: request.address.city'],
    ["['a'][request.amount] == 'a'", 'index out of bounds'],
  ])('%s: %s', (when, error) => {
    expect(traced(when, { lines: [{ cents: 1 }] })?.error).toBe(error)
  })

  it('is silent about an error that the other side absorbed', () => {
    const condition = traced('request.limit > 5 || request.amount > 5')
    expect(condition?.value).toBe(true)
    expect(condition).not.toHaveProperty('error')
  })
})

describe('personal values are hidden', () => {
  const PERSONAL = "request.name == 'Ada' && size(request.name) > request.amount"

  it('wherever a side depends on a personal field', () => {
    expect(traced(PERSONAL, { name: 'Ada' })?.atoms).toEqual([
      { source: "request.name == 'Ada'", value: true, left: '[personal]', right: 'Ada' },
      {
        source: 'size(request.name) > request.amount',
        value: false,
        left: '[personal]',
        right: 100,
      },
    ])
  })

  it('also through derived values, features and fields of a personal object', () => {
    const action = {
      features: { orders: 'int' },
      derive: [{ id: 'long', type: 'int', expr: 'size(request.name) + 1' }],
      request: {
        type: 'object',
        additionalProperties: false,
        required: ['who'],
        properties: {
          name: { type: 'string', maxLength: 9, 'x-personal': true },
          who: {
            type: 'object',
            'x-personal': true,
            additionalProperties: false,
            required: ['age', 'names'],
            properties: {
              age: { type: 'integer' },
              names: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 9 } },
            },
          },
        },
      },
      rules: rulesOf([
        {
          when: 'derived.long > 2 && features.orders > 1 && request.who.age > 17 && size(request.who.names.filter(n, n != subject.id)) == 1',
        },
      ]),
    }
    const request = { name: 'Ada', who: { age: 18, names: ['Ada'] } }
    const input = { ...inputOf(), request, features: { orders: 5 } }
    const sides = (options?: object) =>
      trace(tinyPolicy(action), input, options).rules[0]?.atoms.map(({ left }) => left)
    expect(sides()).toEqual(Array(4).fill('[personal]'))
    expect(sides({ showPersonal: true })).toEqual([4, 5, 18, 1])
  })

  it('unless the reader may see them', () => {
    const atoms = traced(PERSONAL, { name: 'Ada' }, {}, { showPersonal: true })?.atoms
    expect(atoms?.map(({ left }) => left)).toEqual(['Ada', 3])
  })

  it('also in what a failure says', () => {
    const atoms = traced("{'x': 1}[request.name] > 1", { name: 'Secret' })
    expect(JSON.stringify(atoms)).not.toContain('Secret')
  })
})
