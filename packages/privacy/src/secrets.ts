import { createCipheriv, createDecipheriv } from 'node:crypto'
import { hmacSha256, labelledBytes } from '@writ/kernel'

/**
 * The two secrets of an installation. `masterKey` (32 bytes) wraps subject keys and can be rotated; `serverSecret`
 * (32 bytes) keys every fingerprint and issued id and is for ever: with another one, redelivered events would get new
 * ids. They come from files or the environment, never from the database they protect.
 */
export interface Secrets {
  readonly masterKey: Uint8Array
  readonly serverSecret: Uint8Array
}

/** A key for one tenant and purpose; derived once and kept, since every request asks for two or three. */
export const tenantSecret = (secrets: Secrets, tenant: string, purpose: string): Buffer => {
  const known = derived.get(secrets) ?? new Map<string, Buffer>()
  derived.set(secrets, known)
  const name = `${purpose}\0${tenant}`
  const found = known.get(name)
  if (found !== undefined) return found
  const secret = hmacSha256(
    secrets.serverSecret,
    labelledBytes('writ/v1/tenant-secret', [tenant, purpose]),
  )
  known.set(name, secret)
  return secret
}

/** Held by the secrets object itself: it goes when they go. Tenants come from credentials, so there are few. */
const derived = new WeakMap<Secrets, Map<string, Buffer>>()

export const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM; the tag stands behind the ciphertext. NIST SP 800-38D. */
export const encrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  message: { readonly plain: Uint8Array; readonly aad: Uint8Array },
): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(message.aad)
  return Buffer.concat([cipher.update(message.plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws where key, nonce, text or aad is not what it was sealed with */
export const decrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  message: { readonly sealed: Uint8Array; readonly aad: Uint8Array },
): Buffer => {
  const split = message.sealed.length - TAG_BYTES
  if (split < 0) throw new Error('a sealed text is shorter than its tag')
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(message.aad)
  decipher.setAuthTag(message.sealed.subarray(split))
  return Buffer.concat([decipher.update(message.sealed.subarray(0, split)), decipher.final()])
}

/** A message with its nonce in front: for texts that have no column for it. */
export const wrap = (
  key: Uint8Array,
  nonce: Uint8Array,
  message: { readonly plain: Uint8Array; readonly aad: Uint8Array },
): Buffer => Buffer.concat([nonce, encrypt(key, nonce, message)])

export const unwrap = (key: Uint8Array, wrapped: Uint8Array, aad: Uint8Array): Buffer =>
  decrypt(key, wrapped.subarray(0, NONCE_BYTES), { sealed: wrapped.subarray(NONCE_BYTES), aad })
