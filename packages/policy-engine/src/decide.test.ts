import { canonicalJson, type JsonValue } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { decide, decideWithoutPolicy } from './decide.ts'
import { inputOf, NOON, rulesOf, tinyPolicy } from './tiny-policy.fixture.ts'
import type { AutonomyLevel, Voice, Word } from './words.ts'

const guardrail = (when: string, effect = 'deny', code = 'GUARD') => ({
  id: 'guard',
  when,
  effect,
  code,
})

describe('the strictest voice wins', () => {
  const voice = (says: Word): Voice => ({
    kind: 'subject-map',
    id: 'map',
    says,
    code: says.toUpperCase(),
  })
  it.each([
    [['approve'], 'approved', ['APPROVE', 'FINE']],
    [['escalate'], 'escalated', ['ESCALATE']],
    [['hold', 'escalate'], 'held', ['HOLD']],
    [['escalate', 'deny', 'hold'], 'denied', ['DENY']],
    [['halt', 'deny', 'hold', 'escalate', 'approve'], 'blocked', ['HALT']],
  ] as const)('%j makes %s', (words, outcome, codes) => {
    const extraVoices = words.map(voice)
    const decided = decide(tinyPolicy(), inputOf({}, { extraVoices }))
    expect(decided.outcome).toBe(outcome)
    expect(decided.codes).toEqual(codes)
    const reversed = decide(tinyPolicy(), inputOf({}, { extraVoices: extraVoices.toReversed() }))
    expect([reversed.outcome, reversed.codes]).toEqual([outcome, codes])
  })

  it('only the voices that say the winning word are decisive, and only they carry a message', () => {
    const decided = decide(
      tinyPolicy({ guardrails: [{ ...guardrail('true'), message: 'Not today.' }] }),
      inputOf({}, { ceilings: [{ source: 'tenant', level: 'AL0' }] }),
    )
    expect(decided.voices).toEqual([
      {
        kind: 'guardrail',
        id: 'guard',
        says: 'deny',
        code: 'GUARD',
        message: 'Not today.',
        decisive: true,
      },
      { kind: 'rule', id: 'rule-0', says: 'approve', code: 'FINE' },
      { kind: 'ceiling', id: 'tenant', says: 'escalate', code: 'ABOVE_CEILING' },
    ])
  })

  it('a code is named once, however many voices say it', () => {
    const rules = rulesOf([{ when: 'true' }, { when: 'true' }])
    expect(decide(tinyPolicy({ rules }), inputOf()).codes).toEqual(['FINE'])
  })

  it('a voice or a level that nobody knows is a defect, not silence', () => {
    const extraVoices = [{ ...voice('deny'), says: 'perhaps' }] as unknown as Voice[]
    expect(() => decide(tinyPolicy(), inputOf({}, { extraVoices }))).toThrow(/cannot say/)
    const ceilings = [{ source: 'tenant', level: 'AL9' as AutonomyLevel }]
    expect(() => decide(tinyPolicy(), inputOf({}, { ceilings }))).toThrow(/no autonomy level/)
  })
})

describe('rules combine as their hit policy says', () => {
  const RULES = [
    { when: 'request.amount > 50', outcome: 'approve', code: 'FIRST' },
    { when: 'request.amount > 10', outcome: 'escalate', code: 'SECOND' },
    { when: 'request.amount > 500', outcome: 'deny', code: 'THIRD' },
  ]
  it.each([
    ['strictest', 100, 'escalated', ['SECOND']],
    ['strictest', 1000, 'denied', ['THIRD']],
    ['first', 1000, 'approved', ['FIRST']],
    ['first', 20, 'escalated', ['SECOND']],
    ['unique', 20, 'escalated', ['SECOND']],
    ['unique', 100, 'escalated', ['RULE_CONFLICT', 'SECOND']],
    ['unique', 1000, 'denied', ['THIRD']],
    ['strictest', 5, 'escalated', ['NO_RULE']],
  ])('%s of amount %d: %s %j', (hit, amount, outcome, codes) => {
    const decided = decide(tinyPolicy({ rules: rulesOf(RULES, hit) }), inputOf({ amount }))
    expect([decided.outcome, decided.codes]).toEqual([outcome, codes])
  })

  it('the default says what the policy says for requests that no rule covers', () => {
    const rules = {
      ...rulesOf([]),
      default: { outcome: 'deny', code: 'NOT_COVERED', message: 'No.' },
    }
    const decided = decide(tinyPolicy({ rules }), inputOf())
    expect(decided.outcome).toBe('denied')
    expect(decided.voices).toEqual([
      {
        kind: 'default',
        id: 'default',
        says: 'deny',
        code: 'NOT_COVERED',
        message: 'No.',
        decisive: true,
      },
    ])
  })
})

describe('levels, ceilings and times', () => {
  const BANDS = [
    { level: 'AL1', when: 'request.amount <= 10' },
    { level: 'AL2', when: 'request.amount <= 100', vetoWindow: 'PT30M' },
    { level: 'AL3', when: 'request.amount <= 1000', limits: { perDay: 5 } },
  ]
  const policy = tinyPolicy({ autonomy: { ceiling: 'AL3', bands: BANDS } })
  const final = tinyPolicy({ effect: 'irreversible', autonomy: { ceiling: 'AL3', bands: BANDS } })
  const ceiling = (level: AutonomyLevel, source = 'tenant') => ({ source, level })

  it.each([
    [10, 'AL1'],
    [11, 'AL2'],
    [101, 'AL3'],
    [1001, null],
  ])('amount %d needs %s', (amount, level) => {
    const decided = decide(policy, inputOf({ amount }))
    expect(decided.neededLevel).toBe(level)
    expect(decided.autonomyLevel).toBe(level ?? 'AL0')
  })

  it('a request that needs more than a ceiling is escalated, not squeezed into a lower level', () => {
    const decided = decide(policy, inputOf({ amount: 50 }, { ceilings: [ceiling('AL1')] }))
    expect(decided).toMatchObject({
      outcome: 'escalated',
      autonomyLevel: 'AL0',
      neededLevel: 'AL2',
      codes: ['ABOVE_CEILING'],
      ceilings: [ceiling('AL3', 'policy'), ceiling('AL1')],
      effectiveAt: null,
    })
    expect(decide(policy, inputOf({ amount: 10 }, { ceilings: [ceiling('AL1')] })).outcome).toBe(
      'approved',
    )
  })

  it('the ceiling of the policy counts, and the lowest of all wins', () => {
    const low = tinyPolicy({ autonomy: { ceiling: 'AL1', bands: BANDS } })
    expect(decide(low, inputOf({ amount: 50 })).codes).toEqual(['ABOVE_CEILING'])
    const ceilings = [ceiling('AL3', 'caller'), ceiling('AL0', 'kill-switch'), ceiling('AL2')]
    const decided = decide(policy, inputOf({ amount: 10 }, { ceilings }))
    expect(decided.voices.filter(({ kind }) => kind === 'ceiling').map(({ id }) => id)).toEqual([
      'kill-switch',
    ])
  })

  it('an approval takes effect at once, in UTC with three fraction digits', () => {
    const decided = decide(policy, inputOf({ amount: 10 }, { at: '2026-12-02T13:00:00+01:00' }))
    expect(decided.effectiveAt).toBe('2026-12-02T12:00:00.000Z')
    expect(decided).not.toHaveProperty('vetoUntil')
  })

  it('what cannot be undone waits until nobody may veto any more', () => {
    expect(decide(policy, inputOf({ amount: 50 }))).toMatchObject({
      effectiveAt: NOON,
      vetoUntil: '2026-12-02T12:30:00.000Z',
      obligations: ['notify'],
    })
    expect(decide(final, inputOf({ amount: 50 }))).toMatchObject({
      effectiveAt: '2026-12-02T12:30:00.000Z',
      vetoUntil: '2026-12-02T12:30:00.000Z',
    })
    expect(decide(final, inputOf({ amount: 10 })).effectiveAt).toBe(NOON)
  })

  it('AL3 approvals are sampled for audit, AL1 approvals oblige to nothing', () => {
    expect(decide(policy, inputOf({ amount: 500 })).obligations).toEqual(['audit-sample'])
    expect(decide(policy, inputOf({ amount: 10 })).obligations).toEqual([])
  })
})

describe('the record', () => {
  it('is JSON without undefined values and has a canonical form', () => {
    const decided = decide(tinyPolicy({ guardrails: [guardrail('false')] }), inputOf())
    expect(JSON.parse(canonicalJson(decided as unknown as JsonValue))).toEqual(decided)
    expect(decided).toEqual({
      outcome: 'approved',
      autonomyLevel: 'AL1',
      neededLevel: 'AL1',
      codes: ['FINE'],
      voices: [
        {
          kind: 'rule',
          id: 'rule-0',
          says: 'approve',
          code: 'FINE',
          message: 'Fine.',
          decisive: true,
        },
      ],
      values: { guardrails: { guard: false }, rules: { 'rule-0': true }, bands: { AL1: true } },
      ceilings: [{ source: 'policy', level: 'AL3' }],
      effectiveAt: NOON,
      obligations: [],
    })
  })

  it('is the same bytes for the same inputs', () => {
    const text = () => canonicalJson(decide(tinyPolicy(), inputOf()) as unknown as JsonValue)
    expect(text()).toBe(text())
  })
})

describe('without an active policy', () => {
  it('a person decides', () => {
    expect(
      decideWithoutPolicy({ at: NOON, ceilings: [{ source: 'tenant', level: 'AL2' }] }),
    ).toEqual({
      outcome: 'escalated',
      autonomyLevel: 'AL0',
      neededLevel: null,
      codes: ['NO_POLICY'],
      voices: [
        {
          kind: 'policy',
          id: 'none',
          says: 'escalate',
          code: 'NO_POLICY',
          message: 'No policy is active for the domain.',
          decisive: true,
        },
      ],
      values: { rules: {}, bands: {} },
      ceilings: [{ source: 'tenant', level: 'AL2' }],
      effectiveAt: null,
      obligations: [],
    })
  })

  it('the subject map still holds and blocks', () => {
    const extraVoices = [{ kind: 'subject-map', id: 'm', says: 'halt', code: 'EXCLUDED' } as const]
    expect(decideWithoutPolicy({ at: NOON, extraVoices }).outcome).toBe('blocked')
  })
})
