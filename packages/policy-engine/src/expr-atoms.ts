import { type Expr, pathOf } from './expr.ts'
import type { ExprProgram } from './expr-engine.ts'
import { isPersonal, type Variables } from './expr-shapes.ts'

/** A condition split at `&& || ! ?:`, so that a trace can evaluate every clause, without short circuit. */
export type AtomTree =
  | { readonly op: 'and' | 'or'; readonly left: AtomTree; readonly right: AtomTree }
  | { readonly op: 'not'; readonly of: AtomTree }
  | { readonly op: 'choice'; readonly test: AtomTree; readonly yes: AtomTree; readonly no: AtomTree }
  | { readonly op: 'atom'; readonly atom: Atom }

/** One clause. A comparison has both sides and is decided from them; anything else is a program. */
export type Atom =
  | {
      readonly source: string
      readonly compare: (left: never, right: never) => boolean
      readonly left: Side
      readonly right: Side
    }
  | { readonly source: string; readonly compare: null; readonly program: ExprProgram }

export interface Side {
  readonly read: ExprProgram
  readonly personal: boolean
}

export interface AtomParts {
  readonly variables: Variables
  /** The part's text as a reader knows it. */
  sourceOf(part: Expr): string
  programOf(part: Expr): ExprProgram
}

export const atomTreeOf = (expr: Expr, parts: AtomParts): AtomTree => {
  switch (expr.kind) {
    case 'logic':
      return {
        op: expr.op === '&&' ? 'and' : 'or',
        left: atomTreeOf(expr.left, parts),
        right: atomTreeOf(expr.right, parts),
      }
    case 'not':
      return { op: 'not', of: atomTreeOf(expr.of, parts) }
    case 'choice':
      return {
        op: 'choice',
        test: atomTreeOf(expr.test, parts),
        yes: atomTreeOf(expr.yes, parts),
        no: atomTreeOf(expr.no, parts),
      }
    default:
      return { op: 'atom', atom: atomOf(expr, parts) }
  }
}

const atomOf = (expr: Expr, parts: AtomParts): Atom => {
  const source = parts.sourceOf(expr)
  const compare = comparisonOf(expr)
  if (expr.kind !== 'binary' || compare === null) {
    return { source, compare: null, program: readerOf(expr, parts) }
  }
  return { source, compare, left: sideOf(expr.left, parts), right: sideOf(expr.right, parts) }
}

const sideOf = (expr: Expr, parts: AtomParts): Side => ({
  read: readerOf(expr, parts),
  personal: isPersonal(expr, parts.variables),
})

/**
 * Reads constants and plain paths without the library: a trace shows both sides of every clause, and a call of the
 * library for each would cost more than deciding did. A property test compares both ways.
 */
const readerOf = (expr: Expr, parts: AtomParts): ExprProgram => {
  const constant = constantOf(expr)
  if (constant !== null) return () => constant.value
  const path = pathOf(expr)
  return path ? pathReader(path) : parts.programOf(expr)
}

const constantOf = (expr: Expr): { readonly value: unknown } | null => {
  if (expr.kind === 'literal') return { value: expr.value }
  if (expr.kind === 'minus' && expr.of.kind === 'literal') {
    return { value: -(expr.of.value as number) }
  }
  if (expr.kind !== 'list') return null
  const items = expr.items.map(constantOf)
  return items.every((item) => item !== null) ? { value: items.map((item) => item.value) } : null
}

/** The value at the end of the path is not there. */
export class NoSuchField extends Error {
  readonly code = 'no_such_key'
  readonly summary: string
  constructor(path: readonly string[]) {
    super(`no such field: ${path.join('.')}`)
    this.summary = this.message
  }
}

type Readable = Readonly<Record<string, unknown>>

const pathReader = (path: readonly string[]): ExprProgram => {
  const [root = '', ...fields] = path
  const missing = new NoSuchField(path)
  return (activation) => {
    let value = (activation as Readable)[root]
    for (const field of fields) value = (value as Readable | undefined)?.[field]
    if (value === undefined) throw missing
    return value
  }
}

type Comparison = (left: never, right: never) => boolean

/** Decides a comparison from its sides as the library does: same values, same order. Null where only it can. */
const comparisonOf = (expr: Expr): Comparison | null => {
  if (expr.kind !== 'binary') return null
  const { op, left } = expr
  if (op === '<') return (a, b) => a < b
  if (op === '<=') return (a, b) => a <= b
  if (op === '>') return (a, b) => a > b
  if (op === '>=') return (a, b) => a >= b
  if (op === 'in' && /^(?:int|string|bool)$/.test(left.type) && expr.right.type.startsWith('list<')) {
    return (item: unknown, list: readonly unknown[]) => list.includes(item)
  }
  if (op !== '==' && op !== '!=') return null
  const equal = equalityOf(left.type)
  return equal && op === '!=' ? (a, b) => !equal(a, b) : equal
}

const equalityOf = (type: string): Comparison | null => {
  if (type === 'int' || type === 'string' || type === 'bool') return (a, b) => a === b
  // Dates and durations compare by what they measure, not by identity.
  if (type === 'timestamp' || type === 'duration') return (a: object, b: object) => Number(a) === Number(b)
  return null
}
