/** `1234.50e-2` → significant digits and the place of the decimal point; sign and zeros that mean nothing dropped. */
const DECIMAL = /^[+-]?([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/

/**
 * Whether a number's text means exactly what its shortest form means. `0.10` does; `0.1000000000000000055` does not:
 * its author wrote a value that no double holds, and the digest would hide the difference. Text in hexadecimal or
 * octal is an integer and safe when the integer is.
 */
export const keepsItsDigits = (source: string, value: number): boolean => {
  const written = normalForm(source)
  return written === null || written === normalForm(String(value))
}

const normalForm = (text: string): string | null => {
  const match = DECIMAL.exec(text)
  if (!match) return null
  const [, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${significant}e${power}`
}
