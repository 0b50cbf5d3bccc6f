import { isZone, TIME_METHODS } from './cel-functions.ts'
import { celDurationMs } from './duration.ts'
import { childrenOf, type Expr, visit } from './expr.ts'
import type { ExprFault } from './expr-engine.ts'
import { checkBrackets, checkOperator, type Refuse } from './expr-operators.ts'
import { fieldShape, insideMacro, shapeOf, type Variables } from './expr-shapes.ts'
import type { ExprSource } from './expr-source.ts'
import { instantOf } from './instant.ts'

/** Deepest nesting of brackets, calls and operators of an expression. Beyond it nobody reviews a condition. */
export const NESTING_MAX = 32
/** Macros inside macros: each level multiplies the work by the length of a list. */
export const MACRO_NESTING_MAX = 2

/**
 * Holds an expression to the policy profile of CEL. An allowlist: whatever is not named here is refused, so that an
 * upgrade of the library cannot add a function to what policies may do.
 */
export const profileFaults = (
  expr: Expr,
  variables: Variables,
  source: ExprSource,
): readonly ExprFault[] => {
  const faults: ExprFault[] = []
  const refuse: Refuse = (node, code, message) =>
    void faults.push({ code, message, offset: node.start })
  if (nestingOf(expr) > NESTING_MAX) {
    refuse(expr, 'nesting-too-deep', `nesting is deeper than ${NESTING_MAX}`)
    return faults
  }
  walk(expr, variables, 0, refuse)
  visit(expr, (node) => checkBrackets(node, source, refuse))
  return faults
}

const walk = (expr: Expr, variables: Variables, macros: number, refuse: Refuse): void => {
  checkNode(expr, variables, refuse)
  // The library does not type what stands inside has(); checkHas looked at it by itself.
  if (expr.kind === 'has') return
  if (expr.kind !== 'macro') {
    for (const child of childrenOf(expr)) walk(child, variables, macros, refuse)
    return
  }
  if (macros + 1 > MACRO_NESTING_MAX) {
    refuse(expr, 'macro-nesting', `macros nest deeper than ${MACRO_NESTING_MAX}`)
    return
  }
  walk(expr.range, variables, macros, refuse)
  const inside = insideMacro(expr, variables)
  for (const body of expr.bodies) walk(body, inside, macros + 1, refuse)
}

const checkNode = (expr: Expr, variables: Variables, refuse: Refuse): void => {
  if (expr.kind !== 'literal' && !isAllowedType(expr.type)) {
    refuse(expr, 'type-refused', `values of type ${expr.type} are not allowed`)
    return
  }
  switch (expr.kind) {
    case 'literal':
      checkLiteral(expr, refuse)
      break
    case 'name':
      if (!variables.has(expr.name))
        refuse(expr, 'unknown-name', `'${expr.name}' is not a variable of policies`)
      break
    case 'index':
      checkIndex(expr, refuse)
      break
    case 'call':
      checkCall(expr, refuse)
      break
    case 'has':
      checkHas(expr, variables, refuse)
      break
    case 'macro':
      checkMacro(expr, variables, refuse)
      break
    case 'map':
      checkMap(expr, refuse)
      break
    case 'minus':
      if (expr.of.kind !== 'literal')
        refuse(expr, 'minus-refused', 'minus stands before literals only: write 0 - x')
      break
    case 'binary':
      checkOperator(expr, refuse)
      break
    default:
  }
}

const SIMPLE_TYPES = ['bool', 'int', 'double', 'string', 'timestamp', 'duration', 'object', 'open']

const isAllowedType = (type: string): boolean => {
  const [, inner] = /^(?:list<|map<string, )(.+)>$/.exec(type) ?? []
  return inner === undefined ? SIMPLE_TYPES.includes(type) : isAllowedType(inner)
}

const INT64_MAX = 2n ** 63n - 1n

const checkLiteral = (expr: Extract<Expr, { kind: 'literal' }>, refuse: Refuse): void => {
  const { value } = expr
  if (typeof value === 'bigint') {
    if (value > INT64_MAX) refuse(expr, 'integer-too-large', 'the integer does not fit 64 bits')
  } else if (!['string', 'number', 'boolean'].includes(typeof value)) {
    refuse(
      expr,
      'literal-refused',
      `${value === null ? 'null' : expr.type} literals are not allowed`,
    )
  }
}

const checkIndex = (expr: Extract<Expr, { kind: 'index' }>, refuse: Refuse): void => {
  const list = expr.of.type.startsWith('list<') && expr.at.type === 'int'
  const map = expr.of.type.startsWith('map<') && expr.at.type === 'string'
  if (!list && !map)
    refuse(expr, 'index-refused', 'only lists by int and maps by string can be indexed')
}

const TEXT_METHODS = new Set(['startsWith', 'endsWith', 'contains', 'size', 'lowerAscii'])

const checkCall = (expr: Extract<Expr, { kind: 'call' }>, refuse: Refuse): void => {
  const { name, receiver, args } = expr
  if (receiver === null) {
    checkFunction(expr, refuse)
    return
  }
  if (receiver.type === 'timestamp' && TIME_METHODS.has(name)) {
    const [zone] = args
    if (zone && !(isText(zone) && isZone(zone.value))) {
      refuse(
        zone,
        'literal-needed',
        'a time zone must be a literal: UTC or an IANA name such as Europe/Berlin',
      )
    }
    return
  }
  if (receiver.type === 'string' && TEXT_METHODS.has(name)) return
  if (name === 'size' && /^(?:list|map)</.test(receiver.type)) return
  const instead = name === 'matches' ? ": it can run for ever; use glob(text, 'literal*')" : ''
  refuse(
    expr,
    name === 'matches' ? 'matches-refused' : 'function-refused',
    `the method ${name}() is not allowed${instead}`,
  )
}

const checkFunction = (expr: Extract<Expr, { kind: 'call' }>, refuse: Refuse): void => {
  const [first, second] = expr.args
  switch (expr.name) {
    case 'size':
      return
    case 'double':
      if (first?.type !== 'int') refuse(expr, 'function-refused', 'double() takes an int')
      return
    case 'timestamp':
      if (!first || !isText(first) || instantOf(first.value) === null) {
        refuse(
          expr,
          'literal-needed',
          'timestamp() takes a literal RFC 3339 time of at most three fraction digits',
        )
      }
      return
    case 'duration':
      if (!first || !isText(first) || celDurationMs(first.value) === null) {
        refuse(
          expr,
          'literal-needed',
          "duration() takes a literal such as '1h30m', of whole milliseconds",
        )
      }
      return
    case 'glob':
      if (!second || !isText(second))
        refuse(expr, 'literal-needed', "glob() takes a literal pattern: glob(text, 'AB*')")
      return
    default:
      refuse(expr, 'function-refused', `the function ${expr.name}() is not allowed`)
  }
}

const checkHas = (
  expr: Extract<Expr, { kind: 'has' }>,
  variables: Variables,
  refuse: Refuse,
): void => {
  // The library takes fields only, but does not ask whether they exist.
  const of = expr.of as Extract<Expr, { kind: 'select' }>
  const holder = shapeOf(of.of, variables)
  if (holder?.kind === 'open') return
  const field = fieldShape(holder, of.field)
  if (!field) refuse(of, 'unknown-field', `no such field: ${of.field}`)
  else if (!field.optional)
    refuse(of, 'has-never-absent', `has() of '${of.field}', which is never absent`)
}

const checkMacro = (
  expr: Extract<Expr, { kind: 'macro' }>,
  variables: Variables,
  refuse: Refuse,
): void => {
  if (!expr.range.type.startsWith('list<'))
    refuse(expr, 'macro-refused', `${expr.name}() works on lists only`)
  if (variables.has(expr.variable))
    refuse(expr, 'macro-refused', `'${expr.variable}' already names something else`)
}

const checkMap = (expr: Extract<Expr, { kind: 'map' }>, refuse: Refuse): void => {
  if (expr.entries.length === 0) refuse(expr, 'map-refused', 'an empty map is not allowed')
  const seen = new Set<unknown>(Object.getOwnPropertyNames(Object.prototype))
  for (const [key] of expr.entries) {
    if (!isText(key)) refuse(key, 'map-refused', 'keys of a map are literal strings')
    else if (seen.has(key.value))
      refuse(key, 'map-refused', `the key '${key.value}' is repeated or reserved`)
    else seen.add(key.value)
  }
}

const isText = (expr: Expr): expr is Expr & { kind: 'literal'; value: string } =>
  expr.kind === 'literal' && typeof expr.value === 'string'

/** Brackets a reader must keep in mind; a chain `a && b && c` counts once, however long. */
const nestingOf = (expr: Expr): number => {
  const inner = childrenOf(expr).map((child) => nestingOf(child) - (isChain(expr, child) ? 1 : 0))
  return 1 + Math.max(0, ...inner)
}

const isChain = (expr: Expr, child: Expr): boolean =>
  (expr.kind === 'select' && child.kind === 'select') ||
  ((expr.kind === 'logic' || expr.kind === 'binary') &&
    child === expr.left &&
    child.kind === expr.kind &&
    child.op === expr.op)
