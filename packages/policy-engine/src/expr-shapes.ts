import { childrenOf, type Expr } from './expr.ts'
import type { Shape } from './shape.ts'

/** The variables an expression sees: those of its scope plus, inside a macro, the macro's own. */
export type Variables = ReadonlyMap<string, Shape>

/** A map literal: not a shape of input, so known here only. */
export type ValueShape =
  | Shape
  | { readonly kind: 'map'; readonly value: Shape; readonly personal?: true }

/** Bounds and secrecy of what an expression yields, or null where the static type is all that is known. */
export const shapeOf = (expr: Expr, variables: Variables): ValueShape | null => {
  switch (expr.kind) {
    case 'name':
      return variables.get(expr.name) ?? null
    case 'literal':
      return literalShape(expr.value)
    case 'select':
      return fieldShape(shapeOf(expr.of, variables), expr.field)
    case 'index':
      return itemShape(shapeOf(expr.of, variables))
    case 'macro':
      return macroShape(expr, variables)
    case 'list':
      return listShape(expr.items.map((item) => shapeOf(item, variables)))
    case 'map':
      return mapShape(expr.entries.map(([, value]) => shapeOf(value, variables)))
    case 'choice':
      return widest([shapeOf(expr.yes, variables), shapeOf(expr.no, variables)])
    case 'call':
      return expr.type === 'string' && expr.receiver ? shapeOf(expr.receiver, variables) : null
    case 'binary':
      return sumShape(expr, variables)
    default:
      return null
  }
}

/** The shape of one field, which is personal when what holds it is. */
export const fieldShape = (of: ValueShape | null, field: string): Shape | null => {
  if (of?.kind === 'open') return of
  if (of?.kind !== 'object' || !Object.hasOwn(of.fields, field)) return null
  return asPersonalAs(of, of.fields[field] as Shape)
}

export const itemShape = (of: ValueShape | null): Shape | null => {
  if (of?.kind === 'list') return asPersonalAs(of, of.item)
  return of?.kind === 'map' ? of.value : null
}

/** The variables inside a macro: one more, standing for an item of the range. */
export const insideMacro = (expr: Macro, variables: Variables): Variables =>
  withItem(expr, shapeOf(expr.range, variables), variables)

const withItem = ({ variable }: Macro, range: ValueShape | null, variables: Variables): Variables =>
  new Map(variables).set(variable, itemShape(range) ?? { kind: 'open' })

/** Whether anything the expression touches is personal: what is computed from it is, too. */
export const isPersonal = (expr: Expr, variables: Variables): boolean => {
  if (shapeOf(expr, variables)?.personal) return true
  if (expr.kind !== 'macro') return childrenOf(expr).some((child) => isPersonal(child, variables))
  const inside = insideMacro(expr, variables)
  return isPersonal(expr.range, variables) || expr.bodies.some((body) => isPersonal(body, inside))
}

type Macro = Extract<Expr, { kind: 'macro' }>

const literalShape = (value: unknown): Shape | null => {
  if (typeof value === 'string') return { kind: 'string', maxLength: value.length }
  return null
}

/** Looks at the range once: twice at each of many chained macros would take for ever. */
const macroShape = (expr: Macro, variables: Variables): ValueShape | null => {
  const range = shapeOf(expr.range, variables)
  if (expr.name === 'filter' || range?.kind !== 'list') return range
  const last = expr.bodies.at(-1)
  if (expr.name !== 'map' || !last) return null
  return { ...range, item: plain(shapeOf(last, withItem(expr, range, variables))) }
}

const listShape = (items: readonly (ValueShape | null)[]): Shape => ({
  kind: 'list',
  item: plain(widest(items)),
  maxItems: items.length,
})

const mapShape = (values: readonly (ValueShape | null)[]): ValueShape => ({
  kind: 'map',
  value: plain(widest(values)),
})

const sumShape = (expr: Extract<Expr, { kind: 'binary' }>, variables: Variables): Shape | null => {
  const left = shapeOf(expr.left, variables)
  const right = shapeOf(expr.right, variables)
  if (expr.op !== '+' || left?.kind !== 'string' || right?.kind !== 'string') return null
  return { ...widerText(left, right), maxLength: left.maxLength + right.maxLength }
}

type Text = Extract<Shape, { kind: 'string' }>

const widerText = (a: Text, b: Text): Text => ({
  kind: 'string',
  maxLength: Math.max(a.maxLength, b.maxLength),
  ...(a.personal || b.personal ? { personal: true as const } : {}),
})

/** Bounds that hold for each of the values. */
const widest = (shapes: readonly (ValueShape | null)[]): ValueShape | null =>
  shapes.reduce((a, b) => (a === null || b === null ? (a ?? b) : wider(a, b)), null)

const wider = (a: ValueShape, b: ValueShape): ValueShape => {
  if (a.kind === 'string' && b.kind === 'string') return widerText(a, b)
  if (a.kind !== 'list' || b.kind !== 'list') return a.personal ? a : b
  const item = plain(wider(a.item, b.item))
  return { ...(a.personal ? a : b), item, maxItems: Math.max(a.maxItems, b.maxItems) }
}

/** Where no bounds are known the value is a number, a truth value or a time: no field to read, nothing to traverse. */
const plain = (shape: ValueShape | null): Shape =>
  shape === null || shape.kind === 'map' ? { kind: 'bool' } : shape

const asPersonalAs = (holder: ValueShape, held: Shape): Shape =>
  holder.personal && !held.personal ? { ...held, personal: true } : held
