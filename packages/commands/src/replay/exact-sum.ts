/**
 * A sum of numbers by their decimal texts, without rounding: 0.1 and 0.2 are 0.3, in whatever order they come, so that
 * pages judged side by side give the same digest as one after the other. Plain data: it travels between threads.
 */
export interface ExactSum {
  /** Whole numbers while they are safe: adding them as numbers is exact and costs nothing. */
  safe: number
  /** The rest, in units of 10^-scale. */
  units: bigint
  scale: number
}

export const noSum = (): ExactSum => ({ safe: 0, units: 0n, scale: 0 })

/** @param value a JSON number: finite */
export const addNumber = (sum: ExactSum, value: number): void => {
  const next = sum.safe + value
  if (Number.isSafeInteger(value) && Number.isSafeInteger(next)) sum.safe = next
  else addDecimal(sum, ...decimalOf(value))
}

export const addSum = (into: ExactSum, from: ExactSum): void => {
  addDecimal(into, from.units, from.scale)
  addNumber(into, from.safe)
}

/** The sum as decimal text, without exponent or trailing zeros: `1234.5`. */
export const sumText = ({ safe, units, scale }: ExactSum): string => {
  const all = units + BigInt(safe) * 10n ** BigInt(scale)
  const digits = String(all < 0n ? -all : all).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  return `${all < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

const addDecimal = (sum: ExactSum, units: bigint, scale: number): void => {
  if (scale > sum.scale) {
    sum.units *= 10n ** BigInt(scale - sum.scale)
    sum.scale = scale
  }
  sum.units += units * 10n ** BigInt(sum.scale - scale)
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/

/** The shortest decimal text of a number, which is the one that RFC 8785 stores, as units and scale. */
const decimalOf = (value: number): readonly [bigint, number] => {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(String(value)) ?? []
  if (whole === undefined) throw new Error(`${value} has no decimal text to add`)
  const units = BigInt(`${sign}${whole}${fraction}`)
  const scale = fraction.length - Number(exponent)
  return scale >= 0 ? [units, scale] : [units * 10n ** BigInt(-scale), 0]
}
