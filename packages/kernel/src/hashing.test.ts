import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { documentDigest, hmacSha256, labelledBytes, sha256Hex } from './index.ts'

it('is the HMAC that node:crypto computes, for keys shorter and longer than a block', () => {
  for (const keyBytes of [0, 1, 31, 32, 63, 64, 65, 200]) {
    for (const dataBytes of [0, 1, 55, 64, 1000]) {
      const key = Buffer.alloc(keyBytes, 7)
      const data = Buffer.alloc(dataBytes, 9)
      const expected = createHmac('sha256', key).update(data).digest('hex')
      expect(hmacSha256(key, data).toString('hex')).toBe(expected)
    }
  }
})

it('keeps the parts of a hash apart', () => {
  const one = labelledBytes('writ/v1/test', ['ab', 'c'])
  const other = labelledBytes('writ/v1/test', ['a', 'bc'])
  expect(one.equals(other)).toBe(false)
  expect(one.toString('hex')).toBe(
    `${Buffer.from('writ/v1/test').toString('hex')}00${'00000002'}6162${'00000001'}63`,
  )
})

it('names a document by its content, not by the order of its keys', () => {
  expect(documentDigest({ b: 1, a: 2 })).toBe(documentDigest({ a: 2, b: 1 }))
  expect(documentDigest({})).toBe(`sha256:${sha256Hex('{}')}`)
})
