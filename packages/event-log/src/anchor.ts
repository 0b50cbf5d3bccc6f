import { isJsonObject, parseStrictJson } from '@writ/kernel'

/**
 * What is kept outside the database: at `time` the ledger of `origin` had `size` entries under `root` (lower-case hex).
 * A chain alone never shows a cut tail or a restored backup; a line kept elsewhere does (DESIGN §4.5).
 */
export interface Anchor {
  readonly origin: string
  readonly size: number
  readonly root: string
  readonly time: string
}

/** One line of the anchor file. */
export const anchorLine = ({ origin, size, root, time }: Anchor): string =>
  `${JSON.stringify({ origin, size, root, time })}\n`

/**
 * Reads an anchor file. A last line that was cut short by a crash is left out; any other bad line makes the file
 * unreadable, since a verdict over half the anchors would be a false one.
 */
export const parseAnchors = (text: string): readonly Anchor[] => {
  const lines = text.split('\n')
  const last = lines.pop()
  const anchors = lines.filter((line) => line !== '').map(parseAnchor)
  const torn = last !== undefined && last !== '' ? tryParse(last) : undefined
  return torn === undefined ? anchors : [...anchors, torn]
}

const parseAnchor = (line: string): Anchor => {
  const value = parseStrictJson(line)
  if (!isJsonObject(value)) throw new Error('an anchor is a JSON object a line')
  const { origin, size, root, time } = value
  if (
    typeof origin !== 'string' ||
    typeof size !== 'number' ||
    !Number.isSafeInteger(size) ||
    size < 1 ||
    typeof root !== 'string' ||
    typeof time !== 'string'
  ) {
    throw new Error('an anchor needs origin, size, root and time')
  }
  return { origin, size, root, time }
}

const tryParse = (line: string): Anchor | undefined => {
  try {
    return parseAnchor(line)
  } catch {
    return undefined
  }
}
