import { describe, expect, it } from 'vitest'
import { coverageGaps } from './policy-coverage.ts'
import { runPolicyTests } from './policy-tests.ts'
import { FITTING, NOON, rulesOf, tinyPolicy } from './tiny-policy.fixture.ts'

const test = (more: object = {}) => ({
  name: 'one',
  at: NOON,
  request: FITTING,
  expect: { outcome: 'approved', level: 'AL1', codes: ['FINE'] },
  ...more,
})
const run = (tests: readonly object[], action: object = {}) =>
  runPolicyTests(tinyPolicy(action as never, { tests }))

describe('the tests inside a policy', () => {
  it('pass when outcome, level and codes are met; codes in any order', () => {
    const rules = rulesOf([
      { when: 'true', code: 'B' },
      { when: 'true', code: 'A' },
    ])
    expect(run([test({ expect: { outcome: 'approved', codes: ['B', 'A'] } })], { rules })).toEqual({
      total: 1,
      failed: [],
    })
  })

  it.each([
    [{ outcome: 'denied' }, { outcome: 'denied' }],
    [
      { outcome: 'approved', level: 'AL2' },
      { outcome: 'approved', level: 'AL2' },
    ],
    [
      { outcome: 'approved', codes: ['OTHER'] },
      { outcome: 'approved', codes: ['OTHER'] },
    ],
    [
      { outcome: 'approved', codes: [] },
      { outcome: 'approved', codes: [] },
    ],
  ])('fail with what was expected and what came: %j', (expectation, expected) => {
    expect(run([test({ expect: expectation })]).failed).toEqual([
      { name: 'one', expected, actual: { outcome: 'approved', level: 'AL1', codes: ['FINE'] } },
    ])
  })

  it('fail where the request does not fit the schema', () => {
    const { failed } = run([test({ request: {} })])
    expect(failed[0]?.actual.problem).toBe('request-invalid')
  })

  it('see the time of the test as now, its features, evidence and ceiling', () => {
    const action = {
      features: { n: 'int' },
      evidence: [{ id: 'kyc', requiredWhen: 'false', maxAge: 'P1D' }],
      rules: rulesOf([{ when: 'now.getHours() == 7 && features.n == 3 && evidence.kyc.at < now' }]),
    }
    const given = {
      at: '2026-12-02T07:00:00Z',
      features: { n: 3 },
      evidence: { kyc: { at: '2026-12-02T06:00:00Z' } },
    }
    expect(run([test(given)], action).failed).toEqual([])
    const capped = {
      ...given,
      ceiling: 'AL0',
      expect: { outcome: 'escalated', codes: ['ABOVE_CEILING'] },
    }
    expect(run([test(capped)], action).failed).toEqual([])
  })

  it('run 500 in less than two seconds', () => {
    const tests = Array.from({ length: 500 }, (_, i) => test({ name: `test ${i}` }))
    const policy = tinyPolicy({}, { tests })
    const before = performance.now()
    expect(runPolicyTests(policy)).toEqual({ total: 500, failed: [] })
    expect(performance.now() - before).toBeLessThan(2000)
  })
})

describe('what the tests leave out is named', () => {
  it('guardrails and rules that never fire or always do, and bands that never decide', () => {
    const action = {
      guardrails: [{ id: 'never', when: 'request.amount > 1000', effect: 'deny', code: 'X' }],
      rules: rulesOf([{ when: 'request.amount > 50' }]),
      autonomy: {
        ceiling: 'AL3',
        bands: [
          { level: 'AL1', when: 'request.amount > 0' },
          { level: 'AL2', when: 'true', vetoWindow: 'PT1H' },
        ],
      },
    }
    expect(coverageGaps(tinyPolicy(action, { tests: [test()] }))).toEqual([
      { action: 'act', kind: 'guardrail', id: 'never', missing: 'firing' },
      { action: 'act', kind: 'rule', id: 'rule-0', missing: 'not-firing' },
      { action: 'act', kind: 'band', id: 'AL2', missing: 'firing' },
    ])
  })
})
