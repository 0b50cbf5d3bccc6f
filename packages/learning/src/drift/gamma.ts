/** Terms of a series or fraction at most. A hundred are enough for a million degrees of freedom near the mean. */
const TERMS_MAX = 10_000
const EPSILON = 1e-16
/** Keeps a denominator of the fraction from being zero. */
const TINY = 1e-300

/**
 * ln Γ(x) for x > 0, to about 14 digits: Stirling's series above 10, the recurrence Γ(x+1) = xΓ(x) below.
 * Source: Abramowitz and Stegun 6.1.15, 6.1.41.
 */
export const lnGamma = (x: number): number => {
  let shift = 0
  let z = x
  for (; z < 10; z++) shift += Math.log(z)
  const square = 1 / (z * z)
  const series =
    (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift
}

/**
 * The upper regularised incomplete gamma function Q(a, x), a > 0, x ≥ 0: from 1 down to 0.
 * Source: Abramowitz and Stegun 6.5.29 (series) and 6.5.31 (continued fraction, here by Lentz's method).
 */
export const upperGamma = (a: number, x: number): number => {
  if (x <= 0) return 1
  return x < a + 1 ? 1 - lowerBySeries(a, x) : upperByFraction(a, x)
}

/** P(χ² with `df` degrees of freedom ≥ `statistic`). Source: Abramowitz and Stegun 26.4.19. */
export const chiSquareTail = (statistic: number, df: number): number =>
  upperGamma(df / 2, statistic / 2)

/** x^a e^-x / Γ(a), which both forms share. */
const front = (a: number, x: number): number => Math.exp(a * Math.log(x) - x - lnGamma(a))

const lowerBySeries = (a: number, x: number): number => {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < TERMS_MAX && term > sum * EPSILON; n++) {
    term *= x / (a + n)
    sum += term
  }
  return Math.min(1, sum * front(a, x))
}

const upperByFraction = (a: number, x: number): number => {
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let value = d
  for (let n = 1; n < TERMS_MAX; n++) {
    const numerator = n * (a - n)
    b += 2
    d = 1 / notZero(numerator * d + b)
    c = notZero(b + numerator / c)
    const factor = c * d
    value *= factor
    if (Math.abs(factor - 1) < EPSILON * 10) break
  }
  return Math.min(1, value * front(a, x))
}

const notZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value)
