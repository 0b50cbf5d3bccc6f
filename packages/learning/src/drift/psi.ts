/** One category with its count in both windows. */
export interface Category {
  readonly category: string
  readonly reference: number
  readonly current: number
}

/** An empty cell counts as half a case, so that a category that is new or gone weighs much and not infinitely. */
const EMPTY_CELL = 0.5

/**
 * The population stability index Σ (c − r)·ln(c / r) over the shares of each category: 0 for equal mixes, symmetric in
 * the windows. That under 0.1 is stable and over 0.25 is shifted are rules of thumb from credit scoring; without any
 * shift it is about (categories − 1)·(1/n₁ + 1/n₂), so it says nothing for a few dozen cases.
 * Source: Siddiqi, Credit Risk Scorecards, 2006; Yurdakul and Naranjo 2020 for its distribution.
 *
 * @returns 0 where a window is empty
 */
export const psi = (categories: readonly Category[]): number => {
  const n = totals(categories)
  if (n.reference === 0 || n.current === 0) return 0
  return categories
    .filter(({ reference, current }) => reference + current > 0)
    .reduce((sum, { reference, current }) => {
      const before = (reference || EMPTY_CELL) / n.reference
      const after = (current || EMPTY_CELL) / n.current
      return sum + (after - before) * Math.log(after / before)
    }, 0)
}

/** Cases in both windows. */
export const totals = (
  categories: readonly Category[],
): { readonly reference: number; readonly current: number } => ({
  reference: categories.reduce((sum, { reference }) => sum + reference, 0),
  current: categories.reduce((sum, { current }) => sum + current, 0),
})
