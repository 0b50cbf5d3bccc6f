import { lnGamma } from './gamma.ts'

/** Tables that are as likely as the one seen are as extreme; rounding must not part them. */
const AS_LIKELY = 1 + 1e-7

/** Two windows and one thing that happened or not: [happened, did not] in each. */
export type FourCells = readonly [readonly [number, number], readonly [number, number]]

/**
 * Fisher's exact test of two proportions, two-sided: the chance, with the margins as they are, of a table that is no
 * likelier than this one. Never says "different" more often than it claims. Source: Fisher 1935; Agresti 1992, 2.1.
 */
export const fisherExact = ([[a, b], [c, d]]: FourCells): number => {
  const row = a + b
  const column = a + c
  const total = row + c + d
  const first = Math.max(0, column - (total - row))
  const last = Math.min(row, column)
  const chance = (k: number): number =>
    Math.exp(choices(column, k) + choices(total - column, row - k) - choices(total, row))
  const seen = chance(a) * AS_LIKELY
  let p = 0
  for (let k = first; k <= last; k++) {
    const each = chance(k)
    if (each <= seen) p += each
  }
  return Math.min(1, p)
}

/** ln of n over k. */
const choices = (n: number, k: number): number =>
  lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1)
