/**
 * p-values adjusted for being asked together, in the order given: calling those at or below α different is wrong about
 * any of them in at most α of all families, however they depend on one another. Source: Holm 1979.
 */
export const holm = (ps: readonly number[]): readonly number[] => {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] as number) - (ps[b] as number))
  const adjusted = new Array<number>(ps.length)
  let least = 0
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (ps.length - rank) * (ps[i] as number)))
    adjusted[i] = least
  }
  return adjusted
}
