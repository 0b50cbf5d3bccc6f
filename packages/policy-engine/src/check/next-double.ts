const view = new DataView(new ArrayBuffer(8))

/** The place of a double in the order of all finite doubles, so that neighbours differ by one. */
export const ordinalOf = (value: number): bigint => {
  view.setFloat64(0, value === 0 ? 0 : value)
  const bits = view.getBigInt64(0)
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits
}

export const doubleAt = (ordinal: bigint): number => {
  view.setBigInt64(0, ordinal < 0n ? -ordinal : ordinal)
  const size = view.getFloat64(0)
  return ordinal < 0n ? -size : size
}

/** The double next above (1) or below (-1): one unit in the last place. */
export const nextDouble = (value: number, direction: 1 | -1): number =>
  doubleAt(ordinalOf(value) + BigInt(direction))
