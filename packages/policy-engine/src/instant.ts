const RFC3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,3})?(Z|[+-]([0-9]{2}):([0-9]{2}))$/

/**
 * Milliseconds since 1970 of an RFC 3339 time, or null. Strict: capital T and Z, a day that exists, no leap second
 * and at most three fraction digits, because what a Date would drop could turn a comparison round.
 */
export const instantOf = (text: string): number | null => {
  const match = RFC3339.exec(text)
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six
  const zoneHour = Number(match[9] ?? 0)
  const zoneMinute = Number(match[10] ?? 0)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) || year === 0 ? null : ms
}

/** The one form in which Writ stores times: UTC, three fraction digits, Z. */
export const instantText = (ms: number): string => new Date(ms).toISOString()

type Six = [number, number, number, number, number, number]

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
