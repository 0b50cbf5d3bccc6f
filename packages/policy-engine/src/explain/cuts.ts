import type { JsonValue } from '@writ/kernel'
import { type Expr, pathOf } from '../expr.ts'
import { instantText } from '../instant.ts'
import { neighbour } from '../numbers/double-rank.ts'
import type { Verdict } from '../words.ts'
import { type TableAtom, valueOfAtom } from './atom-table.ts'
import { type ActionableField, touches } from './request-fields.ts'
import { type Scale, scaleOf } from './scale.ts'
import type { Edits, World } from './world.ts'

/** Places of the scale at which an expression is tried before its boundaries are searched by halves. */
const STEPS_OF_TEN = 15

/** The values of `field` on both sides of each place where the atom turns, all other fields as in `edits`. */
export const cutsOf = (
  world: World,
  atom: TableAtom,
  field: ActionableField,
  edits: Edits,
): readonly JsonValue[] => {
  const direct = directSides(atom, field)
  if (direct) {
    const activation = world.seen(edits) ?? world.now
    const bound = direct.other.read(activation)
    return bound === undefined ? [] : beside(direct.op, bound, field)
  }
  const scale = scaleOf(field, world.valueAt(field.pointer))
  return scale === null ? [] : bisected(world, atom, { field, scale, edits })
}

interface Sides {
  readonly op: string
  readonly other: { readonly read: (activation: object) => unknown }
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/**
 * The comparison with the field alone on the left, or null where the field stands in an expression or on both sides.
 */
const directSides = ({ atom, expr }: TableAtom, { path }: ActionableField): Sides | null => {
  if (atom.compare === null || expr.kind !== 'binary') return null
  const isField = (side: Expr) => pathOf(side)?.join('.') === path
  const reads = (side: Expr): boolean => readsPath(side, path)
  if (isField(expr.left) && !reads(expr.right)) return { op: expr.op, other: atom.right }
  if (isField(expr.right) && !reads(expr.left) && expr.op !== 'in') {
    return { op: MIRRORED[expr.op] ?? expr.op, other: atom.left }
  }
  return null
}

/** A derived value may read the field: then it is no fixed bound. */
const readsPath = (expr: Expr, path: string): boolean => {
  const own = pathOf(expr)
  if (own) return own[0] === 'derived' || touches(own.join('.'), path)
  const { left, right, of, at, receiver, args, range, bodies, items, test, yes, no } =
    expr as unknown as Record<string, Expr & readonly Expr[]>
  return [left, right, of, at, receiver, args, range, bodies, items, test, yes, no]
    .flat()
    .some((child) => child !== undefined && child !== null && readsPath(child as Expr, path))
}

const beside = (op: string, bound: unknown, field: ActionableField): readonly JsonValue[] => {
  if (Array.isArray(bound)) return bound.flatMap((item) => beside('==', item, field))
  const { type, format } = field.schema
  if (type === 'string' && format !== 'date-time') return typeof bound === 'string' ? [bound] : []
  if (type === 'string') {
    if (!(bound instanceof Date)) return []
    return stepsOf(op).map((step) => instantText(bound.getTime() + step))
  }
  const number = Number(bound)
  if (!Number.isFinite(number) || typeof bound === 'string') return []
  if (type === 'number') {
    return stepsOf(op).map((step) => (step === 0 ? number : neighbour(number, step)))
  }
  if (type !== 'integer') return []
  // An int field may be compared with a double: between two integers both neighbours lie beside the boundary.
  if (!Number.isInteger(number)) return [Math.floor(number), Math.ceil(number)]
  return stepsOf(op).map((step) => number + step)
}

/** Which neighbours of a bound lie on its two sides. */
const stepsOf = (op: string): readonly (-1 | 0 | 1)[] => {
  if (op === '<=' || op === '>') return [0, 1]
  if (op === '<' || op === '>=') return [-1, 0]
  return [-1, 0, 1]
}

interface Line {
  readonly field: ActionableField
  readonly scale: Scale
  readonly edits: Edits
}

/**
 * Finds where the atom turns by trying places over the whole scale and halving between neighbours that differ. Exact
 * where the atom turns once between two tried places; a condition that turns back and forth (`% 7`) is not followed.
 */
const bisected = (world: World, atom: TableAtom, line: Line): readonly JsonValue[] => {
  const { scale, field, edits } = line
  const changed = new Map(edits)
  const at = (place: bigint): Sign => {
    if (++world.probes > PROBES_MAX) return 'error'
    const activation = world.seen(changed.set(field.pointer, scale.valueAt(place)))
    return activation === null ? 'error' : signOf(atom, activation)
  }
  const current = scale.placeOf(world.valueAt(field.pointer))
  const few = placesIn(scale, [scale.low, current, scale.high])
  let signs = few.map(at)
  let places = few
  if (!turnsOnce(atom.expr, field.path) || signs.includes('error')) {
    places = triedPlaces(scale, current)
    signs = places.map(at)
  }
  const found: JsonValue[] = []
  for (const [i, high] of places.entries()) {
    const low = places[i - 1]
    if (low === undefined || signs[i] === signs[i - 1]) continue
    const [last, first] = halved(low, high, (place) => at(place) === signs[i - 1])
    found.push(scale.valueAt(last), scale.valueAt(first))
  }
  return found
}

/** Places of scales that are tried for one explanation, at most; each costs about 2 µs. */
export const PROBES_MAX = 10_000

type Sign = Verdict | number

/** Which side of a boundary: of an equality the order of its sides, for it turns there and back within one step. */
const signOf = ({ atom, expr }: TableAtom, activation: object): Sign => {
  if (atom.compare === null || expr.kind !== 'binary' || !/^[=!]=$/.test(expr.op)) {
    return valueOfAtom(atom, activation)
  }
  const left = atom.left.read(activation)
  const right = atom.right.read(activation)
  if (typeof left !== 'bigint' || typeof right !== 'bigint') return valueOfAtom(atom, activation)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Whether the field stands once in a sum or product: then a comparison turns once over the whole scale. */
const turnsOnce = (expr: Expr, path: string): boolean => occurrences(expr, path) === 1

/** More than one where the form is another. */
const occurrences = (expr: Expr, path: string): number => {
  const own = pathOf(expr)
  if (own) return own[0] === 'derived' ? 2 : touches(own.join('.'), path) ? 1 : 0
  if (expr.kind === 'literal') return 0
  if (expr.kind === 'binary' && /^(?:[-+*]|[<>=!]=?)$/.test(expr.op)) {
    return occurrences(expr.left, path) + occurrences(expr.right, path)
  }
  return 2
}

/** The last place like `low` and the first that is not, next to each other. */
const halved = (
  low: bigint,
  high: bigint,
  like: (place: bigint) => boolean,
): readonly [bigint, bigint] => {
  let [same, other] = [low, high]
  while (other - same > 1n) {
    const middle = (same + other) / 2n
    const between = middle === same || middle === other ? same + 1n : middle
    if (like(between)) same = between
    else other = between
  }
  return [same, other]
}

const triedPlaces = (scale: Scale, current: bigint | null): readonly bigint[] => {
  const eighth = (scale.high - scale.low) / 8n
  const eighths = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((i) => scale.low + i * eighth)
  const tens = Array.from({ length: STEPS_OF_TEN + 1 }, (_, i) => 10 ** i).flatMap((ten) => [
    scale.placeOf(ten),
    scale.placeOf(-ten),
  ])
  return placesIn(scale, [...eighths, ...tens, scale.placeOf(0), current, scale.high])
}

const placesIn = (scale: Scale, places: readonly (bigint | null)[]): readonly bigint[] => {
  const inside = places.filter(
    (place): place is bigint => place !== null && place >= scale.low && place <= scale.high,
  )
  return [...new Set(inside)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
