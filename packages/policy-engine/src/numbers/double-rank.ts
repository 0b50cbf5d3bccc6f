/**
 * Doubles by rank: neighbours in value are neighbours in rank, so a search by halves crosses the whole range in 64
 * steps, and "the next double" is rank + 1. Both zeros have rank 0.
 */
const bits = new DataView(new ArrayBuffer(8))

export const rankOf = (value: number): bigint => {
  bits.setFloat64(0, value)
  const raw = bits.getBigInt64(0)
  return raw < 0n ? -(raw & 0x7fffffffffffffffn) : raw
}

export const ofRank = (rank: bigint): number => {
  bits.setBigInt64(0, rank < 0n ? -rank : rank)
  const size = bits.getFloat64(0)
  // −0 does not survive JSON text.
  return rank < 0n ? -size : size
}

/** The double just above (`steps` 1) or below (−1). */
export const neighbour = (value: number, steps: 1 | -1): number =>
  ofRank(rankOf(value) + BigInt(steps))
