import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../read-document.ts'
import { excerptAt, placeInText } from './excerpt.ts'

/** Line, column and character at which the text `x` of a document shows `@`. */
const placeOfAt = (text: string): string => {
  const document = readDocument(text)
  if (document instanceof Problem) throw new Error(document.detail)
  const value = (document.value as { readonly x: string }).x
  const offset = value.indexOf('@')
  const { line, column } = placeInText(text, document, { pointer: '/x', value, offset })
  return `${line}:${column} ${text.split('\n')[line - 1]?.[column - 1]}`
}

describe('the caret stands on the character, however the text is written', () => {
  it.each([
    ['plain', 'x: a && @', '1:9 @'],
    ['in single quotes, which double inside', "x: 'a == ''b'' && @'", '1:19 @'],
    ['in double quotes, with escapes', 'x: "a == \\"b\\" && \\x41 \\u0042 @"', '1:31 @'],
    ['in double quotes, with a character of two units', 'x: "\\U0001F600 @"', '1:16 @'],
    ['as JSON', '{"x": "a == \\"b\\" && @"}', '1:22 @'],
    ['plain over two lines', 'x: a &&\n   b && @', '2:9 @'],
    ['in a literal block', 'x: |\n  a &&\n  b && @\n', '3:8 @'],
    ['in a folded block', 'x: >-\n  a &&\n  b &&\n  @\n', '4:3 @'],
    ['in a folded block with an empty line', 'x: >\n  a &&\n\n  b && @\n', '4:8 @'],
    ['in double quotes over two lines', 'x: "a &&\n  b && @"', '2:8 @'],
    ['over lines that end in CR LF', 'x: >-\r\n  a &&\r\n  @\r\n', '3:3 @'],
  ])('%s', (_, text, place) => expect(placeOfAt(text)).toBe(place))
})

describe('an excerpt', () => {
  it('is the line and a caret, tabs kept as they are', () => {
    expect(excerptAt('one\n\ttwo', { line: 2, column: 3 })).toBe('\ttwo\n\t ^')
  })

  it('of a long line is cut around the caret', () => {
    const [line = '', caret = ''] = excerptAt(`${'a'.repeat(300)}@${'b'.repeat(300)}`, {
      line: 1,
      column: 301,
    }).split('\n')
    expect(line[caret.length - 1]).toBe('@')
    expect(line.length).toBeLessThan(120)
    expect([line[0], line.at(-1)]).toEqual(['…', '…'])
  })
})
