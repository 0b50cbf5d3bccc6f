/**
 * How the text form of a column becomes a value, by type oid, on both databases. Every other type stays text: numeric
 * (no number holds it), date and timestamp without zone (a Date would invent a zone), interval, inet, vector.
 */
const COLUMN_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: BigInt,
  21: Number,
  23: Number,
  26: Number,
  114: JSON.parse,
  700: Number,
  701: Number,
  1184: (text) => new Date(text),
  3802: JSON.parse,
}

/** date and timestamp: the embedded database's own driver would make a Date of them, although they stay text here. */
const KEPT_AS_TEXT = [1082, 1114]

/** oid of an array type → oid of its element, for the types that Writ's tables and queries use. */
const ARRAY_ELEMENTS: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1003: 19,
  1005: 21,
  1007: 23,
  1009: 25,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1182: 1082,
  1115: 1114,
  1185: 1184,
  1231: 1700,
  2951: 2950,
  3807: 3802,
}

/** The types above, arrays of them, and those that must be kept from a driver's own ideas. Any other type is text. */
export const columnParsers = (): ReadonlyMap<number, (text: string) => unknown> => {
  const parsers = new Map(
    Object.entries(COLUMN_PARSERS).map(([oid, parse]) => [Number(oid), parse] as const),
  )
  for (const oid of KEPT_AS_TEXT) parsers.set(oid, asText)
  for (const [arrayOid, oid] of Object.entries(ARRAY_ELEMENTS)) {
    const element = COLUMN_PARSERS[oid] ?? asText
    parsers.set(Number(arrayOid), (text) => parseArray(text, element))
  }
  return parsers
}

const asText = (text: string): unknown => text

/** An array literal as the server writes it: `{a,"b,\"c",NULL,{…}}`, with bounds before it where they are not 1. */
const parseArray = (literal: string, element: (text: string) => unknown): unknown[] => {
  let at = literal.indexOf('{')
  const list = (): unknown[] => {
    const items: unknown[] = []
    at += 1
    while (literal[at] !== '}') {
      items.push(literal[at] === '{' ? list() : literal[at] === '"' ? quoted() : bare())
      if (literal[at] === ',') at += 1
    }
    at += 1
    return items
  }
  const quoted = (): unknown => {
    let text = ''
    let from = ++at
    for (;;) {
      const char = literal[at]
      if (char === '"') break
      if (char === '\\') {
        text += literal.slice(from, at)
        from = ++at
      }
      at += 1
    }
    text += literal.slice(from, at)
    at += 1
    return element(text)
  }
  const bare = (): unknown => {
    const from = at
    while (literal[at] !== ',' && literal[at] !== '}') at += 1
    const text = literal.slice(from, at)
    return text === 'NULL' ? null : element(text)
  }
  return list()
}
