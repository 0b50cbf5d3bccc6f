import type { Atom, AtomTree } from './expr-atoms.ts'
import type { Verdict } from './words.ts'

/** A condition ready to be asked. Never throws: an error is a verdict of its own. */
export type Judge = (activation: object) => Verdict

/**
 * The judge of a condition. `&&` and `||` are CEL's: an error on one side gives way to a decisive other side, whatever
 * the order, so `false && error` and `error && false` are both false.
 */
export const judgeOf = (tree: AtomTree): Judge => {
  switch (tree.op) {
    case 'atom':
      return atomJudge(tree.atom)
    case 'and':
      return decisive(false, judgeOf(tree.left), judgeOf(tree.right))
    case 'or':
      return decisive(true, judgeOf(tree.left), judgeOf(tree.right))
    case 'not': {
      const of = judgeOf(tree.of)
      return (activation) => not(of(activation))
    }
    case 'choice': {
      const test = judgeOf(tree.test)
      const yes = judgeOf(tree.yes)
      const no = judgeOf(tree.no)
      return (activation) => {
        const value = test(activation)
        return value === 'error' ? value : value ? yes(activation) : no(activation)
      }
    }
    default:
      return tree satisfies never
  }
}

export const not = (value: Verdict): Verdict => (value === 'error' ? value : !value)

/** `&&` where false is decisive, `||` where true is. */
export const combine = (word: boolean, left: Verdict, right: Verdict): Verdict => {
  if (left === word || right === word) return word
  return left === 'error' || right === 'error' ? 'error' : !word
}

const decisive =
  (word: boolean, left: Judge, right: Judge): Judge =>
  (activation) => {
    const value = left(activation)
    return value === word ? word : combine(word, value, right(activation))
  }

const atomJudge = (atom: Atom): Judge => {
  if (atom.compare === null) {
    const { read } = atom.of
    return (activation) => truth(read(activation))
  }
  const { compare } = atom
  const left = atom.left.read
  const right = atom.right.read
  return (activation) => {
    const a = left(activation)
    const b = right(activation)
    return a === undefined || b === undefined ? 'error' : compare(a as never, b as never)
  }
}

/** Anything but true and false, however it came about, is an error. */
export const truth = (value: unknown): Verdict =>
  value === true || value === false ? value : 'error'
