import type { IncomingHttpHeaders } from 'node:http'
import type { Problem } from '@writ/kernel'
import type { Place } from './bad-places.ts'
import { requestInvalid } from './validation.ts'

const PREFIX = 'ce-'
/** Attributes that are integers in the contract but text in a header. */
const INTEGERS: ReadonlySet<string> = new Set(['schemaversion', 'expectedrevision'])

/** A request is a binary-mode CloudEvent when it carries any of its attributes: a forgotten one is a clear refusal. */
export const isBinaryMode = (headers: IncomingHttpHeaders): boolean => {
  for (const header in headers) if (header.startsWith(PREFIX)) return true
  return false
}

/** The attributes of a binary-mode CloudEvent. Source: CloudEvents HTTP binding 1.0.2, section 3.1.3. */
export const attributesOf = (headers: IncomingHttpHeaders): Record<string, unknown> | Problem => {
  const attributes: Record<string, unknown> = {}
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(PREFIX)) continue
    const text = decoded(String(value))
    if (text === undefined) return requestInvalid([notDecodable(header)])
    const attribute = header.slice(PREFIX.length)
    attributes[attribute] = INTEGERS.has(attribute) && /^\d{1,15}$/.test(text) ? Number(text) : text
  }
  return attributes
}

/** Faults of attributes belong to their headers, faults of `data` to the body. */
export const placesOfBinary = (places: readonly Place[]): readonly Place[] =>
  places.map(({ pointer, message }) =>
    pointer === '/data' || pointer.startsWith('/data/')
      ? { pointer: pointer.slice('/data'.length), message }
      : { in: 'header', pointer: `/${PREFIX}${pointer.slice(1)}`, message },
  )

const notDecodable = (header: string): Place => ({
  in: 'header',
  pointer: `/${header}`,
  message: 'must be printable ASCII, anything else percent-encoded UTF-8',
})

/** Optional double quotes off, then percent-decoding; undefined where the bytes are not UTF-8. */
const decoded = (value: string): string | undefined => {
  if (!/^[\x20-\x7e]*$/.test(value)) return undefined
  const bare = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
  try {
    return decodeURIComponent(bare)
  } catch {
    return undefined
  }
}
