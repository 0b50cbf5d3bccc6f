import type { Expr } from './expr.ts'
import { insideMacro, shapeOf, type Variables } from './expr-shapes.ts'

/** Most work one expression may need. Unit: about 0.1 µs, so 10 ms. Kubernetes allows ten times as much per rule. */
export const COST_MAX = 100_000
/** Most work all expressions of one action may need together: about 0.1 s for the worst request that fits. */
export const ACTION_COST_MAX = 1_000_000

/** A tenth of a unit for each character read, as cel-go estimates it. */
const TEXT_COST = 0.1
/** A look-up of wall-clock time in a zone. Measured: about 2 µs. */
const ZONE_COST = 20

/**
 * An upper bound of the work an expression can cause on any request that fits its schema: lists count with their
 * `maxItems`, texts with their `maxLength`, and a macro multiplies its body by the length of its range.
 */
export const costOf = (expr: Expr, variables: Variables): number => {
  switch (expr.kind) {
    case 'literal':
    case 'name':
      return 1
    case 'select':
    case 'has':
    case 'not':
    case 'minus':
      return 1 + costOf(expr.of, variables)
    case 'index':
      return 1 + costOf(expr.of, variables) + costOf(expr.at, variables)
    case 'call':
      return callCost(expr, variables)
    case 'macro':
      return macroCost(expr, variables)
    case 'list':
      return 1 + sum(expr.items, variables)
    case 'map':
      return 1 + sum(expr.entries.flat(), variables)
    case 'logic':
      return 1 + costOf(expr.left, variables) + costOf(expr.right, variables)
    case 'choice':
      return (
        1 +
        costOf(expr.test, variables) +
        Math.max(costOf(expr.yes, variables), costOf(expr.no, variables))
      )
    case 'binary':
      return binaryCost(expr, variables)
    default:
      return expr satisfies never
  }
}

const sum = (exprs: readonly Expr[], variables: Variables): number =>
  exprs.reduce((total, expr) => total + costOf(expr, variables), 0)

const callCost = (expr: Extract<Expr, { kind: 'call' }>, variables: Variables): number => {
  const operands = expr.receiver ? [expr.receiver, ...expr.args] : expr.args
  const characters = operands.reduce((total, each) => total + textLength(each, variables), 0)
  const zone = expr.receiver?.type === 'timestamp' && expr.args.length > 0 ? ZONE_COST : 0
  return 1 + sum(operands, variables) + characters * TEXT_COST + zone
}

const macroCost = (expr: Extract<Expr, { kind: 'macro' }>, variables: Variables): number => {
  const each = 1 + sum(expr.bodies, insideMacro(expr, variables))
  return 1 + costOf(expr.range, variables) + listLength(expr.range, variables) * each
}

const binaryCost = (expr: Extract<Expr, { kind: 'binary' }>, variables: Variables): number => {
  const operands = costOf(expr.left, variables) + costOf(expr.right, variables)
  const left = textLength(expr.left, variables)
  if (expr.op === 'in') {
    return 1 + operands + listLength(expr.right, variables) * (1 + left * TEXT_COST)
  }
  const right = textLength(expr.right, variables)
  // A sum of texts copies both; a comparison stops at the end of the shorter.
  const characters = expr.op === '+' ? left + right : Math.min(left, right)
  return 1 + operands + characters * TEXT_COST
}

const textLength = (expr: Expr, variables: Variables): number => {
  const shape = shapeOf(expr, variables)
  return shape?.kind === 'string' ? shape.maxLength : 0
}

const listLength = (expr: Expr, variables: Variables): number => {
  const shape = shapeOf(expr, variables)
  return shape?.kind === 'list' ? shape.maxItems : 1
}
