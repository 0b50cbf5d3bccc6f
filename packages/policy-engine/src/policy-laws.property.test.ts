import type { JsonObject } from '@writ/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import { SEED } from './random-expressions.fixture.ts'
import {
  type RandomAction,
  randomActions,
  randomPolicy,
  requestsOf,
} from './random-policies.fixture.ts'
import { inputOf } from './tiny-policy.fixture.ts'
import type { Decided } from './types.ts'
import type { AutonomyLevel } from './words.ts'

/** The laws of the lattice over whole random policies with fields of every kind, optional ones among them. */
const RUNS = { seed: SEED, numRuns: 120 }
const OPTIONS = { timeout: 60_000 }
const STRICTNESS = ['approved', 'escalated', 'held', 'denied', 'blocked']
const strictness = ({ outcome }: Decided): number => STRICTNESS.indexOf(outcome)

interface Case {
  readonly drawn: RandomAction
  readonly policy: LoadedPolicy
  readonly requests: readonly JsonObject[]
}

const forAll = (holds: (each: Case) => void): void => {
  const cases = randomActions.chain((drawn) =>
    fc.tuple(fc.constant(drawn), fc.array(requestsOf(drawn), { minLength: 10, maxLength: 10 })),
  )
  let loaded = 0
  fc.assert(
    fc.property(cases, ([drawn, many]) => {
      const policy = randomPolicy(drawn)
      if (policy === null) return
      loaded++
      holds({ drawn, policy, requests: many as JsonObject[] })
    }),
    RUNS,
  )
  expect(loaded).toBeGreaterThan(100)
}

const ask = (policy: LoadedPolicy, request: JsonObject, level: AutonomyLevel = 'AL3'): Decided =>
  decide(policy, { ...inputOf({}, { ceilings: [{ source: 'test', level }] }), request })

/** The same policy with a part replaced; the replacement is known to load. */
const changed = (drawn: RandomAction, part: Partial<RandomAction>): LoadedPolicy =>
  randomPolicy({ ...drawn, ...part }) as LoadedPolicy

describe(`whatever the policy and the request (seed ${SEED})`, () => {
  it('a guardrail added never loosens, nor raises the level', OPTIONS, () => {
    const stricter = { deny: 0, escalate: 0, halt: 0 }
    forAll(({ drawn, policy, requests }) => {
      for (const effect of ['deny', 'escalate', 'halt'] as const) {
        const when = drawn.rules[0]?.when ?? 'true'
        const more = changed(drawn, { guardrails: [...drawn.guardrails, { when, effect }] })
        for (const request of requests) {
          const [before, after] = [ask(policy, request), ask(more, request)]
          expect(strictness(after)).toBeGreaterThanOrEqual(strictness(before))
          expect(after.autonomyLevel <= before.autonomyLevel).toBe(true)
          if (strictness(after) > strictness(before)) stricter[effect]++
        }
      }
    })
    // A law that is never put to the test holds for nothing.
    expect(Math.min(...Object.values(stricter))).toBeGreaterThan(10)
  })

  it(
    'a ceiling lowered, the policy’s or the caller’s, never raises outcome or level',
    OPTIONS,
    () => {
      const order: readonly AutonomyLevel[] = ['AL3', 'AL2', 'AL1', 'AL0']
      let fell = 0
      forAll(({ drawn, policy, requests }) => {
        const lowered = order.map((ceiling) => changed(drawn, { ceiling }))
        const rows = requests.flatMap((request) => [
          order.map((level) => ask(policy, request, level)),
          lowered.map((each) => ask(each, request)),
        ])
        for (const row of rows) {
          for (const [i, lower] of row.entries()) {
            const higher = row[i - 1] ?? lower
            expect(strictness(lower)).toBeGreaterThanOrEqual(strictness(higher))
            expect(lower.autonomyLevel <= higher.autonomyLevel).toBe(true)
            expect(lower.autonomyLevel <= (order[i] as string)).toBe(true)
            if (strictness(lower) > strictness(higher)) fell++
          }
        }
      })
      expect(fell).toBeGreaterThan(20)
    },
  )

  it('the order of rules does not matter under strictest', OPTIONS, () => {
    forAll(({ drawn, requests }) => {
      const inOrder = changed(drawn, { hit: 'strictest' })
      const reversed = changed(drawn, { hit: 'strictest', rules: drawn.rules.toReversed() })
      for (const request of requests) {
        const [straight, turned] = [ask(inOrder, request), ask(reversed, request)]
        const { outcome, autonomyLevel, neededLevel } = straight
        expect(turned).toMatchObject({ outcome, autonomyLevel, neededLevel })
        expect(says(turned)).toEqual(says(straight))
      }
    })
  })

  it('a condition that reads a missing field never yields approval', OPTIONS, () => {
    let errors = 0
    forAll(({ policy, requests }) => {
      for (const request of requests) {
        const { outcome, values, autonomyLevel } = ask(policy, request)
        const verdicts = [values.guardrails ?? {}, values.rules, values.bands].flatMap(
          Object.values,
        )
        if (!verdicts.includes('error')) continue
        errors++
        expect(outcome).not.toBe('approved')
        expect(autonomyLevel).toBe('AL0')
      }
    })
    expect(errors).toBeGreaterThan(40)
  })

  it('a field that every rule needs, left out, never yields approval', OPTIONS, () => {
    let asked = 0
    forAll(({ drawn, requests }) => {
      const rules = drawn.rules.map(({ when, outcome }) => ({
        when: `request.days <= 40 && (${when})`,
        outcome,
      }))
      const needing = changed(drawn, { optional: ['days'], rules })
      for (const { days: _, ...rest } of requests) {
        const request = { ...EVERYTHING_ELSE, ...rest } as JsonObject
        asked++
        expect(ask(needing, request).outcome).not.toBe('approved')
        for (const rule of Object.values(ask(needing, request).values.rules)) {
          expect(rule).not.toBe(true)
        }
      }
    })
    expect(asked).toBeGreaterThan(1000)
  })
})

const EVERYTHING_ELSE = {
  amount: 100,
  rate: 0.25,
  score: 0.5,
  urgent: true,
  tier: 'gold',
  start: '2026-12-02T12:00:00Z',
  tags: ['x'],
}

/** Rules take their place as id; what they say, sorted, does not depend on it. */
const says = ({ voices }: Decided): readonly string[] =>
  voices.map(({ kind, says: word }) => `${kind} ${word}`).sort()
