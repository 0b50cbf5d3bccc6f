/** The 97.5th percentile of the normal distribution: 95 % lie between its two ends. */
const Z = 1.959963984540054

/**
 * The Wilson score interval at 95 % for `hits` of `n`: unlike the usual one it stays inside 0 to 1 and says something
 * of small n and of all or none. Both ends 0 to 1, six decimals; 0 to 1 where n is 0. Source: Wilson 1927.
 */
export const wilsonInterval = (
  hits: number,
  n: number,
): { readonly low: number; readonly high: number } => {
  if (n === 0) return { low: 0, high: 1 }
  const share = hits / n
  const squared = Z * Z
  const middle = share + squared / (2 * n)
  const half = Z * Math.sqrt((share * (1 - share)) / n + squared / (4 * n * n))
  const scale = 1 + squared / n
  return {
    low: sixDecimals(Math.max(0, (middle - half) / scale)),
    high: sixDecimals(Math.min(1, (middle + half) / scale)),
  }
}

export const sixDecimals = (value: number): number => Math.round(value * 1e6) / 1e6
