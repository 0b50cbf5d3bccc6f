import { type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindRequest } from '../bind-request.ts'
import { decide } from '../decide.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { SEED } from '../random-expressions.fixture.ts'
import { randomActions, randomPolicy, requestsOf } from '../random-policies.fixture.ts'
import { inputOf, shipped } from '../tiny-policy.fixture.ts'
import type { DecideInput } from '../types.ts'
import type { AutonomyLevel } from '../words.ts'
import { CHANGES_MAX, counterfactuals, RERUNS_MAX } from './counterfactuals.ts'
import type { Change, Counterfactual } from './explanation.ts'

/** Requests of one policy that one draw decides. */
const REQUESTS = 25
const TOLD = { decisions: 0, counterfactuals: 0, cut: 0 }

const many = (requests: fc.Arbitrary<object>) =>
  fc.array(requests, { minLength: REQUESTS, maxLength: REQUESTS })

/** As somebody would who reads the reply: nothing of the engine's own code. */
const applied = (request: JsonObject, changes: readonly Change[]): JsonObject => {
  const copy = structuredClone(request) as Record<string, JsonValue>
  for (const { field, to, relation } of changes) {
    const name = field.slice(1)
    if (relation === 'absent') delete copy[name]
    else copy[name] = to as JsonValue
  }
  return JSON.parse(JSON.stringify(copy)) as JsonObject
}

const actionableIn = (policy: LoadedPolicy, action: string): readonly string[] =>
  Object.entries(policy.actions.get(action)?.document.request.properties ?? {})
    .filter(([, field]) => field['x-actionable'])
    .map(([name]) => `/${name}`)

const decidedAfresh = (policy: LoadedPolicy, input: DecideInput, request: JsonObject) => {
  const bound = bindRequest(policy, input.action, request)
  if (bound instanceof Problem) throw new Error(`${bound.detail}: ${JSON.stringify(request)}`)
  return decide(policy, { ...input, request, bound })
}

/** Every promise of every decision holds, changes nothing it may not, and needs all it changes. */
const keeps = (policy: LoadedPolicy, input: DecideInput): void => {
  const { list, tried, exhausted } = counterfactuals(policy, input)
  TOLD.decisions++
  if (exhausted) TOLD.cut++
  expect(tried).toBeLessThanOrEqual(RERUNS_MAX)
  const before = decide(policy, input)
  const may = actionableIn(policy, input.action)
  for (const promise of list) {
    TOLD.counterfactuals++
    const { changes } = promise
    expect(changes.length).toBeLessThanOrEqual(CHANGES_MAX)
    expect(may).toEqual(expect.arrayContaining(changes.map(({ field }) => field)))
    const after = decidedAfresh(policy, input, applied(input.request, changes))
    expect([after.outcome, after.autonomyLevel]).toEqual([promise.target, promise.level])
    expect(isBetter(before, promise)).toBe(true)
    for (const out of changes) {
      const rest = changes.filter((change) => change !== out)
      if (rest.length > 0) expectNeeded(policy, input, { promise, rest })
    }
  }
}

const STRICTNESS = ['approved', 'escalated', 'held', 'denied', 'blocked']
const isBetter = (
  before: { outcome: string; autonomyLevel: AutonomyLevel },
  { target, level }: Counterfactual,
): boolean =>
  STRICTNESS.indexOf(target) < STRICTNESS.indexOf(before.outcome) || level < before.autonomyLevel

const expectNeeded = (
  policy: LoadedPolicy,
  input: DecideInput,
  { promise, rest }: { promise: Counterfactual; rest: readonly Change[] },
): void => {
  const request = applied(input.request, rest)
  if (bindRequest(policy, input.action, request) instanceof Problem) return
  const { outcome } = decidedAfresh(policy, input, request)
  if (promise.target !== decide(policy, input).outcome) expect(outcome).not.toBe(promise.target)
}

const near = (...bounds: readonly number[]) =>
  fc.constantFrom(...bounds.flatMap((n) => [n - 1, n, n + 1]))
const share = fc.oneof(
  fc.constantFrom(0, 0.05, 0.1, 0.12, 0.15, 0.22, 0.23, 0.25, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
)
const ceilings = fc.constantFrom<AutonomyLevel>('AL3', 'AL3', 'AL2', 'AL1', 'AL0')

const finance = fc.record({ discount: share, margin: share })
const SHIPPED = [
  ['finance-constitution-1.0.0', 'discount', 70, finance],
  ['finance-constitution-1.1.0', 'discount', 70, finance],
  [
    'hr-leave-1.0.0',
    'leave',
    90,
    fc.record({
      days: fc.oneof(near(3, 15, 20), fc.integer({ min: 1, max: 60 })),
      balance: fc.oneof(near(3, 15, 20), fc.integer({ min: -60, max: 365 })),
      blackout: fc.boolean(),
      notice: fc.oneof(near(5, 7), fc.integer({ min: 0, max: 730 })),
    }),
  ],
  [
    'loans-1.0.0',
    'preaccept',
    90,
    fc.record({
      amount: fc.oneof(near(1000, 5000, 10_000, 30_000, 40_000, 75_000), fc.nat(10_000_000)),
      hour: fc.integer({ min: 0, max: 23 }),
      weekday: fc.integer({ min: 1, max: 7 }),
    }),
  ],
] as const

describe(`every counterfactual of 10,000 random decisions holds (seed ${SEED})`, () => {
  it.each(SHIPPED)('%s', { timeout: 60_000 }, (name, action, numRuns, requests) => {
    const policy = shipped(name)
    const variants = [null, ...(policy.actions.get(action)?.params.keys() ?? [])]
    const drawn = fc.tuple(many(requests), fc.constantFrom(...variants), ceilings)
    fc.assert(
      fc.property(drawn, ([all, variant, level]) => {
        for (const request of all) {
          const more = { action, variant, ceilings: [{ source: 'tenant', level }] }
          keeps(policy, { ...inputOf({}, more), request: request as JsonObject })
        }
      }),
      { seed: SEED, numRuns },
    )
  })

  it('policies put together at random', { timeout: 60_000 }, () => {
    const drawn = randomActions.chain((action) =>
      fc.tuple(
        fc.constant(action),
        many(requestsOf(action)),
        fc.constantFrom({}, { n: 3 }, { n: 9 }),
      ),
    )
    fc.assert(
      fc.property(drawn, ([action, all, features]) => {
        const policy = randomPolicy(action)
        if (policy === null) return
        for (const request of all) {
          keeps(policy, { ...inputOf({}, { features }), request: request as JsonObject })
        }
      }),
      { seed: SEED, numRuns: 80 },
    )
  })

  it('and there were enough of both', () => {
    console.log(
      `seed ${SEED}: ${TOLD.counterfactuals} counterfactuals of ${TOLD.decisions} decisions verified, ` +
        `${TOLD.cut} searches met a bound`,
    )
    expect(TOLD.decisions).toBeGreaterThanOrEqual(10_000)
    expect(TOLD.counterfactuals).toBeGreaterThan(2_000)
    expect(TOLD.cut).toBeLessThan(TOLD.decisions / 50)
  })
})
