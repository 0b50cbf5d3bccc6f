/** What travels to the database: text form, or bytes in the type's binary form. */
export type EncodedParameter = string | Uint8Array | null

/**
 * One encoding for both databases, so that a parameter means the same on each. Arrays become array literals and
 * objects JSON text: an array meant for `jsonb` must therefore be stringified by the caller.
 *
 * Bytes are sent in binary form, whatever the parameter's type: right for `bytea`, and what `binaryArray` builds on.
 */
export const encodeParameter = (value: unknown): EncodedParameter => {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return arrayLiteral(value)
  return scalarText(value)
}

export const encodeParameters = (values: readonly unknown[]): EncodedParameter[] =>
  values.map(encodeParameter)

const scalarText = (value: unknown): string => {
  // Always UTC, never the zone of the machine.
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}

const arrayLiteral = (values: readonly unknown[]): string => {
  let text = '{'
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ','
    text += arrayElement(values[i])
  }
  return `${text}}`
}

const arrayElement = (value: unknown): string => {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return arrayLiteral(value)
  if (value instanceof Uint8Array) return `"\\\\x${hex(value)}"`
  const text = typeof value === 'string' ? value : scalarText(value)
  return `"${NEEDS_ESCAPE.test(text) ? text.replace(ESCAPED, '\\$&') : text}"`
}

const NEEDS_ESCAPE = /["\\]/
const ESCAPED = /["\\]/g

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
