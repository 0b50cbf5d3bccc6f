import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { loadPolicy } from './load-policy.ts'
import { faultsOf, tinyDocument } from './tiny-policy.fixture.ts'

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
