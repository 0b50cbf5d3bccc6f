import { createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { canonicalJson, type JsonValue, type LedgerName } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { openValue, type SealedPlace, sealValue, tenantSecret } from './index.ts'

const KEY = { keyId: '019cae6b-6600-7000-8000-0000000000d0', key: Buffer.alloc(32, 5) }
const PLACE: SealedPlace = {
  ledger: 'acme/main' as LedgerName,
  eventId: '019cae6b-6600-7000-8000-000000000001',
  pointer: '/customer/name',
}
const seal = (value: JsonValue, place = PLACE) =>
  sealValue(KEY, place, { value, random: randomBytes })

/** A length of four bytes, big-endian, before each part. */
const prefixed = (...parts: readonly string[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(Buffer.byteLength(part))
      return [length, Buffer.from(part)]
    }),
  )

describe('a sealed value', () => {
  const VALUES: readonly JsonValue[] = [
    'Ada Lovelace',
    '',
    0,
    0.1,
    null,
    true,
    [],
    { b: [1, { c: 'é🦦\n' }], a: {} },
    'x'.repeat(50_000),
  ]
  for (const value of VALUES) {
    it(`opens as it was: ${JSON.stringify(value).slice(0, 30)}`, () => {
      expect(openValue(KEY.key, PLACE, seal(value))).toEqual(value)
    })
  }

  it('has the bytes of the format: nonce, AES-256-GCM, 32 bytes of salt before the canonical value', () => {
    const sealed = seal({ b: 1, a: 'Ada' })
    expect(sealed.nonce).toHaveLength(12)
    const decipher = createDecipheriv('aes-256-gcm', KEY.key, sealed.nonce)
    const place = prefixed(PLACE.ledger, PLACE.eventId, PLACE.pointer)
    decipher.setAAD(Buffer.concat([Buffer.from('writ/v1/seal\0'), place]))
    decipher.setAuthTag(sealed.ciphertext.subarray(-16))
    const plain = Buffer.concat([
      decipher.update(sealed.ciphertext.subarray(0, -16)),
      decipher.final(),
    ])
    expect(plain.subarray(32).toString()).toBe('{"a":"Ada","b":1}')
    const commitment = createHmac('sha256', plain.subarray(0, 32))
      .update(Buffer.concat([Buffer.from('writ/v1/commit\0'), prefixed(PLACE.pointer)]))
      .update(plain.subarray(32))
      .digest('hex')
    expect(sealed.commitment).toEqual({ c: commitment, k: KEY.keyId })
  })

  it('is never the same twice, nor is its commitment', () => {
    const [one, two] = [seal('Ada'), seal('Ada')]
    expect(one.commitment.c).not.toBe(two.commitment.c)
    expect(Buffer.from(one.nonce).equals(Buffer.from(two.nonce))).toBe(false)
    expect(Buffer.from(one.ciphertext).equals(Buffer.from(two.ciphertext))).toBe(false)
  })

  it('shows nothing of the value but its length', () => {
    const { ciphertext, commitment } = seal('Ada Lovelace')
    const all = Buffer.from(ciphertext).toString('latin1') + JSON.stringify(commitment)
    expect(all).not.toContain('Ada')
    expect(ciphertext).toHaveLength(32 + canonicalJson('Ada Lovelace').length + 16)
  })
})

describe('a sealed value does not open', () => {
  const elsewhere: Readonly<Record<string, Partial<SealedPlace>>> = {
    'in another ledger': { ledger: 'acme/mine' as LedgerName },
    'at another event': { eventId: '019cae6b-6600-7000-8000-000000000002' },
    'at another pointer': { pointer: '/customer/nam' },
    'where the same letters are cut elsewhere': {
      ledger: 'acme/main0' as LedgerName,
      eventId: PLACE.eventId.slice(1),
    },
  }
  for (const [where, place] of Object.entries(elsewhere)) {
    it(where, () => {
      const sealed = seal('Ada')
      expect(() => openValue(KEY.key, { ...PLACE, ...place }, sealed)).toThrow()
    })
  }

  it('under another key', () => {
    expect(() => openValue(Buffer.alloc(32, 6), PLACE, seal('Ada'))).toThrow()
  })

  it('with any one bit of it changed: text, tag or nonce', () => {
    const sealed = seal('Ada')
    for (const part of ['ciphertext', 'nonce'] as const) {
      for (let bit = 0; bit < sealed[part].length * 8; bit++) {
        const changed = Buffer.from(sealed[part])
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(() => openValue(KEY.key, PLACE, { ...sealed, [part]: changed })).toThrow()
      }
    }
  })

  it('when it is cut short, or shorter than its tag', () => {
    const sealed = seal('Ada')
    for (const length of [0, 1, 15, 16, 40, sealed.ciphertext.length - 1]) {
      const ciphertext = sealed.ciphertext.subarray(0, length)
      expect(() => openValue(KEY.key, PLACE, { ...sealed, ciphertext })).toThrow()
    }
  })

  it('against another commitment, although key and place are right', () => {
    const [ada, bo] = [seal('Ada'), seal('Bo')]
    const swapped = { ...ada, commitment: bo.commitment }
    expect(() => openValue(KEY.key, PLACE, swapped)).toThrow('commitment')
  })
})

describe('the secret of a tenant', () => {
  const secrets = { masterKey: Buffer.alloc(32, 1), serverSecret: Buffer.alloc(32, 2) }

  it('is its own for each tenant, purpose and installation, and always the same', () => {
    const of = (tenant: string, purpose: string, from = secrets) =>
      tenantSecret(from, tenant, purpose).toString('hex')
    const other = { ...secrets, serverSecret: Buffer.alloc(32, 3) }
    const all = [
      of('acme', 'a'),
      of('acme', 'b'),
      of('other', 'a'),
      of('acme', 'a', other),
      of('a', 'acme'),
      of('acme a', 'x'),
      of('acme', 'x a'),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(of('acme', 'a', { ...secrets, masterKey: Buffer.alloc(32, 9) })).toBe(all[0])
    expect(of('acme', 'a')).toBe(
      createHmac('sha256', secrets.serverSecret)
        .update(Buffer.concat([Buffer.from('writ/v1/tenant-secret\0'), prefixed('acme', 'a')]))
        .digest('hex'),
    )
  })

  it('is not taken from another pair whose names, put together, read the same', () => {
    const first = tenantSecret(secrets, 'c', 'a b').toString('hex')
    const second = tenantSecret(secrets, 'b c', 'a').toString('hex')
    expect(first).not.toBe(second)
  })
})
