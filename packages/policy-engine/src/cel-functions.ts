import type { Environment } from '@marcbachmann/cel-js'

/**
 * Marks our own implementation of a standard method. The library lets nobody replace a method, so calls are renamed
 * after parsing: its `lowerAscii` lowers every script by the running Unicode version, and its zone look-ups go through
 * the time zone of the server process, so both would decide differently on another machine.
 */
export const OWN = '__writ'

const DATE_GETTERS = [
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
] as const
type DateGetter = (typeof DATE_GETTERS)[number]

/** Method names that time stamps have. */
export const TIME_METHODS: ReadonlySet<string> = new Set(DATE_GETTERS)

/** Methods that are renamed to ours. */
export const OWN_METHODS: ReadonlySet<string> = new Set(['lowerAscii', ...DATE_GETTERS])

export const registerOwnFunctions = (environment: Environment): Environment => {
  const sync = { async: false }
  environment.registerFunction('glob(string, string): bool', glob, sync)
  environment.registerFunction(`string.lowerAscii${OWN}(): string`, lowerAscii, sync)
  for (const name of DATE_GETTERS) {
    const method = `google.protobuf.Timestamp.${name}${OWN}`
    environment.registerFunction(`${method}(): int`, (time: Date) => utcPart(time, name), sync)
    environment.registerFunction(
      `${method}(string): int`,
      (time: Date, zone: string) => utcPart(inZone(time, zone), name),
      sync,
    )
  }
  return environment
}

/**
 * Whether the whole text fits a pattern in which `*` stands for any run of characters. Each literal piece is searched
 * once, from left to right, never again: taking the first place it fits is always right, so there is no back-tracking.
 */
export const glob = (text: string, pattern: string): boolean => {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return text === pattern
  if (!text.startsWith(head) || text.length < head.length + tail.length) return false
  let from = head.length
  const end = text.length - tail.length
  for (const piece of rest) {
    const found = text.indexOf(piece, from)
    if (found < 0 || found + piece.length > end) return false
    from = found + piece.length
  }
  return text.endsWith(tail)
}

export const lowerAscii = (text: string): string =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const utcPart = (time: Date, part: DateGetter): bigint => {
  switch (part) {
    case 'getFullYear':
      return BigInt(time.getUTCFullYear())
    case 'getMonth':
      return BigInt(time.getUTCMonth())
    case 'getDate':
      return BigInt(time.getUTCDate())
    case 'getDayOfMonth':
      return BigInt(time.getUTCDate() - 1)
    case 'getDayOfWeek':
      return BigInt(time.getUTCDay())
    case 'getDayOfYear':
      return BigInt(dayOfYear(time))
    case 'getHours':
      return BigInt(time.getUTCHours())
    case 'getMinutes':
      return BigInt(time.getUTCMinutes())
    case 'getSeconds':
      return BigInt(time.getUTCSeconds())
    case 'getMilliseconds':
      return BigInt(time.getUTCMilliseconds())
    default:
      return part satisfies never
  }
}

const dayOfYear = (time: Date): number => {
  const midnight = Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate())
  return (midnight - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** A Date whose UTC fields read as the wall clock of the zone. */
const inZone = (time: Date, zone: string): Date => {
  if (zone === 'UTC') return time
  const parts: Record<string, number> = {}
  for (const { type, value } of zoneFormat(zone).formatToParts(time)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second, time.getUTCMilliseconds()))
}

/** Kept per zone: making one takes about 50 µs. The zones are literals of loaded policies, so they are few. */
const zoneFormat = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, made)
  return made
}

const ZONE_NAME = /^[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z0-9_+-]+){1,2}$/

/** UTC or a name of the IANA data base, such as Europe/Berlin. Offsets and abbreviations are refused. */
export const isZone = (name: string): boolean => {
  if (name === 'UTC') return true
  if (!ZONE_NAME.test(name)) return false
  try {
    return zoneFormat(name) !== undefined
  } catch {
    return false
  }
}
