import { describe, expect, it } from 'vitest'
import { inputOf, rulesOf, shipped, tinyPolicy } from '../tiny-policy.fixture.ts'
import type { DecideInput } from '../types.ts'
import { counterfactuals } from './counterfactuals.ts'

const finance = shipped('finance-constitution-1.1.0')
const askFinance = (request: object, more: Partial<DecideInput> = {}) =>
  counterfactuals(finance, {
    ...inputOf({}, { action: 'discount', variant: 'A', ...more }),
    request: request as never,
  })

const field = (schema: object) => ({ 'x-actionable': true, ...schema })
/** A policy over two actionable fields and a required one that is not, approving where `when` holds. */
const approving = (when: string, properties: object, action: object = {}) =>
  tinyPolicy({
    request: { type: 'object', additionalProperties: false, required: [], properties },
    rules: rulesOf([{ when }]),
    ...action,
  })
const ask = (
  policy: ReturnType<typeof approving>,
  request: object,
  more: Partial<DecideInput> = {},
) => counterfactuals(policy, { ...inputOf({}, more), request: request as never }).list

describe('a counterfactual', () => {
  it('names the boundary of the field that may change, as the policy page shows', () => {
    expect(askFinance({ discount: 0.2, margin: 0.31 }).list).toEqual([
      {
        target: 'approved',
        level: 'AL3',
        changes: [{ field: '/discount', from: 0.2, to: 0.15, relation: '<=' }],
        verified: true,
      },
    ])
  })

  it('is none where only a field that may not change stands in the way', () => {
    expect(askFinance({ discount: 0.2, margin: 0.2 })).toMatchObject({ list: [], exhausted: false })
  })

  it('of an approval is a lower needed level', () => {
    expect(askFinance({ discount: 0.08, margin: 0.31 }).list).toEqual([
      expect.objectContaining({
        target: 'approved',
        level: 'AL1',
        changes: [{ field: '/discount', from: 0.08, to: 0.05, relation: '<=' }],
      }),
    ])
    expect(askFinance({ discount: 0.05, margin: 0.31 }).list).toEqual([])
  })

  it('obeys the ceiling that was in force', () => {
    const capped = (level: 'AL0' | 'AL1') => ({ ceilings: [{ source: 'tenant', level }] })
    expect(askFinance({ discount: 0.2, margin: 0.31 }, capped('AL1')).list[0]?.changes[0]?.to).toBe(
      0.05,
    )
    expect(askFinance({ discount: 0.2, margin: 0.31 }, capped('AL0'))).toMatchObject({ list: [] })
  })

  it('goes one step past a strict bound: the next double, the next integer', () => {
    const strict = approving('request.rate < 0.5 && request.days > 3', {
      rate: field({ type: 'number', minimum: 0, maximum: 1 }),
      days: field({ type: 'integer', minimum: 0, maximum: 60 }),
    })
    expect(ask(strict, { rate: 0.5, days: 3 })[0]?.changes).toEqual([
      { field: '/days', from: 3, to: 4, relation: '>=' },
      { field: '/rate', from: 0.5, to: 0.49999999999999994, relation: '<=' },
    ])
  })

  it('finds the edge of a product by halves, and through a derived value', () => {
    const properties = {
      amount: field({ type: 'integer', minimum: 0, maximum: 1_000_000 }),
      bp: { type: 'integer' },
    }
    const product = approving('request.amount * request.bp < 1000000', properties)
    expect(ask(product, { amount: 50_000, bp: 300 })[0]?.changes[0]?.to).toBe(3333)
    const derived = approving('derived.fee < 1000000', properties, {
      derive: [{ id: 'fee', type: 'int', expr: 'request.amount * request.bp' }],
    })
    expect(ask(derived, { amount: 50_000, bp: 300 })[0]?.changes[0]?.to).toBe(3333)
  })

  it('shortens a list or a text that is too long, and never invents one', () => {
    const short = approving('size(request.tags) <= 2 && request.note.size() <= 4', {
      tags: field({ type: 'array', maxItems: 9, items: { type: 'string', maxLength: 9 } }),
      note: field({ type: 'string', maxLength: 50 }),
    })
    expect(ask(short, { tags: ['a', 'b', 'c'], note: 'gründlich' })[0]?.changes).toEqual([
      { field: '/note', from: 'gründlich', to: 'grün', relation: '==' },
      { field: '/tags', from: ['a', 'b', 'c'], to: ['a', 'b'], relation: '==' },
    ])
    const long = approving('request.note.size() >= 4', {
      note: field({ type: 'string', maxLength: 50 }),
    })
    expect(ask(long, { note: 'abc' })).toEqual([])
  })

  it('tries the values of an enumeration, flips a boolean, moves a time by a millisecond', () => {
    const policy = approving("request.tier == 'gold' && request.urgent && request.start < now", {
      tier: field({ type: 'string', enum: ['none', 'silver', 'gold'] }),
      urgent: field({ type: 'boolean' }),
      start: field({ type: 'string', format: 'date-time' }),
    })
    const request = { tier: 'none', urgent: false, start: '2026-12-02T12:00:00.000Z' }
    expect(ask(policy, request)[0]?.changes).toEqual([
      {
        field: '/start',
        from: '2026-12-02T12:00:00.000Z',
        to: '2026-12-02T11:59:59.999Z',
        relation: '<=',
      },
      { field: '/tier', from: 'none', to: 'gold', relation: '==' },
      { field: '/urgent', from: false, to: true, relation: '==' },
    ])
  })

  it('fills an optional field in, or leaves it out', () => {
    const days = { days: field({ type: 'integer', minimum: 0, maximum: 60 }) }
    const needed = approving('request.days >= 5', days)
    expect(ask(needed, {})[0]?.changes).toEqual([{ field: '/days', to: 5, relation: '==' }])
    const unwanted = approving('!has(request.days)', days)
    expect(ask(unwanted, { days: 3 })[0]?.changes).toEqual([
      { field: '/days', from: 3, relation: 'absent' },
    ])
  })

  it('takes up to three changes and no more', () => {
    const properties = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, field({ type: 'boolean' })]),
    )
    const request = { a: false, b: false, c: false, d: false }
    const three = approving('request.a && request.b && request.c', properties)
    expect(ask(three, request)[0]?.changes).toHaveLength(3)
    const four = approving('request.a && request.b && request.c && request.d', properties)
    expect(ask(four, request)).toEqual([])
  })

  it('is not spoilt by another rule, a guardrail or a band: the whole is decided again', () => {
    const properties = { amount: field({ type: 'integer', minimum: 0, maximum: 1000 }) }
    const walled = approving('request.amount >= 100', properties, {
      guardrails: [{ id: 'wall', when: 'request.amount > 90', effect: 'deny', code: 'WALL' }],
    })
    expect(ask(walled, { amount: 50 })).toEqual([])
    const gap = approving('request.amount >= 100', properties, {
      guardrails: [{ id: 'gap', when: 'request.amount < 200', effect: 'deny', code: 'GAP' }],
    })
    expect(ask(gap, { amount: 50 })[0]?.changes[0]?.to).toBe(200)
  })

  it('is not promised where the changed request would need evidence, or break a derived value', () => {
    const properties = { amount: field({ type: 'integer', minimum: 0, maximum: 1000 }) }
    const unproven = approving('request.amount >= 100', properties, {
      evidence: [{ id: 'kyc', requiredWhen: 'request.amount > 50', maxAge: 'P1D' }],
    })
    expect(ask(unproven, { amount: 20 })).toEqual([])
    const signed = { evidence: { kyc: { at: '2026-12-02T11:00:00Z' } } }
    expect(ask(unproven, { amount: 20 }, signed)[0]?.changes[0]?.to).toBe(100)
    const broken = approving('request.amount <= 0', properties, {
      derive: [{ id: 'share', type: 'int', expr: '1000 / request.amount' }],
    })
    expect(ask(broken, { amount: 20 })).toEqual([])
  })

  it('is a person’s review where approval is out of reach', () => {
    const policy = approving(
      'false',
      { days: field({ type: 'integer', minimum: 0, maximum: 60 }) },
      {
        guardrails: [{ id: 'long', when: 'request.days > 20', effect: 'deny', code: 'LONG' }],
      },
    )
    expect(ask(policy, { days: 30 })).toEqual([
      expect.objectContaining({ target: 'escalated', level: 'AL0' }),
    ])
  })

  it('changes nothing where a voice from outside the request stands against it', () => {
    const extraVoices = [{ kind: 'subject-map', id: 'map', says: 'hold', code: 'HELD' }] as const
    expect(askFinance({ discount: 0.2, margin: 0.31 }, { extraVoices })).toMatchObject({ list: [] })
  })

  it('leaves personal fields alone unless the reader may see them', () => {
    const policy = approving('request.income >= 2000', {
      income: field({ type: 'integer', minimum: 0, maximum: 100_000, 'x-personal': true }),
    })
    const input = { ...inputOf(), request: { income: 1800 } as never }
    expect(counterfactuals(policy, input).list).toEqual([])
    expect(counterfactuals(policy, input, { personal: true }).list[0]?.changes[0]?.to).toBe(2000)
  })

  it('stops at its bound of re-runs, and says so', () => {
    const result = counterfactuals(
      finance,
      { ...inputOf({}, { action: 'discount' }), request: { discount: 0.2, margin: 0.31 } as never },
      { rerunsMax: 1 },
    )
    expect(result).toMatchObject({ list: [], tried: 1, exhausted: true })
  })

  it('can be sent: no number is −0 or beyond what the door lets in', () => {
    const policy = approving('request.score <= 0.0', { score: field({ type: 'number' }) })
    const [first] = ask(policy, { score: 5e300 })
    expect(JSON.stringify(first?.changes[0]?.to)).toBe('0')
    expect(Object.is(first?.changes[0]?.to, 0)).toBe(true)
    const above = approving('request.score > 1e300', { score: field({ type: 'number' }) })
    expect(ask(above, { score: 1 })).toEqual([])
  })
})
