import { hash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { JsonValue } from './json-value.ts'

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex')

export const sha256 = (data: string | Uint8Array): Buffer => hash('sha256', data, 'buffer')

const BLOCK_BYTES = 64

/**
 * HMAC-SHA-256 (RFC 2104). Written over two one-shot hashes: `createHmac` wraps its key anew on each call, which cost
 * four times as much as the hashing (measured, Node 24). A test holds it against `createHmac`.
 */
export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Buffer => {
  const pads = padsOf(key)
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + data.length)
  inner.set(pads.inner)
  inner.set(data, BLOCK_BYTES)
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + 32)
  outer.set(pads.outer)
  outer.set(sha256(inner), BLOCK_BYTES)
  return sha256(outer)
}

/**
 * A key's two blocks. Secrets of a tenant come as the same object each time, so they are made once; the bytes of a key
 * must therefore not change once it was used.
 */
const padsOf = (key: Uint8Array): Pads => {
  const known = padsByKey.get(key)
  if (known !== undefined) return known
  const block = key.length > BLOCK_BYTES ? sha256(key) : key
  const pads = { inner: Buffer.alloc(BLOCK_BYTES, 0x36), outer: Buffer.alloc(BLOCK_BYTES, 0x5c) }
  for (let i = 0; i < block.length; i++) {
    pads.inner[i] = 0x36 ^ (block[i] as number)
    pads.outer[i] = 0x5c ^ (block[i] as number)
  }
  padsByKey.set(key, pads)
  return pads
}

interface Pads {
  readonly inner: Buffer
  readonly outer: Buffer
}
const padsByKey = new WeakMap<Uint8Array, Pads>()

/** `sha256:<hex>` over the RFC 8785 bytes: the identity of a document. */
export const documentDigest = (value: JsonValue): string =>
  `sha256:${sha256Hex(canonicalJson(value))}`

/**
 * The bytes that every hash of our own is taken over: label ‖ 0x00 ‖ each part behind its length as 4 bytes big-endian.
 * Bare concatenation would let `("ab","c")` pass for `("a","bc")`. Source: DESIGN §4.2, §4.4.
 */
export const labelledBytes = (label: string, parts: readonly (string | Uint8Array)[]): Buffer => {
  const pieces: Uint8Array[] = [Buffer.from(label, 'utf8'), Buffer.of(0)]
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    pieces.push(length, bytes)
  }
  return Buffer.concat(pieces)
}
