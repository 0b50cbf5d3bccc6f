import type { Verdict } from '../words.ts'
import type { AtomNode } from './atom-table.ts'

/** A value of each atom: false, true, error, or not known while a field of it is still open. */
export type Values = Uint8Array
export const FALSE = 0
export const TRUE = 1
export const ERROR = 2
export const OPEN = 3
export type Code = number

export const code = (value: Verdict): Code => (value === 'error' ? ERROR : value ? TRUE : FALSE)

export type Formula = (values: Values) => Code

/** A condition over atom values, compiled: searching asks it thousands of times. */
export const formulaOf = (tree: AtomNode): Formula => {
  switch (tree.op) {
    case 'atom': {
      const { index } = tree.atom
      return (values) => values[index] as Code
    }
    case 'and':
      return joined(FALSE, formulaOf(tree.left), formulaOf(tree.right))
    case 'or':
      return joined(TRUE, formulaOf(tree.left), formulaOf(tree.right))
    case 'not': {
      const of = formulaOf(tree.of)
      return (values) => {
        const value = of(values)
        return value > TRUE ? value : 1 - value
      }
    }
    case 'choice': {
      const [test, yes, no] = [formulaOf(tree.test), formulaOf(tree.yes), formulaOf(tree.no)]
      return (values) => {
        const value = test(values)
        if (value === OPEN || value === ERROR) return value
        return value === TRUE ? yes(values) : no(values)
      }
    }
    default:
      return tree satisfies never
  }
}

const joined =
  (word: Code, left: Formula, right: Formula): Formula =>
  (values) => {
    const a = left(values)
    if (a === word) return word
    const b = right(values)
    if (b === word) return word
    if (a === OPEN || b === OPEN) return OPEN
    return a === ERROR || b === ERROR ? ERROR : 1 - word
  }
