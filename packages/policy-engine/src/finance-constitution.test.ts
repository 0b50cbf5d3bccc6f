import { type JsonObject, Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { bindRequest } from './bind-request.ts'
import { decide } from './decide.ts'
import { limitOf } from './limit.ts'
import { controlVariantOf, variantsOf } from './policy-facts.ts'
import { judgeOutcome, rewardsOf } from './reward.ts'
import { inputOf, shipped } from './tiny-policy.fixture.ts'

const V100 = shipped('finance-constitution-1.0.0')
const V110 = shipped('finance-constitution-1.1.0')

const ask = (policy: typeof V100, variant: string | null, discount: number, margin: number) =>
  decide(policy, { ...inputOf(), action: 'discount', variant, request: { discount, margin } })

const levelOf = (policy: typeof V100, variant: string | null, discount: number, margin: number) => {
  const { outcome, autonomyLevel } = ask(policy, variant, discount, margin)
  return outcome === 'approved' ? autonomyLevel : outcome
}

describe('who grants which discount', () => {
  it.each([
    [0.05, 0.25, 'AL1', 'AL1'],
    [0.05, 0.24, 'AL2', 'AL2'],
    [0.08, 0.31, 'AL2', 'AL2'],
    [0.1, 0.24, 'AL2', 'AL2'],
    [0.11, 0.24, 'AL2', 'AL3'],
    [0.12, 0.24, 'AL2', 'AL3'],
    [0.12, 0.22, 'AL3', 'AL3'],
    [0.15, 0.22, 'AL3', 'AL3'],
    [0.15, 0.21, 'escalated', 'escalated'],
    [0.16, 0.4, 'escalated', 'escalated'],
    [0, 1, 'AL1', 'AL1'],
    [1, -1, 'escalated', 'escalated'],
  ])('discount %d at margin %d: %s, under variant B %s', (discount, margin, plain, variantB) => {
    expect(levelOf(V100, null, discount, margin)).toBe(plain)
    expect(levelOf(V110, null, discount, margin)).toBe(plain)
    expect(levelOf(V110, 'A', discount, margin)).toBe(plain)
    expect(levelOf(V110, 'B', discount, margin)).toBe(variantB)
  })

  it('outside every band the CFO is asked, for both reasons', () => {
    const decided = ask(V100, null, 0.2, 0.31)
    expect(decided.codes).toEqual(['NO_BAND', 'OUTSIDE_BAND'])
    expect(decided.voices.find(({ kind }) => kind === 'rule')?.path).toBe('cfo')
  })
})

/** The next double in the direction of `toward`: one unit in the last place. */
const next = (value: number, toward: 1 | -1): number => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigInt64(0)
  view.setBigInt64(0, bits + BigInt(value > 0 ? toward : -toward))
  return view.getFloat64(0)
}

describe('every bound is exact to one unit in the last place', () => {
  const ROWS = [
    // variant, bound of, value, at the other field's value, level at the bound, level one step outside
    ['A', 'discount', 0.05, 0.25, 'AL1', 'AL2'],
    ['A', 'discount', 0.12, 0.25, 'AL2', 'AL3'],
    ['A', 'discount', 0.15, 0.25, 'AL3', 'escalated'],
    ['A', 'margin', 0.25, 0.05, 'AL1', 'AL2'],
    ['A', 'margin', 0.23, 0.05, 'AL2', 'AL3'],
    ['A', 'margin', 0.22, 0.05, 'AL3', 'escalated'],
    ['B', 'discount', 0.05, 0.25, 'AL1', 'AL2'],
    ['B', 'discount', 0.1, 0.25, 'AL2', 'AL3'],
    ['B', 'discount', 0.15, 0.25, 'AL3', 'escalated'],
    ['B', 'margin', 0.25, 0.05, 'AL1', 'AL2'],
    ['B', 'margin', 0.23, 0.05, 'AL2', 'AL3'],
    ['B', 'margin', 0.22, 0.05, 'AL3', 'escalated'],
  ] as const
  const cases = ROWS.flatMap(([variant, field, bound, other, at, outside]) => {
    const worse = field === 'discount' ? 1 : -1
    return [
      [variant, field, 'one step inside', next(bound, worse === 1 ? -1 : 1), other, at],
      [variant, field, 'at the bound', bound, other, at],
      [variant, field, 'one step outside', next(bound, worse), other, outside],
    ] as const
  })

  it.each(cases)('variant %s, %s %s: %d', (variant, field, _, value, other, level) => {
    const [discount, margin] = field === 'discount' ? [value, other] : [other, value]
    expect(levelOf(V110, variant, discount, margin)).toBe(level)
  })
})

describe('a request that is not two numbers in range is refused, never decided', () => {
  const WRONG = [
    null,
    'NaN',
    '0.05',
    '',
    true,
    [],
    [0.05],
    {},
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]
  type Case = readonly ['discount' | 'margin', string, unknown]
  const cases = (['discount', 'margin'] as const).flatMap((field): readonly Case[] => [
    [field, 'missing', undefined],
    ...WRONG.map((value) => [field, JSON.stringify(value) ?? String(value), value] as const),
    [field, 'above its range', next(1, 1)],
    [field, 'below its range', field === 'discount' ? -Number.MIN_VALUE : next(-1, -1)],
  ])

  it.each(cases)('%s %s', (field, _, value) => {
    const { [field]: __, ...rest } = { discount: 0.05, margin: 0.25 }
    const request = (value === undefined ? rest : { ...rest, [field]: value }) as JsonObject
    const result = bindRequest(V110, 'discount', request)
    expect(result).toBeInstanceOf(Problem)
    expect((result as Problem).fields.errors?.[0]?.pointer).toBe(`/${field}`)
    expect(() => decide(V110, { ...inputOf(), action: 'discount', request })).toThrow(
      /does not bind/,
    )
  })
})

describe('what else the constitution says', () => {
  it('an AL2 approval takes effect at once and can be vetoed for four hours', () => {
    const decided = ask(V100, null, 0.08, 0.31)
    expect(decided.effectiveAt).toBe('2026-12-02T12:00:00.000Z')
    expect(decided.vetoUntil).toBe('2026-12-02T16:00:00.000Z')
  })

  it('AL3 is limited per UTC day, under a name of its own', () => {
    expect(limitOf(V110, 'discount', 'AL3')).toEqual({
      name: 'finance-constitution/discount/AL3',
      perDay: 1_000_000,
      timezone: 'UTC',
    })
    expect(limitOf(V110, 'discount', 'AL2')).toBeNull()
    expect(limitOf(V110, 'nope', 'AL3')).toBeNull()
  })

  it('has a control variant and one that narrows AL2', () => {
    expect(variantsOf(V110)).toEqual(['A', 'B'])
    expect(controlVariantOf(V110)).toBe('A')
    expect(variantsOf(V100)).toEqual([])
    expect(controlVariantOf(V100)).toBeNull()
  })

  it('counts a deal as won by its own margin, not by a variant; what is unknown is none', () => {
    expect(rewardsOf(V110)).toEqual([
      { metric: 'won', window: 'P30D', windowMs: 2_592_000_000, silence: 'failure' },
    ])
    expect(judgeOutcome(V110, 'won', { won: true, margin: 0.22 })).toBe('success')
    expect(judgeOutcome(V110, 'won', { won: true, margin: 0.2199 })).toBe('failure')
    expect(judgeOutcome(V110, 'won', { won: false })).toBe('failure')
    expect(judgeOutcome(V110, 'won', { won: true })).toBe('none')
    expect(judgeOutcome(V110, 'won', { won: 'yes', margin: 0.3 })).toBe('none')
    expect(judgeOutcome(V110, 'lost', { won: true, margin: 0.3 })).toBe('none')
  })
})
