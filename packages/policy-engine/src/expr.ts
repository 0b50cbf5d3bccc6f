/**
 * A checked expression, free of any CEL library. `type` is the static type: `int`, `double`, `bool`, `string`,
 * `timestamp`, `duration`, `list<…>`, `map<string, …>`, `object`, `open`. Offsets count characters into the source.
 */
export type Expr = ExprNode & {
  readonly type: string
  readonly start: number
  readonly end: number
}

type ExprNode =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'select'; readonly of: Expr; readonly field: string }
  | { readonly kind: 'index'; readonly of: Expr; readonly at: Expr }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly receiver: Expr | null
      readonly args: readonly Expr[]
    }
  | { readonly kind: 'has'; readonly of: Expr }
  | {
      readonly kind: 'macro'
      readonly name: string
      readonly range: Expr
      readonly variable: string
      /** Evaluated once an item: predicate, transform, or both. */
      readonly bodies: readonly Expr[]
    }
  | { readonly kind: 'list'; readonly items: readonly Expr[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Expr, Expr])[] }
  | { readonly kind: 'not'; readonly of: Expr }
  | { readonly kind: 'minus'; readonly of: Expr }
  | { readonly kind: 'logic'; readonly op: '&&' | '||'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'choice'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | {
      readonly kind: 'binary'
      readonly op: BinaryOp
      readonly left: Expr
      readonly right: Expr
    }

export type BinaryOp = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%'

export const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'literal':
    case 'name':
      return []
    case 'select':
    case 'has':
    case 'not':
    case 'minus':
      return [expr.of]
    case 'index':
      return [expr.of, expr.at]
    case 'call':
      return expr.receiver ? [expr.receiver, ...expr.args] : expr.args
    case 'macro':
      return [expr.range, ...expr.bodies]
    case 'list':
      return expr.items
    case 'map':
      return expr.entries.flat()
    case 'logic':
    case 'binary':
      return [expr.left, expr.right]
    case 'choice':
      return [expr.test, expr.yes, expr.no]
    default:
      return expr satisfies never
  }
}

/** A compiled expression. Throws where CEL has an error. */
export type ExprProgram = (activation: object) => unknown

/** The names from the root on, when the expression is nothing but `a.b.c`. */
export const pathOf = (expr: Expr): readonly string[] | null => {
  if (expr.kind === 'name') return [expr.name]
  if (expr.kind !== 'select') return null
  const parent = pathOf(expr.of)
  return parent && [...parent, expr.field]
}

/** Every `root.field` that the expression reads or asks `has()` of, such as `params.maxDiscount`. */
export const readsOf = (expr: Expr): ReadonlySet<string> => {
  const found = new Set<string>()
  visit(expr, (node) => {
    if (node.kind === 'select' && node.of.kind === 'name')
      found.add(`${node.of.name}.${node.field}`)
  })
  return found
}

/** Every `root.field` that the expression tests with `has()`. */
export const presenceTestsOf = (expr: Expr): ReadonlySet<string> => {
  const found = new Set<string>()
  visit(expr, (node) => {
    const path = node.kind === 'has' ? pathOf(node.of) : null
    if (path) found.add(path.slice(0, 2).join('.'))
  })
  return found
}

export const visit = (expr: Expr, see: (node: Expr) => void): void => {
  see(expr)
  for (const child of childrenOf(expr)) visit(child, see)
}
