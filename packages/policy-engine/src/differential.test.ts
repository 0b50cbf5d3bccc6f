import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Activation, activationOf } from './activation.ts'
import { celEngine } from './cel-engine.ts'
import { secondEngine } from './check/second-engine.ts'
import type { CompiledAction } from './compiled-action.ts'
import { type CompiledExpr, ExprFaults, type ExprScope } from './expr-engine.ts'
import { conditions, requests, SEED } from './random-expressions.fixture.ts'
import { objectShape, shapeOfField } from './shape.ts'
import { inputOf, NOON, REQUEST, shipped } from './tiny-policy.fixture.ts'
import { judgeOf, truth } from './verdict.ts'
import type { Verdict } from './words.ts'

const secondOpinion = (source: string, activation: object): Verdict =>
  truth(secondEngine(source)(activation))

const library = ({ program }: CompiledExpr, activation: object): Verdict => {
  try {
    return truth(program(activation))
  } catch {
    return 'error'
  }
}

const judged = (compiled: CompiledExpr, activation: object): Verdict =>
  judgeOf(compiled.atoms)(activation)

const compiled = (scope: ExprScope, source: string): CompiledExpr | null => {
  const result = scope.compile(source, 'bool')
  return result instanceof ExprFaults ? null : result
}

describe(`three ways to evaluate a condition agree (seed ${SEED})`, () => {
  const paramsShape = objectShape({ cap: { kind: 'int' }, ratio: { kind: 'double' } })
  const scope = celEngine.scope({
    request: shapeOfField(REQUEST as never),
    params: paramsShape,
    base: paramsShape,
    now: { kind: 'timestamp' },
  })
  const params = scope.binder('params')({ cap: 7, ratio: 0.5 } as never)
  const bind = scope.binder('request')

  it('on random conditions over random requests, errors included', { timeout: 60_000 }, () => {
    const seen = { true: 0, false: 0, error: 0, refused: 0 }
    fc.assert(
      fc.property(
        conditions,
        fc.array(requests, { minLength: 3, maxLength: 3 }),
        (source, many) => {
          const expr = compiled(scope, source)
          if (!expr) {
            seen.refused++
            return
          }
          for (const request of many) {
            const activation = {
              request: bind(request as never),
              params,
              base: params,
              now: new Date(NOON),
            }
            const value = judged(expr, activation)
            expect(library(expr, activation), source).toBe(value)
            expect(secondOpinion(source, activation), source).toBe(value)
            seen[String(value) as keyof typeof seen]++
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    )
    // The generator must reach every verdict, or agreement means nothing.
    expect(Math.min(seen.true, seen.false, seen.error)).toBeGreaterThan(60)
    expect(seen.refused).toBeLessThan(25)
  })
})

describe(`both implementations of CEL agree on the shipped policies (seed ${SEED})`, () => {
  const around = (...bounds: readonly number[]) =>
    fc.oneof(fc.constantFrom(...bounds.flatMap((n) => [n - 1, n, n + 1])), fc.integer())
  const double = fc.oneof(
    fc.constantFrom(0.05, 0.1, 0.12, 0.15, 0.22, 0.23, 0.25),
    fc.double({ min: -1, max: 1, noNaN: true }),
  )
  const inRange = (arb: fc.Arbitrary<number>, min: number, max: number) =>
    arb.filter((n) => n >= min && n <= max)

  const CASES = [
    ['finance-constitution-1.0.0', fc.record({ discount: inRange(double, 0, 1), margin: double })],
    ['finance-constitution-1.1.0', fc.record({ discount: inRange(double, 0, 1), margin: double })],
    [
      'hr-leave-1.0.0',
      fc.record({
        days: inRange(around(3, 15, 20), 1, 60),
        balance: inRange(around(3, 15, 20), -60, 365),
        blackout: fc.boolean(),
        notice: inRange(around(5, 7), 0, 730),
      }),
    ],
    [
      'loans-1.0.0',
      fc.record({
        amount: inRange(around(1000, 5000, 10_000, 20_000, 30_000, 40_000, 75_000), 0, 10_000_000),
        hour: fc.integer({ min: 0, max: 23 }),
        weekday: fc.integer({ min: 1, max: 7 }),
      }),
    ],
  ] as const

  it.each(CASES)('%s', { timeout: 60_000 }, (name, arbitrary) => {
    const policy = shipped(name)
    const [action] = policy.actions.values() as Iterable<CompiledAction> as [CompiledAction]
    const all = [...action.guardrails, ...action.rules, ...action.bands]
    fc.assert(
      fc.property(
        arbitrary as fc.Arbitrary<object>,
        fc.constantFrom(null, ...action.params.keys()),
        (request, variant) => {
          const input = { ...inputOf(), action: action.name, variant, request: request as never }
          const activation: Activation = activationOf(policy, action, input, () => {})
          for (const condition of all) {
            const value = condition.judge(activation)
            expect(value).not.toBe('error')
            expect(library(condition.compiled, activation)).toBe(value)
            expect(secondOpinion(condition.compiled.source, activation)).toBe(value)
          }
        },
      ),
      { seed: SEED, numRuns: 200 },
    )
  })
})
