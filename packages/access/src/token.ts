import { hmacSha256, labelledBytes } from '@writ/kernel'

/** Random bytes of a secret. Unit: bytes. 256 bits: no guessing at any rate, so no slow hash is needed. */
export const SECRET_BYTES = 32

/** Random bytes of a key's id. Unit: bytes. The id is public; it only must not collide. */
export const KEY_ID_BYTES = 12

const TOKEN = /^writ_([a-z0-9]{1,16})_([0-9a-f]{24})_([A-Za-z0-9_-]{43})$/
const ENVIRONMENT = /^[a-z0-9]{1,16}$/

/** `writ_<environment>_<key id>_<secret>`: the prefix lets secret scanners find a leaked key, the id lets us find its
 *  row without the secret. */
export interface Token {
  readonly environment: string
  readonly keyId: string
  readonly secret: string
}

export const isEnvironment = (text: string): boolean => ENVIRONMENT.test(text)

/** The parts of a token; undefined for any other text. */
export const parseToken = (text: string): Token | undefined => {
  const match = TOKEN.exec(text)
  if (match === null) return undefined
  const [, environment = '', keyId = '', secret = ''] = match
  return { environment, keyId, secret }
}

export const tokenText = ({ environment, keyId, secret }: Token): string =>
  `writ_${environment}_${keyId}_${secret}`

/** What is stored of a token: HMAC-SHA-256 under the server's pepper, over all its parts, so that a hash copied to
 *  another row or environment matches nothing. */
export const secretHash = (pepper: Uint8Array, { environment, keyId, secret }: Token): Buffer =>
  hmacSha256(pepper, labelledBytes('writ/v1/api-key', [environment, keyId, secret]))
