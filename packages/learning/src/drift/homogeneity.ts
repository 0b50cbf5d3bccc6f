import { fisherExact } from './fisher.ts'
import { chiSquareTail } from './gamma.ts'
import { type Category, totals } from './psi.ts'

/** Under this many expected cases in a cell the χ² distribution is a poor likeness. Source: Cochran 1954. */
export const EXPECTED_MIN = 5
/** Two categories with fewer expected cases than this are tested exactly, which costs little there. */
const EXACT_BELOW = 10
/** What merged categories are called together. */
export const OTHERS = '(others)'

/** How likely windows as different as these are, if both were drawn from one mix. */
export interface Homogeneity {
  /** `none`: one category, so nothing can differ. */
  readonly test: 'chi-square' | 'fisher' | 'none'
  /** Pearson's X²; given with Fisher's test too, which does not use it. */
  readonly statistic: number
  readonly df: number
  readonly p: number
}

/**
 * Pearson's χ² test that both windows are drawn from one mix; Fisher's exact test where two categories have few cases.
 * Categories with no case at all are left out. Merge sparse ones before.
 */
export const homogeneity = (categories: readonly Category[]): Homogeneity => {
  const cells = categories.filter(({ reference, current }) => reference + current > 0)
  const n = totals(cells)
  const df = cells.length - 1
  if (df < 1 || n.reference === 0 || n.current === 0) {
    return { test: 'none', statistic: 0, df: 0, p: 1 }
  }
  const statistic = pearson(cells, n)
  const [one, other] = [cells[0] as Category, cells[1] as Category]
  if (df === 1 && cells.some((cell) => leastExpected(cell, n) < EXACT_BELOW)) {
    const p = fisherExact([
      [one.reference, other.reference],
      [one.current, other.current],
    ])
    return { test: 'fisher', statistic, df, p }
  }
  return { test: 'chi-square', statistic, df, p: chiSquareTail(statistic, df) }
}

/**
 * Puts together categories of which a window would expect too few cases, the rarest first; two categories stay as they
 * are, since they are tested exactly. Chosen by both windows together, which says nothing of how they differ.
 */
export const mergeSparse = (categories: readonly Category[]): readonly Category[] => {
  const n = totals(categories)
  // By frequency, ties by name: the same counts in any order give the same table.
  const rest = [...categories].sort(
    (a, b) => casesOf(a) - casesOf(b) || (a.category < b.category ? -1 : 1),
  )
  let others: Category | undefined
  while (rest.length + (others === undefined ? 0 : 1) > 2) {
    const [rarest] = rest as [Category, ...Category[]]
    const isSparse = leastExpected(rarest, n) < EXPECTED_MIN
    if (!isSparse && (others === undefined || leastExpected(others, n) >= EXPECTED_MIN)) break
    rest.shift()
    others = {
      category: OTHERS,
      reference: (others?.reference ?? 0) + rarest.reference,
      current: (others?.current ?? 0) + rarest.current,
    }
  }
  return [...rest.reverse(), ...(others === undefined ? [] : [others])]
}

const casesOf = ({ reference, current }: Category): number => reference + current

type Totals = ReturnType<typeof totals>

/** Cases that the smaller window would have if both were alike. */
const leastExpected = (cell: Category, n: Totals): number =>
  (casesOf(cell) * Math.min(n.reference, n.current)) / (n.reference + n.current)

const pearson = (cells: readonly Category[], n: Totals): number =>
  cells.reduce((sum, cell) => {
    const share = casesOf(cell) / (n.reference + n.current)
    const [before, after] = [share * n.reference, share * n.current]
    return sum + (cell.reference - before) ** 2 / before + (cell.current - after) ** 2 / after
  }, 0)
