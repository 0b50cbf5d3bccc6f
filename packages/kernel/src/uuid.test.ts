import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { externalEventId, isUuid, isUuidV7, msOfUuidV7, uuidV7 } from './index.ts'

const NOON = Date.parse('2026-03-02T12:00:00.000Z')
const MS_MAX = 2 ** 48 - 1

describe('a version 7 UUID', () => {
  it('is the one of RFC 9562, appendix A.6', () => {
    // rand_a = 0xcc3, rand_b = 0x18c4dc0c0c07398f; version and variant bits are written over.
    const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex')
    expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('tells its milliseconds again, and sorts by them', () => {
    const ms = fc.nat({ max: MS_MAX })
    const random = fc.uint8Array({ minLength: 10, maxLength: 10 })
    fc.assert(
      fc.property(ms, ms, random, random, (a, b, noiseA, noiseB) => {
        const [first, second] = [uuidV7(a, noiseA), uuidV7(b, noiseB)]
        expect(isUuidV7(first)).toBe(true)
        expect(isUuid(first)).toBe(true)
        expect(msOfUuidV7(first)).toBe(a)
        if (a !== b) expect(first < second).toBe(a < b)
      }),
    )
  })

  it('keeps times out of range at the ends of the range', () => {
    const random = Buffer.alloc(10)
    expect(msOfUuidV7(uuidV7(-1, random))).toBe(0)
    expect(msOfUuidV7(uuidV7(2 ** 60, random))).toBe(MS_MAX)
    expect(msOfUuidV7(uuidV7(1.9, random))).toBe(1)
  })

  const NONE: Readonly<Record<string, string>> = {
    'capital letters': '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
    'version 4': '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
    'another variant': '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f',
    braces: '{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}',
    'no hyphens': '017f22e279b07cc398c4dc0c0c07398f',
    'one digit less': '017f22e2-79b0-7cc3-98c4-dc0c0c07398',
    'a line behind it': '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
    nothing: '',
  }
  for (const [what, text] of Object.entries(NONE)) {
    it(`is not ${what}`, () => {
      expect(isUuidV7(text)).toBe(false)
    })
  }

  it('of another version is still a UUID; the nil and the max UUID are none of ours', () => {
    expect(isUuid('017f22e2-79b0-4cc3-98c4-dc0c0c07398f')).toBe(true)
    expect(isUuid('00000000-0000-0000-0000-000000000000')).toBe(false)
    expect(isUuid('ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe(false)
  })
})

describe('the id of an event that its producer names', () => {
  const SECRET = Buffer.alloc(32, 7)
  const idOf = (source: string, id: string, ms = NOON, secret: Uint8Array = SECRET) =>
    externalEventId(secret, { source, id, ms })

  it('is the same for ever', () => {
    // Computed once with Python's hmac, from the format alone.
    expect(idOf('https://shop.example/orders', 'order-1')).toBe(
      '019cae6b-6600-7517-a7ba-27841fec5e27',
    )
  })

  it('is a version 7 UUID of the producer’s own time', () => {
    const id = idOf('shop', '1')
    expect(isUuidV7(id)).toBe(true)
    expect(msOfUuidV7(id)).toBe(NOON)
  })

  it('is another for another source, id, time or secret', () => {
    const ids = [
      idOf('shop', '1'),
      idOf('shop', '2'),
      idOf('shop2', '1'),
      idOf('sho', 'p1'),
      idOf('', 'shop1'),
      idOf('shop1', ''),
      idOf('shop', '1', NOON + 1),
      idOf('shop', '1', NOON, Buffer.alloc(32, 8)),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('does not collide over many pairs', () => {
    const ids = new Set<string>()
    for (let i = 0; i < 5_000; i++) ids.add(idOf(`source-${i % 7}`, `${i}`))
    expect(ids.size).toBe(5_000)
  })
})
