import { describe, expect, it } from 'vitest'
import { BELIEVED_MS, REMEMBERED_MAX, verifiedTokens } from './verified-tokens.ts'

const NOON = Date.parse('2026-03-01T12:00:00Z')
const ADA = { keyId: 'k1', holder: 'ada', readAt: NOON, expiresAt: undefined }

describe('verified tokens', () => {
  it('are believed for one second from the moment the database was asked', () => {
    const tokens = verifiedTokens<string>()
    tokens.remember('d1', ADA)
    expect(tokens.find('d1', NOON)).toBe('ada')
    expect(tokens.find('d1', NOON + BELIEVED_MS - 1)).toBe('ada')
    expect(tokens.find('d1', NOON + BELIEVED_MS)).toBeUndefined()
  })

  it('are never believed past the expiry of the key', () => {
    const tokens = verifiedTokens<string>()
    tokens.remember('d1', { ...ADA, expiresAt: NOON + 10 })
    expect(tokens.find('d1', NOON + 9)).toBe('ada')
    expect(tokens.find('d1', NOON + 10)).toBeUndefined()
  })

  it('are not believed when the clock steps back', () => {
    const tokens = verifiedTokens<string>()
    tokens.remember('d1', ADA)
    expect(tokens.find('d1', NOON - 1)).toBeUndefined()
  })

  it('forget every token of a revoked key and no other', () => {
    const tokens = verifiedTokens<string>()
    tokens.remember('d1', ADA)
    tokens.remember('d2', { ...ADA, keyId: 'k2', holder: 'bo' })
    tokens.forget('k1')
    expect(tokens.find('d1', NOON)).toBeUndefined()
    expect(tokens.find('d2', NOON)).toBe('bo')
  })

  it('hold a bounded number, the oldest go first', () => {
    const tokens = verifiedTokens<number>()
    for (let i = 0; i <= REMEMBERED_MAX; i++) tokens.remember(`d${i}`, { ...ADA, holder: i })
    expect(tokens.find('d0', NOON)).toBeUndefined()
    expect(tokens.find('d1', NOON)).toBe(1)
    expect(tokens.find(`d${REMEMBERED_MAX}`, NOON)).toBe(REMEMBERED_MAX)
  })
})
