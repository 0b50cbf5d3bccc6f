const ISO = /^P(?:([0-9]+)W|(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?)$/

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A century. Longer windows are typing errors, and times must stay below the year 10000 that CEL ends with. */
export const DURATION_MS_MAX = 36_525 * DAY_MS

/** Milliseconds of an ISO 8601 duration of weeks, or of days, hours, minutes and seconds; null where it is none. */
export const isoDurationMs = (text: string): number | null => {
  const match = ISO.exec(text)
  if (!match || text === 'P' || text.endsWith('T')) return null
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  const ms =
    (weeks ?? 0) * 7 * DAY_MS +
    (days ?? 0) * DAY_MS +
    (hours ?? 0) * HOUR_MS +
    (minutes ?? 0) * MINUTE_MS +
    (seconds ?? 0) * SECOND_MS
  return ms <= DURATION_MS_MAX ? ms : null
}

const CEL = /^[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+$/
const CEL_PART = /([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)/g
const CEL_UNITS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  m: MINUTE_MS,
  s: SECOND_MS,
  ms: 1,
}

/** Milliseconds of a CEL duration literal such as `1h30m`; null where it is none, not whole milliseconds or too long. */
export const celDurationMs = (text: string): number | null => {
  if (!CEL.test(text)) return null
  let ms = 0
  for (const [, amount, unit] of text.matchAll(CEL_PART)) {
    ms += Number(amount) * (CEL_UNITS[unit ?? ''] ?? Number.NaN)
  }
  if (!Number.isInteger(ms) || ms > DURATION_MS_MAX) return null
  return text.startsWith('-') ? -ms : ms
}
