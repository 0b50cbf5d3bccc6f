import { combine, not } from '../verdict.ts'
import type { Verdict } from '../words.ts'
import { type AtomNode, type TableAtom, valueOfAtom } from './atom-table.ts'

/** Value of a tree, without short circuit. */
export const valueOfTree = (tree: AtomNode, activation: object): Verdict => {
  switch (tree.op) {
    case 'atom':
      return valueOfAtom(tree.atom.atom, activation)
    case 'and':
      return combine(false, valueOfTree(tree.left, activation), valueOfTree(tree.right, activation))
    case 'or':
      return combine(true, valueOfTree(tree.left, activation), valueOfTree(tree.right, activation))
    case 'not':
      return not(valueOfTree(tree.of, activation))
    case 'choice': {
      const test = valueOfTree(tree.test, activation)
      if (test === 'error') return test
      return valueOfTree(test ? tree.yes : tree.no, activation)
    }
    default:
      return tree satisfies never
  }
}

/**
 * The fewest clauses that would have to turn for a condition to have the wanted value: of an AND all that are not, of
 * an OR the cheapest side. Empty where the condition has it already. An error is as far away as a wrong value.
 */
export const blame = (
  tree: AtomNode,
  wanted: boolean,
  activation: object,
): readonly TableAtom[] => {
  if (valueOfTree(tree, activation) === wanted) return []
  switch (tree.op) {
    case 'atom':
      return [tree.atom]
    case 'and':
    case 'or': {
      const left = blame(tree.left, wanted, activation)
      const right = blame(tree.right, wanted, activation)
      // True needs both sides of an AND, false both of an OR.
      if ((tree.op === 'and') === wanted) return [...left, ...right]
      return right.length < left.length ? right : left
    }
    case 'not':
      return blame(tree.of, !wanted, activation)
    case 'choice': {
      const through = (side: AtomNode, test: boolean) => [
        ...blame(tree.test, test, activation),
        ...blame(side, wanted, activation),
      ]
      const [yes, no] = [through(tree.yes, true), through(tree.no, false)]
      return no.length < yes.length ? no : yes
    }
    default:
      return tree satisfies never
  }
}
