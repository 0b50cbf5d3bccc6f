import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { inputOf, NOON, rulesOf, tinyPolicy } from './tiny-policy.fixture.ts'

const guardrail = (when: string, effect = 'deny', code = 'GUARD') => ({
  id: 'guard',
  when,
  effect,
  code,
})

describe('every unknown is a voice for caution', () => {
  const OPTIONAL = 'request.limit > 5'
  it.each([
    [
      'a rule',
      { rules: rulesOf([{ when: 'true' }, { when: OPTIONAL }]) },
      'escalated',
      ['RULE_ERROR'],
    ],
    [
      'a denying rule',
      { rules: rulesOf([{ when: 'true' }, { when: OPTIONAL, outcome: 'deny' }]) },
      'escalated',
      ['RULE_ERROR'],
    ],
    [
      'a guardrail that denies',
      { guardrails: [guardrail(OPTIONAL)] },
      'denied',
      ['GUARDRAIL_ERROR'],
    ],
    [
      'a guardrail that halts',
      { guardrails: [guardrail(OPTIONAL, 'halt')] },
      'blocked',
      ['GUARDRAIL_ERROR'],
    ],
    [
      'a band',
      {
        autonomy: {
          ceiling: 'AL3',
          bands: [
            { level: 'AL1', when: 'true' },
            { level: 'AL2', when: OPTIONAL, vetoWindow: 'PT1H' },
          ],
        },
      },
      'escalated',
      ['BAND_ERROR'],
    ],
    [
      'the only band',
      { autonomy: { ceiling: 'AL3', bands: [{ level: 'AL1', when: OPTIONAL }] } },
      'escalated',
      ['BAND_ERROR', 'NO_BAND'],
    ],
    [
      'a derived value',
      { derive: [{ id: 'd', type: 'int', expr: 'request.limit + 1' }] },
      'escalated',
      ['DERIVE_ERROR'],
    ],
    [
      'what reads a failed derived value',
      {
        derive: [{ id: 'd', type: 'int', expr: 'request.limit + 1' }],
        rules: rulesOf([{ when: 'derived.d > 5' }]),
      },
      'escalated',
      ['DERIVE_ERROR', 'NO_RULE', 'RULE_ERROR'],
    ],
    [
      'a feature nobody sent',
      { features: { n: 'int' }, rules: rulesOf([{ when: 'features.n > 5' }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
    [
      'a division by zero',
      { rules: rulesOf([{ when: 'request.amount / (request.amount - 100) > 1' }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
    [
      'a remainder by zero',
      { rules: rulesOf([{ when: 'request.amount % (request.amount - 100) > 1' }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
    [
      'an overflow of 64 bits',
      { rules: rulesOf([{ when: 'request.amount * 9223372036854775807 > 0' }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
    [
      'an index past the end',
      { rules: rulesOf([{ when: "['a'][request.amount] == 'a'" }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
    [
      'a key that is not there',
      { rules: rulesOf([{ when: "{'silver': 1}[request.tier] == 1" }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
    [
      'an item without its optional field',
      { rules: rulesOf([{ when: 'request.lines.all(l, l.discount < 5)' }]) },
      'escalated',
      ['NO_RULE', 'RULE_ERROR'],
    ],
  ])('%s that cannot be evaluated', (_, action, outcome, codes) => {
    const decided = decide(tinyPolicy(action), inputOf({ lines: [{ cents: 1 }] }))
    expect([decided.outcome, decided.codes]).toEqual([outcome, codes])
    expect(decided.autonomyLevel).toBe('AL0')
  })

  it('an error is recorded as an error, never as false', () => {
    const action = { guardrails: [guardrail(OPTIONAL)], rules: rulesOf([{ when: OPTIONAL }]) }
    const { values } = decide(tinyPolicy(action), inputOf())
    expect(values.guardrails).toEqual({ guard: 'error' })
    expect(values.rules).toEqual({ 'rule-0': 'error' })
  })

  it.each([
    ['false && error', 'request.urgent && request.limit > 5', false],
    ['error && false', 'request.limit > 5 && request.urgent', false],
    ['true || error', '!request.urgent || request.limit > 5', true],
    ['error || true', 'request.limit > 5 || !request.urgent', true],
    ['true && error', '!request.urgent && request.limit > 5', 'error'],
    ['error || false', 'request.limit > 5 || request.urgent', 'error'],
    ['not error', '!(request.limit > 5)', 'error'],
    ['error ? true : true', 'request.limit > 5 ? true : true', 'error'],
    ['false ? error : true', 'request.urgent ? request.limit > 5 : true', true],
  ])('%s follows CEL', (_, when, value) => {
    const { values } = decide(tinyPolicy({ rules: rulesOf([{ when }]) }), inputOf())
    expect(values.rules['rule-0']).toBe(value)
  })

  it('a feature of another type than declared counts as missing', () => {
    const policy = tinyPolicy({
      features: { n: 'int' },
      rules: rulesOf([{ when: 'features.n > 5' }]),
    })
    const outcomes = [6, 6.5, '6', null, Number.NaN, 2 ** 60].map(
      (n) => decide(policy, inputOf({}, { features: { n } })).values.rules['rule-0'],
    )
    expect(outcomes).toEqual([true, 'error', 'error', 'error', 'error', 'error'])
  })

  it('an unknown variant falls back to the parameters of the file, and a person looks', () => {
    const decided = decide(tinyPolicy(), inputOf({}, { variant: 'Z' }))
    expect(decided.codes).toEqual(['VARIANT_UNKNOWN'])
    expect(decided.values.rules).toEqual({ 'rule-0': true })
  })

  it('a request that nobody bound and that does not fit is a defect of the caller', () => {
    expect(() => decide(tinyPolicy(), inputOf({ amount: '5' }))).toThrow(/does not bind/)
    expect(() => decide(tinyPolicy(), inputOf({}, { action: 'nope' }))).toThrow(/needs an action/)
    expect(() => decide(tinyPolicy(), inputOf({}, { at: 'today' }))).toThrow(/RFC 3339/)
  })
})

describe('evidence counts from the time it was signed', () => {
  const policy = tinyPolicy({
    evidence: [
      { id: 'kyc', requiredWhen: 'request.amount > 10', maxAge: 'P30D', values: { score: 'int' } },
    ],
    rules: rulesOf([{ when: 'request.amount <= 10 || evidence.kyc.score >= 5' }]),
  })
  const with_ = (at: string, score: unknown = 7) =>
    decide(policy, inputOf({}, { evidence: { kyc: { at, values: { score: score as number } } } }))

  it.each([
    ['signed today', '2026-12-02T11:59:59Z', 'approved', ['FINE']],
    ['as old as allowed', '2026-11-02T12:00:00Z', 'approved', ['FINE']],
    [
      'a millisecond too old',
      '2026-11-02T11:59:59.999Z',
      'escalated',
      ['EVIDENCE_MISSING', 'NO_RULE', 'RULE_ERROR'],
    ],
    [
      'signed in the future',
      '2026-12-02T12:00:00.001Z',
      'escalated',
      ['EVIDENCE_MISSING', 'NO_RULE', 'RULE_ERROR'],
    ],
    ['signed at no time', 'yesterday', 'escalated', ['EVIDENCE_MISSING', 'NO_RULE', 'RULE_ERROR']],
  ])('%s', (_, at, outcome, codes) => {
    const decided = with_(at)
    expect([decided.outcome, decided.codes]).toEqual([outcome, codes])
  })

  it('is not asked for where the policy does not require it', () => {
    expect(decide(policy, inputOf({ amount: 10 })).outcome).toBe('approved')
  })

  it('of a wrong value counts as without that value', () => {
    expect(with_(NOON, 'seven').codes).toEqual(['NO_RULE', 'RULE_ERROR'])
  })

  it('may deny where the policy says so, and an undecidable requirement is a doubt of its own', () => {
    const evidence = [
      { id: 'kyc', requiredWhen: 'request.limit > 5', maxAge: 'P30D', onMissing: 'deny' },
    ]
    const strict = tinyPolicy({ evidence })
    expect(decide(strict, inputOf({ limit: 6 })).codes).toEqual(['EVIDENCE_MISSING'])
    expect(decide(strict, inputOf({ limit: 6 })).outcome).toBe('denied')
    expect(decide(strict, inputOf()).codes).toEqual(['EVIDENCE_ERROR'])
  })
})
