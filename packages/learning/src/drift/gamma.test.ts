import { describe, expect, it } from 'vitest'
import { chiSquareTail, lnGamma, upperGamma } from './gamma.ts'

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

/** The tail in closed form, which exists for even degrees of freedom. Source: Abramowitz and Stegun 26.4.21. */
const evenTail = (x: number, df: number): number => {
  let [term, sum] = [1, 1]
  for (let k = 1; k < df / 2; k++) {
    term *= x / 2 / k
    sum += term
  }
  return Math.exp(-x / 2) * sum
}

describe('ln Γ', () => {
  it('is the logarithm of factorials, and of √π at a half', () => {
    for (let n = 1; n <= 20; n++) expect(lnGamma(n + 1)).toBeCloseTo(Math.log(factorial(n)), 11)
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12)
    expect(lnGamma(1.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI) / 2), 12)
  })
})

describe('the tail of χ²', () => {
  // Abramowitz and Stegun, table 26.8: percentage points.
  it.each([
    [1, 3.84146, 0.05],
    [1, 6.6349, 0.01],
    [1, 10.828, 0.001],
    [2, 13.816, 0.001],
    [3, 0.584375, 0.9],
    [5, 11.0705, 0.05],
    [10, 23.2093, 0.01],
    [30, 13.7867, 0.995],
    [100, 124.342, 0.05],
  ])('with %i degrees of freedom beyond %d is as printed: %d', (df, x, p) => {
    expect(chiSquareTail(x, df) / p).toBeCloseTo(1, 3)
  })

  it('agrees with the closed form for even degrees, far into the tail and on both sides of the mean', () => {
    for (const df of [2, 4, 6, 10, 20, 50, 120]) {
      for (const x of [0.01, 0.5, 1, df / 2, df - 1, df, df + 3, 2 * df, 5 * df, 300]) {
        expect(chiSquareTail(x, df) / evenTail(x, df)).toBeCloseTo(1, 9)
      }
    }
  })

  it('is 1 at nothing, falls, and never leaves 0 to 1', () => {
    expect(upperGamma(3, 0)).toBe(1)
    for (const df of [1, 3, 7, 200]) {
      let before = 1
      for (let x = 0.1; x < 2_000; x *= 1.3) {
        const p = chiSquareTail(x, df)
        expect(p).toBeLessThanOrEqual(before)
        expect(p).toBeGreaterThanOrEqual(0)
        before = p
      }
      expect(before).toBeLessThan(1e-100)
    }
  })
})
