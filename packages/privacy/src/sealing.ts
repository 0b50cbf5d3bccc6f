import {
  canonicalJson,
  hmacSha256,
  type JsonValue,
  type LedgerName,
  labelledBytes,
  parseStrictJson,
} from '@writ/kernel'
import { decrypt, encrypt, NONCE_BYTES } from './secrets.ts'

/** Random bytes behind each commitment: without them nobody can guess the value, and they die with it. */
const SALT_BYTES = 32

export interface SubjectKey {
  readonly keyId: string
  readonly key: Uint8Array
}

/** Where a personal value belongs: sealed text moved to another place does not open. */
export interface SealedPlace {
  readonly ledger: LedgerName
  readonly eventId: string
  /** RFC 6901 pointer inside the event's data. */
  readonly pointer: string
}

export interface Sealed {
  /** What the entry holds instead of the value. */
  readonly commitment: { readonly c: string; readonly k: string }
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

/**
 * Seals one personal value under its subject's key. `random` fills 44 bytes: 32 of salt, 12 of nonce.
 * Source: DESIGN §4.4; the commitment is an HMAC since AES-GCM alone does not commit to its key.
 */
export const sealValue = (
  { keyId, key }: SubjectKey,
  place: SealedPlace,
  content: { readonly value: JsonValue; readonly random: (bytes: number) => Uint8Array },
): Sealed => {
  const salt = content.random(SALT_BYTES)
  const nonce = content.random(NONCE_BYTES)
  const text = Buffer.from(canonicalJson(content.value), 'utf8')
  const plain = Buffer.concat([salt, text])
  return {
    commitment: { c: commitmentOf(salt, place.pointer, text), k: keyId },
    nonce,
    ciphertext: encrypt(key, nonce, { plain, aad: aadOf(place) }),
  }
}

/** Opens a sealed value and holds it against its commitment. @throws where either does not fit */
export const openValue = (key: Uint8Array, place: SealedPlace, sealed: Sealed): JsonValue => {
  const plain = decrypt(key, sealed.nonce, { sealed: sealed.ciphertext, aad: aadOf(place) })
  if (!fitsCommitment(plain, place, sealed)) {
    throw new Error('a sealed value does not fit its commitment')
  }
  return parseStrictJson(plain.subarray(SALT_BYTES).toString('utf8'))
}

/** What `openValue` would find, without showing the value: it opens and fits, opens to another one, does not open. */
export const judgeValue = (
  key: Uint8Array,
  place: SealedPlace,
  sealed: Sealed,
): 'fits' | 'unfit' | 'unreadable' => {
  let plain: Buffer
  try {
    plain = decrypt(key, sealed.nonce, { sealed: sealed.ciphertext, aad: aadOf(place) })
  } catch {
    return 'unreadable'
  }
  return fitsCommitment(plain, place, sealed) ? 'fits' : 'unfit'
}

const fitsCommitment = (plain: Buffer, { pointer }: SealedPlace, { commitment }: Sealed): boolean =>
  commitmentOf(plain.subarray(0, SALT_BYTES), pointer, plain.subarray(SALT_BYTES)) === commitment.c

const aadOf = ({ ledger, eventId, pointer }: SealedPlace): Buffer =>
  labelledBytes('writ/v1/seal', [ledger, eventId, pointer])

const commitmentOf = (salt: Uint8Array, pointer: string, text: Uint8Array): string =>
  hmacSha256(salt, Buffer.concat([labelledBytes('writ/v1/commit', [pointer]), text])).toString(
    'hex',
  )
