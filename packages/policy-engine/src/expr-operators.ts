import { type Expr, pathOf } from './expr.ts'
import type { ExprSource } from './expr-source.ts'
import type { FaultCode } from './fault-codes.ts'

/** Takes a fault of the profile, at the place of a node. */
export type Refuse = (node: Expr, code: FaultCode, message: string) => void

type Binary = Extract<Expr, { kind: 'binary' }>

const EQUATABLE = new Set(['int', 'string', 'bool', 'timestamp', 'duration', 'open'])
const ORDERED = new Set(['int', 'double', 'string', 'timestamp', 'duration', 'open'])

/** Which operators the profile has on which types. */
export const checkOperator = (expr: Binary, refuse: Refuse): void => {
  const { op } = expr
  const left = expr.left.type
  const right = expr.right.type
  if (op === '==' || op === '!=') {
    for (const type of new Set([left, right])) {
      if (EQUATABLE.has(type)) continue
      const code = type === 'double' ? 'double-equality' : 'operator-refused'
      refuse(expr, code, `${op} on ${type} is not allowed${equalityHelp(type)}`)
    }
  } else if (op === 'in') {
    if (!/^(?:list<(?:int|string|bool|timestamp)>|map<string, \w+>)$/.test(right)) {
      refuse(expr, 'operator-refused', `'in' on ${right} is not allowed`)
    }
  } else if (['<', '<=', '>', '>='].includes(op)) {
    if (!ORDERED.has(left) || !ORDERED.has(right))
      refuse(expr, 'operator-refused', `${op} on ${left} is not allowed`)
    else if (left !== right && ![expr.left, expr.right].every(isExactAsDouble)) {
      refuse(
        expr,
        'inexact-comparison',
        `${left} ${op} ${right} is not exact here: write double() around the int`,
      )
    }
  } else if (!isAllowedSum(op, left, right)) {
    const code = [left, right].includes('double') ? 'double-arithmetic' : 'operator-refused'
    refuse(expr, code, `${left} ${op} ${right} is not allowed${arithmeticHelp(left, right)}`)
  }
}

/**
 * Whether an int is certain to be within 2^53, where comparing it with a double is exact. Beyond, implementations of
 * CEL differ: some convert and round, some compare exactly.
 */
const isExactAsDouble = (expr: Expr): boolean => {
  if (expr.type !== 'int') return true
  if (expr.kind === 'minus') return isExactAsDouble(expr.of)
  if (expr.kind === 'literal') return Number.isSafeInteger(Number(expr.value))
  const [root] = pathOf(expr) ?? []
  return root !== undefined && root !== 'derived'
}

const isAllowedSum = (op: string, left: string, right: string): boolean =>
  (left === 'int' && right === 'int') ||
  (op === '+' && left === 'string' && right === 'string') ||
  // The other order is mistyped by the library.
  (op === '+' && left === 'timestamp' && right === 'duration')

const equalityHelp = (type: string): string =>
  type === 'double' ? ': two doubles that look equal may not be; compare with <= or >=' : ''

const arithmeticHelp = (left: string, right: string): string => {
  if (left === 'double' || right === 'double') return ': use integers (cents, basis points)'
  if (left === 'timestamp' || right === 'timestamp') return ': write time + duration'
  return ''
}

const RELATIONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', 'in']

/** `a == b < c` groups to the left in the language and to the right in the library, so its brackets must be written. */
export const checkBrackets = (expr: Expr, source: ExprSource, refuse: Refuse): void => {
  if (expr.kind !== 'binary' || !RELATIONS.includes(expr.op)) return
  for (const side of [expr.left, expr.right]) {
    if (side.kind !== 'binary' || !RELATIONS.includes(side.op) || source.isBracketed(side)) continue
    refuse(side, 'brackets-needed', 'a comparison inside a comparison needs brackets')
  }
}
