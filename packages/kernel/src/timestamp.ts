/** RFC 3339 in UTC with exactly three fraction digits and `Z`: the one form of a time inside an entry. */
export type Timestamp = string

const OUR_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/

export const timestampOf = (ms: number): Timestamp => new Date(ms).toISOString()

/** Milliseconds of an RFC 3339 text with a zone; undefined for anything else, a date that does not exist included. */
export const parseTimestamp = (text: string): number | undefined => {
  const match = RFC3339.exec(text)
  if (match === null || match[1] === '60') return undefined
  const ms = Date.parse(text.toUpperCase())
  if (Number.isNaN(ms) || ms < -62_135_596_800_000) return undefined
  // Date.parse rolls 30 February over to March; the calendar day must survive the round trip.
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== text.slice(0, 10)
    ? undefined
    : ms
}

export const isTimestamp = (text: string): boolean =>
  OUR_FORM.test(text) && parseTimestamp(text) !== undefined
