import { describe, expect, it } from 'vitest'
import { ADA_KEY, testServer } from '../testing/test-server.ts'
import { ADDRESSES_MAX, WRONG_KEYS_PER_MINUTE, wrongKeys } from './wrong-keys.ts'

const NOON = Date.parse('2026-03-01T12:00:00Z')

const clockAt = (ms: number) => ({
  ms,
  now() {
    return this.ms
  },
})

const countTimes = (limit: ReturnType<typeof wrongKeys>, address: string, times: number) => {
  let last: number | undefined
  for (let i = 0; i < times; i++) last = limit.count(address)
  return last
}

describe('wrong keys of one address', () => {
  it('pass below the limit and wait from the limit on, until the minute is over', () => {
    const clock = clockAt(NOON)
    const limit = wrongKeys(clock)
    expect(countTimes(limit, 'a', WRONG_KEYS_PER_MINUTE - 1)).toBeUndefined()
    expect(limit.count('a')).toBe(60)
    clock.ms += 59_500
    expect(limit.count('a')).toBe(1)
    clock.ms += 500
    expect(limit.count('a')).toBeUndefined()
  })

  it('do not count against another address', () => {
    const limit = wrongKeys(clockAt(NOON))
    countTimes(limit, 'a', WRONG_KEYS_PER_MINUTE)
    expect(limit.count('b')).toBeUndefined()
  })

  it('are remembered for a bounded number of addresses, the oldest is forgiven first', () => {
    const limit = wrongKeys(clockAt(NOON))
    countTimes(limit, 'first', WRONG_KEYS_PER_MINUTE)
    for (let i = 0; i < ADDRESSES_MAX; i++) limit.count(`a${i}`)
    expect(limit.count('first')).toBeUndefined()
  })
})

describe('200 wrong keys in a minute', () => {
  it('get 429 with Retry-After, while a valid key behind the same address still works (AS-023)', async () => {
    const { api } = await testServer({ clock: clockAt(NOON) })
    const ask = (token: string, remoteAddress = '10.0.0.1') =>
      api.inject({ url: '/controls', remoteAddress, headers: { authorization: `Bearer ${token}` } })
    for (let i = 1; i < WRONG_KEYS_PER_MINUTE; i++) {
      expect((await ask(`wrong-${i}`)).statusCode).toBe(401)
    }
    const refused = await ask('wrong')
    expect(refused.statusCode).toBe(429)
    expect(refused.headers['retry-after']).toBe('60')
    expect(refused.json().code).toBe('too-many-attempts')
    expect((await ask(ADA_KEY)).statusCode).toBe(200)
    expect((await ask('wrong', '10.0.0.2')).statusCode).toBe(401)
    await api.close()
  })
})
