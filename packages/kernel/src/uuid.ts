import { hmacSha256, labelledBytes } from './hashing.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const MS_MAX = 2 ** 48 - 1

/** Lower-case RFC 9562 text of any version. */
export const isUuid = (text: string): boolean => UUID.test(text)
export const isUuidV7 = (text: string): boolean => UUID_V7.test(text)

/** Writes 48 bits of milliseconds and 74 bits of `random` (10 bytes are read) as a version 7 UUID. RFC 9562 §5.7. */
export const uuidV7 = (ms: number, random: Uint8Array): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(Math.min(Math.max(0, Math.trunc(ms)), MS_MAX), 0, 6)
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Milliseconds inside a version 7 UUID. */
export const msOfUuidV7 = (uuid: string): number =>
  Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)

/**
 * The id of an event that its producer names by (source, id): the same pair and time give the same id for ever, so a
 * redelivery next year still doubles nothing; without the tenant's secret nobody can guess it. Source: DESIGN §4.2.
 */
export const externalEventId = (
  secret: Uint8Array,
  producer: { readonly source: string; readonly id: string; readonly ms: number },
): string =>
  uuidV7(
    producer.ms,
    hmacSha256(secret, labelledBytes('writ/v1/ext-id', [producer.source, producer.id])),
  )
