import { Problem, parseTimestamp, timestampOf } from '@writ/kernel'

/**
 * A time that a caller asks about, in our form; undefined stays undefined.
 *
 * @problem request-invalid  no RFC 3339 time with a zone
 */
export const askedTime = <T extends string | undefined>(field: string, text: T): T | Problem => {
  if (text === undefined) return text
  const ms = parseTimestamp(text)
  if (ms !== undefined) return timestampOf(ms) as T
  const message = 'must be an RFC 3339 time with a zone'
  return new Problem('request-invalid', `${field} ${message}.`, {
    errors: [{ pointer: `/${field}`, message }],
  })
}
