import { describe, expect, it } from 'vitest'
import { addNumber, addSum, noSum, sumText } from './exact-sum.ts'
import { wilsonInterval } from './wilson.ts'

const sumOf = (values: readonly number[]) => {
  const sum = noSum()
  for (const value of values) addNumber(sum, value)
  return sum
}

describe('an exact sum', () => {
  it.each([
    [[], '0'],
    [[0.1, 0.2], '0.3'],
    [[1e21, 1], '1000000000000000000001'],
    [[Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0.5], '18014398509481982.5'],
    [[-0.25, 0.05], '-0.2'],
    [[5e-7, 1], '1.0000005'],
    [[-0], '0'],
  ])('of %j is %s', (values, text) => {
    expect(sumText(sumOf(values))).toBe(text)
  })

  it('is the same in whatever order and in whatever parts it is added', () => {
    const values = [0.1, 3, 1e-9, 2 ** 53 - 1, -7.25, 1e18, 0.7, 2 ** 52]
    const whole = sumText(sumOf(values))
    for (let cut = 0; cut <= values.length; cut++) {
      const sum = sumOf(values.slice(cut).toReversed())
      addSum(sum, sumOf(values.slice(0, cut)))
      expect(sumText(sum)).toBe(whole)
    }
  })
})

describe('the Wilson interval', () => {
  it.each([
    // As printed in the literature on it: 5 of 10, 0 of 10, 10 of 10, 95 of 100.
    [5, 10, 0.236593, 0.763407],
    [0, 10, 0, 0.277533],
    [10, 10, 0.722467, 1],
    [95, 100, 0.888248, 0.978462],
    [0, 0, 0, 1],
  ])('of %d in %d is %d to %d', (hits, n, low, high) => {
    const found = wilsonInterval(hits, n)
    expect(found.low).toBeCloseTo(low, 4)
    expect(found.high).toBeCloseTo(high, 4)
  })
})
