import { canonicalJson, type JsonValue, Problem } from '@writ/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { loadPolicy } from './load-policy.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import { conditions, requests, SEED } from './random-expressions.fixture.ts'
import { inputOf, tinyDocument } from './tiny-policy.fixture.ts'
import { trace } from './trace.ts'
import type { Decided } from './types.ts'
import type { AutonomyLevel } from './words.ts'

const RUNS = { seed: SEED, numRuns: 60 }
const OPTIONS = { timeout: 60_000 }

const rules = fc.array(
  fc.record({
    when: conditions,
    outcome: fc.constantFrom('approve', 'approve', 'deny', 'escalate'),
    code: fc.constantFrom('ONE', 'TWO', 'THREE'),
  }),
  { maxLength: 4 },
)
const guardrails = fc.array(
  fc.record({
    when: conditions,
    effect: fc.constantFrom('deny', 'escalate', 'halt'),
    code: fc.constant('GUARD'),
  }),
  { maxLength: 2 },
)
const bands = fc.tuple(conditions, conditions, conditions)
const levels = fc.constantFrom<AutonomyLevel>('AL0', 'AL1', 'AL2', 'AL3')

interface Parts {
  readonly rules: readonly object[]
  readonly guardrails: readonly object[]
  readonly bands: readonly [string, string, string]
  readonly ceiling: AutonomyLevel
}
const policies = fc.record({ rules, guardrails, bands, ceiling: levels })

const PARAMS = {
  cap: { type: 'int', value: 7, min: 0, max: 9 },
  ratio: { type: 'double', value: 0.5, min: 0, max: 1 },
}

/** Null where a random condition leaves the profile. */
const policyOf = (parts: Parts): LoadedPolicy | null => {
  const [one, two, three] = parts.bands
  const action = {
    guardrails: parts.guardrails.map((each, i) => ({ id: `g${i}`, ...each })),
    rules: {
      hit: 'strictest',
      default: { outcome: 'escalate', code: 'NO_RULE' },
      list: parts.rules.map((each, i) => ({ id: `r${i}`, ...each })),
    },
    autonomy: {
      ceiling: parts.ceiling,
      bands: [
        { level: 'AL1', when: one },
        { level: 'AL2', when: two, vetoWindow: 'PT1H' },
        { level: 'AL3', when: three, limits: { perDay: 5 } },
      ],
    },
  }
  const loaded = loadPolicy(JSON.stringify(tinyDocument(action, { params: PARAMS })))
  return loaded instanceof Problem ? null : loaded
}

const STRICTNESS = ['approved', 'escalated', 'held', 'denied', 'blocked']
const strictness = ({ outcome }: Decided) => STRICTNESS.indexOf(outcome)

/** Runs a property over random policies and requests, and makes sure that enough of them were policies. */
const forAll = (holds: (parts: Parts, policy: LoadedPolicy, request: object) => void): void => {
  let loaded = 0
  fc.assert(
    fc.property(policies, fc.array(requests, { minLength: 5, maxLength: 5 }), (parts, many) => {
      const policy = policyOf(parts)
      if (!policy) return
      loaded++
      for (const request of many) holds(parts, policy, request)
    }),
    RUNS,
  )
  expect(loaded).toBeGreaterThan(40)
}

const ask = (policy: LoadedPolicy, request: object, ceilings: readonly AutonomyLevel[] = []) =>
  decide(policy, {
    ...inputOf({}, { ceilings: ceilings.map((level) => ({ source: 'test', level })) }),
    request: request as never,
  })

describe(`what holds for every policy and every request (seed ${SEED})`, () => {
  it('the order of rules does not matter under strictest', OPTIONS, () => {
    forAll((parts, policy, request) => {
      const turned = policyOf({ ...parts, rules: parts.rules.toReversed() }) as LoadedPolicy
      const { outcome, codes, neededLevel } = ask(policy, request)
      expect(ask(turned, request)).toMatchObject({ outcome, codes, neededLevel })
    })
  })

  it('one more guardrail never loosens', OPTIONS, () => {
    forAll((parts, policy, request) => {
      const more = policyOf({
        ...parts,
        guardrails: [...parts.guardrails, { when: parts.bands[0], effect: 'deny', code: 'MORE' }],
      })
      expect(strictness(ask(more as LoadedPolicy, request))).toBeGreaterThanOrEqual(
        strictness(ask(policy, request)),
      )
    })
  })

  it('a lower ceiling never raises, neither outcome nor level', OPTIONS, () => {
    const order: readonly AutonomyLevel[] = ['AL3', 'AL2', 'AL1', 'AL0']
    forAll((_, policy, request) => {
      const decided = order.map((ceiling) => ask(policy, request, [ceiling]))
      for (const [i, lower] of decided.entries()) {
        const higher = decided[i - 1] ?? lower
        expect(strictness(lower)).toBeGreaterThanOrEqual(strictness(higher))
        expect(lower.autonomyLevel <= higher.autonomyLevel).toBe(true)
        expect(lower.autonomyLevel <= (order[i] as string)).toBe(true)
      }
    })
  })

  it('what could not be evaluated is never approved', OPTIONS, () => {
    let errors = 0
    forAll((_, policy, request) => {
      const { outcome, values } = ask(policy, request)
      const verdicts = [values.guardrails ?? {}, values.rules, values.bands].flatMap(Object.values)
      if (!verdicts.includes('error')) return
      errors++
      expect(outcome).not.toBe('approved')
    })
    expect(errors).toBeGreaterThan(40)
  })

  it('a trace shows the value that decided, for every condition', OPTIONS, () => {
    forAll((_, policy, request) => {
      const { values } = ask(policy, request)
      const traced = trace(policy, { ...inputOf(), request: request as never })
      const valuesOf = (list: readonly { id: string; value: unknown }[]) =>
        Object.fromEntries(list.map(({ id, value }) => [id, value]))
      expect(valuesOf(traced.guardrails)).toEqual(values.guardrails ?? {})
      expect(valuesOf(traced.rules)).toEqual(values.rules)
      expect(valuesOf(traced.bands)).toEqual(values.bands)
    })
  })

  it('the record has a canonical form and is the same each time', OPTIONS, () => {
    forAll((_, policy, request) => {
      const text = () => canonicalJson(ask(policy, request) as unknown as JsonValue)
      expect(text()).toBe(text())
    })
  })
})

describe(`a field that is missing never yields approval (seed ${SEED})`, () => {
  const readings = fc.constantFrom(
    'request.limit <= 5',
    'request.limit > 5',
    'request.score < 0.5',
    "request.name == 'Ada'",
    "request.name != 'Ada'",
    'request.start <= now',
    "!(request.address.city == 'Ulm')",
    'request.tags.size() == 0',
    'request.lines.all(l, l.cents > 0)',
    '!request.tags.exists(t, t.size() > 5)',
    'request.limit in [1, 2] || request.limit > 2 || request.limit < 1',
    'features.n < 5',
    'evidence.kyc.at <= now',
    'derived.d > 0 || derived.d <= 0',
  )

  it('in a rule, whatever stands beside it', OPTIONS, () => {
    fc.assert(
      fc.property(readings, fc.boolean(), (reading, left) => {
        const action = {
          features: { n: 'int' },
          evidence: [{ id: 'kyc', requiredWhen: 'false', maxAge: 'P1D' }],
          derive: [{ id: 'd', type: 'int', expr: 'request.limit * 2' }],
          rules: {
            hit: 'strictest',
            default: { outcome: 'escalate', code: 'NO_RULE' },
            list: [
              {
                id: 'r',
                when: left ? `${reading} && true` : `true && ${reading}`,
                outcome: 'approve',
                code: 'OK',
              },
            ],
          },
        }
        const policy = loadPolicy(JSON.stringify(tinyDocument(action))) as LoadedPolicy
        const { outcome, codes } = decide(policy, inputOf())
        expect(outcome).toBe('escalated')
        expect(codes).toContain('RULE_ERROR')
      }),
      RUNS,
    )
  })
})
