import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fisherExact } from './fisher.ts'
import { holm } from './holm.ts'
import { homogeneity, mergeSparse, OTHERS } from './homogeneity.ts'
import { type Category, psi, totals } from './psi.ts'

const table = (reference: readonly number[], current: readonly number[]): readonly Category[] =>
  reference.map((each, i) => ({
    category: `c${i}`,
    reference: each,
    current: current[i] as number,
  }))

const choose = (n: number, k: number): bigint => {
  let value = 1n
  for (let i = 1; i <= k; i++) value = (value * BigInt(n - k + i)) / BigInt(i)
  return value
}

/** Every current window with these margins, with the number of ways it comes about, in whole numbers. */
const windows = (columns: readonly number[], cases: number): readonly [number[], bigint][] => {
  const [first, ...rest] = columns
  if (first === undefined) return cases === 0 ? [[[], 1n]] : []
  return Array.from({ length: Math.min(first, cases) + 1 }, (_, k) =>
    windows(rest, cases - k).map(([inner, ways]): [number[], bigint] => [
      [k, ...inner],
      ways * choose(first, k),
    ]),
  ).flat()
}

/** The share of those that `isExtreme` names: exact, whatever the table. */
const enumerated = (
  cells: readonly Category[],
  isExtreme: (window: readonly number[], ways: bigint) => boolean,
): number => {
  const columns = cells.map(({ reference, current }) => reference + current)
  const all = windows(columns, totals(cells).current)
  const extreme = all.filter(([window, ways]) => isExtreme(window, ways))
  const sum = (list: readonly [number[], bigint][]): bigint =>
    list.reduce((total, [, ways]) => total + ways, 0n)
  return Number((sum(extreme) * 10n ** 15n) / sum(all)) / 1e15
}

describe('Fisher’s exact test', () => {
  it('finds in the tasting of tea what Fisher found', () => {
    expect(
      fisherExact([
        [3, 1],
        [1, 3],
      ]),
    ).toBeCloseTo(34 / 70, 12)
    expect(
      fisherExact([
        [4, 0],
        [0, 4],
      ]),
    ).toBeCloseTo(2 / 70, 12)
  })

  it('counts what an enumeration in whole numbers counts', () => {
    const small = fc.integer({ min: 0, max: 14 })
    fc.assert(
      fc.property(small, small, small, small, (a, b, c, d) => {
        fc.pre(a + b > 0 && c + d > 0)
        const cells = table([a, b], [c, d])
        const waysSeen = choose(a + c, c) * choose(b + d, d)
        const exact = enumerated(cells, (_, ways) => ways <= waysSeen)
        expect(
          fisherExact([
            [a, b],
            [c, d],
          ]),
        ).toBeCloseTo(exact, 9)
      }),
    )
  })

  it('takes windows of a hundred thousand', () => {
    expect(
      fisherExact([
        [3, 99_997],
        [30, 99_970],
      ]),
    ).toBeLessThan(1e-5)
    expect(
      fisherExact([
        [3, 99_997],
        [4, 99_996],
      ]),
    ).toBeCloseTo(1, 6)
  })
})

describe('the test of homogeneity', () => {
  it('comes near the exact chance of tables as unlike, where every cell expects five or more', () => {
    for (const [reference, current] of [
      [
        [10, 12, 8],
        [14, 9, 7],
      ],
      [
        [20, 9, 11],
        [9, 14, 17],
      ],
      [
        [15, 15, 10],
        [7, 9, 24],
      ],
      [
        [8, 8, 8, 8],
        [12, 9, 5, 6],
      ],
    ] as const) {
      const cells = table(reference, current)
      const { test, statistic, p } = homogeneity(cells)
      expect(test).toBe('chi-square')
      const of = (window: readonly number[]) =>
        homogeneity(
          cells.map((cell, i) => ({
            ...cell,
            reference: cell.reference + cell.current - (window[i] as number),
            current: window[i] as number,
          })),
        ).statistic
      const exact = enumerated(cells, (window) => of(window) >= statistic - 1e-9)
      expect(Math.abs(p - exact)).toBeLessThan(0.02)
    }
  })

  it('gives Pearson’s statistic of a textbook table', () => {
    // Agresti, Categorical Data Analysis, 2002, table 3.11: gender and party, X² = 7.01 with 2 degrees.
    const { statistic, df, p } = homogeneity(table([279, 73, 225], [165, 47, 191]))
    expect([statistic.toFixed(2), df, p.toFixed(3)]).toEqual(['7.01', 2, '0.030'])
  })

  it('says nothing of one category, of empty windows and of equal ones', () => {
    expect(homogeneity(table([5], [9])).test).toBe('none')
    expect(homogeneity(table([5, 0], [9, 0])).p).toBe(1)
    expect(homogeneity(table([5, 6], [0, 0])).p).toBe(1)
    expect(homogeneity(table([500, 300, 200], [50, 30, 20])).p).toBe(1)
  })

  it('is exact for two categories of which one is rare', () => {
    expect(homogeneity(table([995, 5], [990, 10])).test).toBe('fisher')
    expect(homogeneity(table([900, 100], [890, 110])).test).toBe('chi-square')
  })
})

describe('sparse categories', () => {
  it('are put together until every cell expects five', () => {
    const merged = mergeSparse(table([500, 400, 3, 2, 2, 1], [480, 415, 0, 2, 0, 8]))
    expect(merged.map(({ category }) => category)).toEqual(['c0', 'c1', OTHERS])
    expect(totals(merged)).toEqual({ reference: 908, current: 905 })
  })

  it('take one more with them where together they are still sparse', () => {
    const merged = mergeSparse(table([500, 300, 100, 1], [500, 300, 100, 1]))
    expect(merged.map(({ category }) => category)).toEqual(['c0', 'c1', OTHERS])
    expect(merged[2]).toMatchObject({ reference: 101, current: 101 })
  })

  it('stay where there are two, and no case is lost whatever the counts', () => {
    expect(mergeSparse(table([997, 3], [999, 1]))).toHaveLength(2)
    const counts = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(counts, (pairs) => {
        const cells = table(
          pairs.map(([before]) => before),
          pairs.map(([, after]) => after),
        )
        const merged = mergeSparse(cells)
        expect(totals(merged)).toEqual(totals(cells))
        expect(mergeSparse([...cells].reverse())).toEqual(merged)
      }),
    )
  })
})

describe('the population stability index', () => {
  it.each([
    [[200, 300, 300, 200], [250, 250, 300, 200], 0.0202732554],
    [[10, 20, 30, 40], [40, 30, 20, 10], 0.9128696383],
    [[16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8], 0.0372183816],
    [[285, 830, 430, 312, 295, 241], [285, 830, 430, 312, 295, 241], 0],
  ])('of %j and %j is %d', (reference, current, value) => {
    expect(psi(table(reference, current))).toBeCloseTo(value, 9)
  })

  it('is symmetric, never negative, and finite where a category is new or gone', () => {
    const counts = fc.array(fc.nat(500), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(counts, counts, (reference, current) => {
        const there = psi(table(reference, current))
        expect(there).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(there)).toBe(true)
        expect(psi(table(current, reference))).toBeCloseTo(there, 9)
      }),
    )
    expect(psi(table([1000, 0], [900, 100]))).toBeGreaterThan(0.1)
  })
})

describe('Holm’s adjustment', () => {
  it('is the one of his example, keeps the order, and never passes 1', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02])
    expect(holm([0.9, 0.8])).toEqual([1, 1])
    expect(holm([])).toEqual([])
  })

  it('calls none where one alone would not be called among so many', () => {
    expect(holm([0.004, 0.5, 0.5, 0.5, 0.5])[0]).toBeCloseTo(0.02, 12)
  })
})
