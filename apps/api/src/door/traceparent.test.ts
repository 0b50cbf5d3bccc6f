import { describe, expect, it } from 'vitest'
import { validTraceparent } from './traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const VALID = `00-${TRACE}-${PARENT}-01`

describe('traceparent', () => {
  it('passes on as it came', () => {
    expect(validTraceparent(VALID)).toBe(VALID)
  })

  it('of a higher version is read by the rules of version 00', () => {
    expect(validTraceparent(`cc-${TRACE}-${PARENT}-01-what-the-future-brings`)).toBe(VALID)
  })

  it.each([
    undefined,
    '',
    ['a'],
    VALID.toUpperCase(),
    `${VALID}-more`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}`,
    `cc-${TRACE}-${PARENT}-01-${'x'.repeat(300)}`,
  ])('is ignored when it reads %j', (sent) => {
    expect(validTraceparent(sent)).toBeUndefined()
  })
})
