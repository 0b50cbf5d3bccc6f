import { describe, expect, it } from 'vitest'
import { judgeOutcome } from './reward.ts'
import { faultsOf, tinyDocument, tinyPolicy } from './tiny-policy.fixture.ts'

const PARAMS = { floor: { type: 'double', value: 0.5, min: 0, max: 1 } }
const document = (success: string) => ({
  params: PARAMS,
  reward: [{ metric: 'good', success, window: 'P30D', silence: 'none' }],
})
const judge = (success: string, values: object) =>
  judgeOutcome(tinyPolicy({}, document(success)), 'good', values as never)

describe('what became of a decision is judged by the reward of its policy', () => {
  it.each([
    ['outcome.won', { won: true }, 'success'],
    ['outcome.won', { won: false }, 'failure'],
    ['!outcome.won', { won: false }, 'success'],
    ['outcome.won', {}, 'none'],
    ['outcome.won', { won: 1 }, 'none'],
    ['outcome.count >= 3 && outcome.margin >= base.floor', { count: 3, margin: 0.5 }, 'success'],
    ['outcome.count >= 3 && outcome.margin >= base.floor', { count: 2, margin: 0.5 }, 'failure'],
    ['outcome.count == 3', { count: 3 }, 'success'],
    ["outcome.stage in ['won', 'paid']", { stage: 'paid' }, 'success'],
    ["outcome.stage == 'won'", { stage: null }, 'failure'],
    ['has(outcome.won) && outcome.won', {}, 'failure'],
    ['outcome.constructor == 1', {}, 'none'],
    ['outcome.a.b > 1', { a: { b: 2 } }, 'success'],
    ['outcome.a.b > 1', { a: 5 }, 'none'],
  ])('%s of %j is %s', (success, values, verdict) => expect(judge(success, values)).toBe(verdict))

  it('sees neither the request nor parameters that a variant moves', () => {
    for (const variable of ['request.amount > 1', 'params.floor > 0.1']) {
      expect(faultsOf(tinyDocument({}, document(variable)))).toEqual([
        expect.stringMatching(/^\/reward\/0\/success: unknown variable: (request|params)$/),
      ])
    }
  })

  it('must be a condition', () => {
    expect(faultsOf(tinyDocument({}, document('base.floor')))).toEqual([
      '/reward/0/success: the expression yields double, expected bool or open',
    ])
  })
})
