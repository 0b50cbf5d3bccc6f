/**
 * Is this text its own RFC 8785 form? Walks the text once and builds nothing, so that verifying a log costs less than
 * parsing it. Never answered by parse-and-print: JavaScript reorders integer-like keys while parsing.
 *
 * Judges the profile of the log: no lone surrogates, no numbers beyond what the writer accepts.
 */
export const isCanonicalJson = (text: string): boolean => {
  const end = skipValue(text, 0, 0)
  return end === text.length
}

const BAD = -1
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Index behind the value that starts at `at`, or BAD. Deeper than 64 is no entry of ours and ends the recursion. */
const skipValue = (text: string, at: number, depth: number): number => {
  if (depth > 64) return BAD
  const code = text.charCodeAt(at)
  if (code === QUOTE) return skipString(text, at)
  if (code === 0x7b) return skipObject(text, at + 1, depth)
  if (code === 0x5b) return skipArray(text, at + 1, depth)
  if (code === 0x74) return text.startsWith('true', at) ? at + 4 : BAD
  if (code === 0x66) return text.startsWith('false', at) ? at + 5 : BAD
  if (code === 0x6e) return text.startsWith('null', at) ? at + 4 : BAD
  return skipNumber(text, at)
}

const skipObject = (text: string, start: number, depth: number): number => {
  if (text.charCodeAt(start) === 0x7d) return start + 1
  let at = start
  let before: string | undefined
  for (;;) {
    const nameEnd = text.charCodeAt(at) === QUOTE ? skipString(text, at) : BAD
    if (nameEnd === BAD || text.charCodeAt(nameEnd) !== 0x3a) return BAD
    const name = nameAt(text, at, nameEnd)
    // Strictly rising UTF-16 code units: in order, and none twice.
    if (before !== undefined && before >= name) return BAD
    before = name
    at = skipValue(text, nameEnd + 1, depth + 1)
    if (at === BAD) return BAD
    const next = text.charCodeAt(at)
    if (next === 0x7d) return at + 1
    if (next !== 0x2c) return BAD
    at++
  }
}

/** The name's characters; escapes sort by what they stand for, so the rare escaped name is read. */
const nameAt = (text: string, at: number, end: number): string => {
  const name = text.slice(at + 1, end - 1)
  return name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name
}

const skipArray = (text: string, start: number, depth: number): number => {
  if (text.charCodeAt(start) === 0x5d) return start + 1
  let at = start
  for (;;) {
    at = skipValue(text, at, depth + 1)
    if (at === BAD) return BAD
    const next = text.charCodeAt(at)
    if (next === 0x5d) return at + 1
    if (next !== 0x2c) return BAD
    at++
  }
}

const skipString = (text: string, at: number): number => {
  let i = at + 1
  for (;;) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) return i + 1
    if (code === BACKSLASH) {
      i = skipEscape(text, i + 1)
      if (i === BAD) return BAD
    } else if (code >= 0xd800 && code <= 0xdfff) {
      if (code > 0xdbff || (text.charCodeAt(i + 1) & 0xfc00) !== 0xdc00) return BAD
      i += 2
    } else if (code >= 0x20) i++
    else return BAD // a bare control character, or NaN: the text ended
  }
}

/** RFC 8785 §3.2.2.2: the two-letter escapes, and \u00xx in lower case for the other control characters only. */
const skipEscape = (text: string, at: number): number => {
  if ('"\\bfnrt'.includes(text.charAt(at)) && at < text.length) return at + 1
  const letters = text.slice(at, at + 5)
  if (!/^u00[01][0-9a-f]$/.test(letters)) return BAD
  const code = Number.parseInt(letters.slice(1), 16)
  return code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? BAD : at + 5
}

const NUMBER = /-?\d[\d.eE+-]*/y

const skipNumber = (text: string, at: number): number => {
  NUMBER.lastIndex = at
  const literal = NUMBER.exec(text)?.[0]
  if (literal === undefined) return BAD
  return String(Number(literal)) === literal ? at + literal.length : BAD
}
