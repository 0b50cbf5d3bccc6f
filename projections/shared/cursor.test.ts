import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { cursorAfter, positionOf } from './cursor.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64url')

describe('a cursor', () => {
  it.each([1, 42, Number.MAX_SAFE_INTEGER])('brings back position %i', (position) =>
    expect(positionOf('decisions', cursorAfter('decisions', position))).toBe(position),
  )

  it.each([
    ['nothing', ''],
    ['another list', cursorAfter('outcomes', 42)],
    ['no JSON', encoded('decisions 42')],
    ['a fraction', encoded('["decisions",4.5]')],
    ['zero', encoded('["decisions",0]')],
    ['a number as text', encoded('["decisions","42"]')],
    ['more than it says', encoded('["decisions",42,1]')],
    ['white space', encoded('["decisions", 42]')],
    ['a number in another form', encoded('["decisions",4.2e1]')],
    ['an object', encoded('{"1":42}')],
    ['padding', `${cursorAfter('decisions', 42)}==`],
    ['a bare position', '42'],
    ['too much', 'A'.repeat(300)],
  ])('of %s is refused', (_, cursor) => {
    const found = positionOf('decisions', cursor)
    expect(found).toBeInstanceOf(Problem)
    expect((found as Problem).code).toBe('cursor-invalid')
  })
})
