import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../decide.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { SEED } from '../random-expressions.fixture.ts'
import { inputOf, rulesOf, tinyPolicy } from '../tiny-policy.fixture.ts'
import { counterfactuals } from './counterfactuals.ts'

/** Small enough that every possible request can be decided: 41 × 41 × 2 of them. */
const SIDE = 41
const REQUEST = {
  type: 'object',
  additionalProperties: false,
  required: ['a', 'b', 'fixed', 'urgent'],
  properties: {
    a: { type: 'integer', minimum: 0, maximum: SIDE - 1, 'x-actionable': true },
    b: { type: 'integer', minimum: 0, maximum: SIDE - 1, 'x-actionable': true },
    urgent: { type: 'boolean', 'x-actionable': true },
    fixed: { type: 'integer', minimum: 0, maximum: SIDE - 1 },
  },
}

const orders = fc.constantFrom('<', '<=', '>', '>=', '==', '!=')
const numbers = fc.integer({ min: 0, max: SIDE }).map(String)
const direct = fc.oneof(
  fc
    .tuple(fc.constantFrom('a', 'b', 'fixed'), orders, numbers)
    .map(([name, op, n]) => `request.${name} ${op} ${n}`),
  fc.constantFrom('request.urgent', '!request.urgent', 'request.a > request.fixed'),
)
const moving = fc.oneof(
  fc.constantFrom('request.a <= request.b', 'request.b < request.a', 'request.a != request.b'),
  fc
    .tuple(fc.constantFrom('request.a + request.b', '3 * request.a - request.b'), orders, numbers)
    .map(([sum, op, n]) => `${sum} ${op} ${n}`),
)

const conditionsOf = (clauses: fc.Arbitrary<string>) =>
  fc.letrec<{ bool: string }>((tie) => ({
    bool: fc.oneof(
      { maxDepth: 2 },
      clauses,
      fc
        .tuple(tie('bool'), fc.constantFrom('&&', '||'), tie('bool'))
        .map(([left, op, right]) => `(${left} ${op} ${right})`),
      tie('bool').map((of) => `!(${of})`),
    ),
  })).bool

const policiesOf = (conditions: fc.Arbitrary<string>) =>
  fc
    .record({
      approve: conditions,
      deny: conditions,
      guardrail: conditions,
      bands: fc.tuple(conditions, conditions),
      hit: fc.constantFrom('strictest', 'first'),
    })
    .map(({ approve, deny, guardrail, bands, hit }) =>
      tinyPolicy({
        request: REQUEST,
        guardrails: [{ id: 'g', when: guardrail, effect: 'halt', code: 'HALT' }],
        rules: rulesOf([{ when: deny, outcome: 'deny' }, { when: approve }], hit),
        autonomy: {
          ceiling: 'AL3',
          bands: [
            { level: 'AL1', when: bands[0] },
            { level: 'AL2', when: bands[1], vetoWindow: 'PT1H' },
          ],
        },
      }),
    )

const requests = fc.record({
  a: fc.integer({ min: 0, max: SIDE - 1 }),
  b: fc.integer({ min: 0, max: SIDE - 1 }),
  fixed: fc.integer({ min: 0, max: SIDE - 1 }),
  urgent: fc.boolean(),
})
type Request = { a: number; b: number; fixed: number; urgent: boolean }

/** Every request that may be asked instead, decided: whether one is approved, and with how few changes. */
const fewestChanges = (policy: LoadedPolicy, request: Request): number => {
  let fewest = Number.POSITIVE_INFINITY
  for (let a = 0; a < SIDE; a++) {
    for (let b = 0; b < SIDE; b++) {
      for (const urgent of [false, true]) {
        const changes =
          Number(a !== request.a) + Number(b !== request.b) + Number(urgent !== request.urgent)
        if (changes >= fewest) continue
        const changed = { ...inputOf(), request: { ...request, a, b, urgent } as never }
        if (decide(policy, changed).outcome === 'approved') fewest = changes
      }
    }
  }
  return fewest
}

const compare = (conditions: fc.Arbitrary<string>, numRuns: number) => {
  const seen = { found: 0, none: 0, fewer: 0, missed: 0 }
  fc.assert(
    fc.property(policiesOf(conditions), requests, (policy, request) => {
      const input = { ...inputOf(), request: request as never }
      if (decide(policy, input).outcome === 'approved') return
      const fewest = fewestChanges(policy, request)
      const { list, exhausted } = counterfactuals(policy, input, {
        targets: [{ outcome: 'approved' }],
      })
      expect(exhausted).toBe(false)
      const found = list[0]?.changes.length ?? Number.POSITIVE_INFINITY
      expect(found).toBeGreaterThanOrEqual(fewest)
      if (fewest === Number.POSITIVE_INFINITY) seen.none++
      else if (found === Number.POSITIVE_INFINITY) seen.missed++
      else if (found > fewest) seen.fewer++
      else seen.found++
    }),
    { seed: SEED, numRuns },
  )
  return seen
}

describe(`counterfactuals against every request there is (seed ${SEED})`, () => {
  it('one is found exactly where there is one, with the fewest changes', {
    timeout: 60_000,
  }, () => {
    const seen = compare(conditionsOf(direct), 250)
    expect(seen).toMatchObject({ missed: 0, fewer: 0 })
    expect(Math.min(seen.found, seen.none)).toBeGreaterThan(20)
  })

  it('nearly always where clauses tie two fields together, and never one that is not', {
    timeout: 60_000,
  }, () => {
    const seen = compare(conditionsOf(fc.oneof(direct, moving)), 250)
    expect(Math.min(seen.found, seen.none)).toBeGreaterThan(20)
    // Where two lines through both fields must be met at once, the point between them may be passed over.
    expect(seen.missed).toBeLessThanOrEqual(seen.found / 20)
  })
})
