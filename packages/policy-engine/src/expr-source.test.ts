import { describe, expect, it } from 'vitest'
import { ExprSource } from './expr-source.ts'

const cut = (text: string, from: string, to = from) => {
  const source = new ExprSource(text)
  const start = text.indexOf(from)
  return source.textOf({ start, end: text.indexOf(to, start) + to.length })
}

describe('a part is cut from an expression with the brackets of its operands', () => {
  it.each([
    ['a + b * c', 'b', 'c', 'b * c'],
    ['(a + b) * c', 'a', 'c', '(a + b) * c'],
    ['a - (b + c) > d', 'a', 'c', 'a - (b + c)'],
    ['( ( a ) + (b) ) * c', 'a', 'c', '( ( a ) + (b) ) * c'],
    ["f(')', a) + (b)", 'f(', 'b', "f(')', a) + (b)"],
    ['x == "(((" + (y)', '"(((', 'y', '"(((" + (y)'],
    ["x == 'it\\'s (' + (y)", "'it", 'y', "'it\\'s (' + (y)"],
  ])('%s', (text, from, to, part) => expect(cut(text, from, to)).toBe(part))
})
