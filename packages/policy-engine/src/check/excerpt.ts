import type { Place, SourceDocument, WrittenText } from '../read-document.ts'

/** Widest excerpt. Unit: characters; longer lines are cut around the caret. */
const EXCERPT_WIDTH = 110

/** The line at a place and, below it, a caret. */
export const excerptAt = (text: string, { line, column }: Place): string => {
  const source = (text.split('\n', line)[line - 1] ?? '').replace(/\r$/, '')
  const at = column - 1
  const from = source.length <= EXCERPT_WIDTH ? 0 : Math.max(0, at - EXCERPT_WIDTH / 2)
  const head = from > 0 ? '…' : ''
  const tail = from + EXCERPT_WIDTH < source.length ? '…' : ''
  const shown = `${head}${source.slice(from, from + EXCERPT_WIDTH)}${tail}`
  // Tabs stay tabs, so that the caret stands where the reader's terminal puts the character.
  const space = `${head}${source.slice(from, at)}`.replaceAll(/[^\t]/g, ' ')
  return `${shown}\n${space}^`
}

/**
 * Where a character of a text stands in the source: exact through quotes, escapes and folded lines, and the text's
 * start where the two do not run together.
 */
export const placeInText = (
  source: string,
  document: SourceDocument,
  {
    pointer,
    value,
    offset,
  }: { readonly pointer: string; readonly value: string; readonly offset: number },
): Place => {
  const written = document.textAt(pointer)
  const at = written && sourceOffset(source, written, value.slice(0, offset))
  return at === null ? document.placeOf(pointer) : document.placeAt(at)
}

const sourceOffset = (source: string, written: WrittenText, before: string): number | null => {
  let at = contentStart(source, written)
  for (let i = 0; i < before.length; ) {
    const step = stepOver(source.slice(at, written.end), before.slice(i), written.quote)
    if (step === null) return null
    at += step.written
    i += step.read
  }
  // A character that starts on the next line of the source stands behind its indentation.
  const [fold = ''] = /^[ \t]*\r?\n\s*/.exec(source.slice(at, written.end)) ?? []
  return at + fold.length <= written.end ? at + fold.length : null
}

/** Behind the quote, or behind the header line of a block. */
const contentStart = (source: string, { start, end, quote }: WrittenText): number => {
  if (quote !== null) return start + 1
  const [header = ''] = /^[|>][^\n]*\n\s*/.exec(source.slice(start, end)) ?? []
  return start + header.length
}

interface Step {
  /** Characters of the source. */
  readonly written: number
  /** Characters of the value that they stand for. */
  readonly read: number
}

const ESCAPES: readonly (readonly [RegExp, (match: string) => number])[] = [
  [/^\\x[0-9a-fA-F]{2}/, () => 1],
  [/^\\u[0-9a-fA-F]{4}/, () => 1],
  [/^\\U[0-9a-fA-F]{8}/, (match) => (Number.parseInt(match.slice(2), 16) > 0xffff ? 2 : 1)],
  [/^\\\r?\n[ \t]*/, () => 0],
  [/^\\[^xuU\n]/, () => 1],
]

const stepOver = (source: string, value: string, quote: WrittenText['quote']): Step | null => {
  if (quote === '"' && source.startsWith('\\')) return escapeStep(source)
  if (quote === "'" && source.startsWith("''")) {
    return value.startsWith("'") ? { written: 2, read: 1 } : null
  }
  const [fold] = /^[ \t]*\r?\n\s*/.exec(source) ?? []
  if (fold !== undefined) {
    const [space] = /^\s+/.exec(value) ?? []
    return space === undefined ? null : { written: fold.length, read: space.length }
  }
  return source[0] !== undefined && source[0] === value[0] ? { written: 1, read: 1 } : null
}

const escapeStep = (source: string): Step | null => {
  for (const [pattern, reads] of ESCAPES) {
    const [match] = pattern.exec(source) ?? []
    if (match !== undefined) return { written: match.length, read: reads(match) }
  }
  return null
}
