export const CENSORED = '[censored]'

/** Names of fields whose value is never written, whatever stands before or after the word. */
const SECRET_NAME =
  /authorization|cookie|secret|token|password|passphrase|pepper|api-?_?key$|private-?_?key/i

/** Tokens by their shape, for those that arrive inside a sentence. Our own keys, and any bearer. */
const TOKEN =
  /writ_[a-z0-9]{1,16}_[0-9a-f]{24}_[A-Za-z0-9_-]{8,}|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}/gi

/** How deep fields are looked into. Unit: objects. Lines are flat; deeper values are written as they are. */
const DEPTH_MAX = 4

/** The same fields with the values of secret-sounding names replaced; the very object where there is none. */
export const withoutSecrets = (
  fields: Record<string, unknown>,
  depth = DEPTH_MAX,
): Record<string, unknown> => {
  let copy: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries(fields)) {
    const clean = cleanValue(name, value, depth)
    if (clean === value) continue
    copy ??= { ...fields }
    copy[name] = clean
  }
  return copy ?? fields
}

const cleanValue = (name: string, value: unknown, depth: number): unknown => {
  if (value !== undefined && value !== null && SECRET_NAME.test(name)) return CENSORED
  if (typeof value !== 'object' || value === null || depth === 0) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return withoutSecrets(value as Record<string, unknown>, depth - 1)
}

export const withoutTokens = (line: string): string => line.replace(TOKEN, CENSORED)
