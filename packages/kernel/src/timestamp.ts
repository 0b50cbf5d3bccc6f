/** RFC 3339 in UTC with exactly three fraction digits and `Z`: the one form of a time inside an entry. */
export type Timestamp = string

const OUR_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/
/** Hour 24 and second 60: Date.parse reads the first as the next day, our form has no room for the second. */
const NO_TIME_OF_DAY = /[Tt](24|\d{2}:\d{2}:60)/
/** The years that four digits can tell, in UTC: 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z. */
const MS_MIN = -62_135_596_800_000
const MS_MAX = 253_402_300_799_999

export const timestampOf = (ms: number): Timestamp => new Date(ms).toISOString()

/** Milliseconds of an RFC 3339 text with a zone; undefined for anything else, a date that does not exist included. */
export const parseTimestamp = (text: string): number | undefined => {
  if (!RFC3339.test(text) || NO_TIME_OF_DAY.test(text)) return undefined
  const ms = Date.parse(text.toUpperCase())
  if (Number.isNaN(ms) || ms < MS_MIN || ms > MS_MAX) return undefined
  // Date.parse rolls 30 February over to March; the calendar day must survive the round trip.
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== text.slice(0, 10)
    ? undefined
    : ms
}

export const isTimestamp = (text: string): boolean =>
  OUR_FORM.test(text) && parseTimestamp(text) !== undefined
