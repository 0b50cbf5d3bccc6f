import { describe, expect, it } from 'vitest'
import { isEnvironment, parseToken, secretHash, tokenText } from './token.ts'

const TOKEN = { environment: 'test', keyId: 'ab'.repeat(12), secret: `${'A_-z'.repeat(10)}xyz` }
const PEPPER = Buffer.alloc(32, 7)

describe('token', () => {
  it('survives writing and reading, whatever base64url puts into the secret', () => {
    expect(parseToken(tokenText(TOKEN))).toEqual(TOKEN)
  })

  it.each([
    '',
    'writ',
    'writ_test',
    tokenText({ ...TOKEN, environment: 'Test' }),
    tokenText({ ...TOKEN, environment: '' }),
    tokenText({ ...TOKEN, keyId: 'AB'.repeat(12) }),
    tokenText({ ...TOKEN, keyId: 'ab'.repeat(11) }),
    tokenText({ ...TOKEN, secret: `${TOKEN.secret}=` }),
    tokenText({ ...TOKEN, secret: TOKEN.secret.slice(1) }),
    `${tokenText(TOKEN)}\n`,
    ` ${tokenText(TOKEN)}`,
    tokenText(TOKEN).replace('writ_', 'WRIT_'),
    "' or 1=1 --",
  ])('is not read from %j', (text) => {
    expect(parseToken(text)).toBeUndefined()
  })

  it('takes an environment of one to sixteen small letters and digits', () => {
    expect(['dev', 'p', 'a'.repeat(16), 'eu1'].every(isEnvironment)).toBe(true)
    expect(['', 'a'.repeat(17), 'Prod', 'a_b', 'a-b'].some(isEnvironment)).toBe(false)
  })
})

describe('hash of a secret', () => {
  it('has 32 bytes and is the same each time', () => {
    expect(secretHash(PEPPER, TOKEN)).toHaveLength(32)
    expect(secretHash(PEPPER, TOKEN)).toEqual(secretHash(PEPPER, { ...TOKEN }))
  })

  it.each([
    ['environment', { ...TOKEN, environment: 'prod' }],
    ['key id', { ...TOKEN, keyId: 'cd'.repeat(12) }],
    ['secret', { ...TOKEN, secret: `B${TOKEN.secret.slice(1)}` }],
  ])('changes with the %s', (_part, other) => {
    expect(secretHash(PEPPER, other)).not.toEqual(secretHash(PEPPER, TOKEN))
  })

  it('changes with the pepper', () => {
    expect(secretHash(Buffer.alloc(32, 8), TOKEN)).not.toEqual(secretHash(PEPPER, TOKEN))
  })
})
