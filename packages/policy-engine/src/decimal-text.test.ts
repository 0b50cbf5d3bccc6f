import { describe, expect, it } from 'vitest'
import { keepsItsDigits } from './decimal-text.ts'

describe('a decimal text is kept when the nearest double means the same number', () => {
  it.each([
    '1.0',
    '0.10',
    '1e3',
    '-0',
    '0.0',
    '.5',
    '5.',
    '+1',
    '1E-7',
    '123456789.125',
    '0x1F',
    '0o17',
  ])('%s is kept', (text) => expect(keepsItsDigits(text, Number(text))).toBe(true))
  it.each(['0.1000000000000000055', '1.00000000000000000001', '123456789012345678.5', '1e-400'])(
    '%s is lost',
    (text) => expect(keepsItsDigits(text, Number(text))).toBe(false),
  )
})
