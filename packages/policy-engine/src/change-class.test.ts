import { describe, expect, it } from 'vitest'
import { type ChangeClass, changeClassOf } from './change-class.ts'
import { decide } from './decide.ts'
import { inputOf, rulesOf, tinyPolicy } from './tiny-policy.fixture.ts'
import type { Decided } from './types.ts'
import type { Outcome, Verdict } from './words.ts'

interface Case {
  readonly outcome?: Outcome
  readonly level?: Decided['autonomyLevel']
  readonly codes?: readonly string[]
  readonly guardrails?: Readonly<Record<string, Verdict>>
  readonly rules?: Readonly<Record<string, Verdict>>
  readonly bands?: Readonly<Record<string, Verdict>>
  readonly voices?: Decided['voices']
}

const decided = ({ outcome = 'approved', level, guardrails, ...more }: Case): Decided => ({
  outcome,
  autonomyLevel: level ?? (outcome === 'approved' ? 'AL1' : 'AL0'),
  neededLevel: 'AL1',
  codes: more.codes ?? ['FINE'],
  voices: more.voices ?? [],
  values: {
    ...(guardrails ? { guardrails } : {}),
    rules: more.rules ?? {},
    bands: more.bands ?? {},
  },
  ceilings: [],
  effectiveAt: null,
  obligations: [],
})

const CASES: readonly (readonly [string, Case, Case, ChangeClass])[] = [
  ['equal in every byte', {}, {}, 'same'],
  ['another code, the same outcome', {}, { codes: ['OTHER'] }, 'reason-only'],
  ['another value of a rule only', { rules: { a: true } }, { rules: { a: false } }, 'reason-only'],
  ['approved, now escalated', {}, { outcome: 'escalated' }, 'tightened'],
  ['escalated, now held', { outcome: 'escalated' }, { outcome: 'held' }, 'tightened'],
  ['denied, now blocked', { outcome: 'denied' }, { outcome: 'blocked' }, 'tightened'],
  ['escalated, now approved', { outcome: 'escalated' }, {}, 'loosened'],
  ['denied, now held', { outcome: 'denied' }, { outcome: 'held' }, 'loosened'],
  [
    'milder because a guardrail no longer fires',
    { outcome: 'denied', guardrails: { g: true } },
    { guardrails: { g: false } },
    'loosened-over-guardrail',
  ],
  [
    'milder because a guardrail is gone',
    { outcome: 'denied', guardrails: { g: true } },
    {},
    'loosened-over-guardrail',
  ],
  [
    'milder because a guardrail that could not be evaluated now passes',
    { outcome: 'denied', guardrails: { g: 'error' } },
    { outcome: 'escalated', guardrails: { g: false } },
    'loosened-over-guardrail',
  ],
  [
    'milder, while the guardrail still fires with a milder effect',
    { outcome: 'denied', guardrails: { g: true } },
    { outcome: 'escalated', guardrails: { g: true } },
    'loosened',
  ],
  [
    'a guardrail no longer fires, but the outcome is as strict',
    { outcome: 'denied', guardrails: { g: true } },
    { outcome: 'denied', guardrails: { g: false } },
    'reason-only',
  ],
  ['approved at a higher level', { level: 'AL1' }, { level: 'AL2' }, 'level-up'],
  ['approved at a lower level', { level: 'AL3' }, { level: 'AL2' }, 'level-down'],
  [
    'a rule that cannot be evaluated any more, whatever the outcome',
    { outcome: 'escalated', rules: { a: true } },
    { rules: { a: 'error' } },
    'error',
  ],
  [
    'a band in error that was in error before',
    { outcome: 'escalated', bands: { AL1: 'error' } },
    { outcome: 'denied', bands: { AL1: 'error' } },
    'tightened',
  ],
  [
    'a derived value that cannot be computed any more',
    {},
    { voices: [{ kind: 'derive', id: 'ratio', says: 'escalate', code: 'DERIVE_ERROR' }] },
    'error',
  ],
]

describe('how a decision differs from another of the same case', () => {
  it.each(CASES)('%s', (_, before, after, expected) => {
    expect(changeClassOf(decided(before), decided(after))).toBe(expected)
  })

  it('is judged on real decisions, too', () => {
    const at = (limit: number) =>
      decide(tinyPolicy({ rules: rulesOf([{ when: `request.amount <= ${limit}` }]) }), inputOf())
    expect(changeClassOf(at(100), at(100))).toBe('same')
    expect(changeClassOf(at(100), at(99))).toBe('tightened')
    expect(changeClassOf(at(99), at(100))).toBe('loosened')
  })
})
