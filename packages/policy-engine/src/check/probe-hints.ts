import { childrenOf, type Expr } from '../expr.ts'

/** What the conditions of an action compare one input with. Numbers of times are milliseconds since 1970. */
export interface Hints {
  readonly numbers: Set<number>
  readonly texts: Set<string>
  readonly sizes: Set<number>
  /** Whether hours, days or months of a time are read. */
  timeParts: boolean
}

/** Paths as conditions name them, joined by dots; an item of a list is `[]`. */
export type HintsByPath = Map<string, Hints>

/** Collects what expressions read and what they compare it with, under one set of parameters. */
export class HintCollector {
  readonly found: HintsByPath
  readonly #params: Readonly<Record<string, unknown>>
  readonly #base: Readonly<Record<string, unknown>>

  constructor(found: HintsByPath, params: object, base: object) {
    this.found = found
    this.#params = params as Readonly<Record<string, unknown>>
    this.#base = base as Readonly<Record<string, unknown>>
  }

  collect(expr: Expr, names: Names = NO_NAMES): void {
    const path = pathIn(expr, names)
    if (path) {
      this.#at(path)
      return
    }
    if (expr.kind === 'macro') {
      this.#macro(expr, names)
      return
    }
    if (expr.kind === 'binary') this.#compared(expr, names)
    if (expr.kind === 'call') this.#called(expr, names)
    if (expr.kind === 'index') this.#indexed(expr, names)
    for (const child of childrenOf(expr)) this.collect(child, names)
  }

  /** The value of an expression that reads parameters and literals only; undefined for any other. */
  constant(expr: Expr): unknown {
    switch (expr.kind) {
      case 'literal':
        return expr.value
      case 'minus':
        return negative(this.constant(expr.of))
      case 'select':
        return this.#parameter(expr)
      case 'list': {
        const items = expr.items.map((item) => this.constant(item))
        return items.includes(undefined) ? undefined : items
      }
      case 'call':
        return this.#constantCall(expr)
      case 'binary':
        return arithmetic(expr.op, this.constant(expr.left), this.constant(expr.right))
      default:
        return undefined
    }
  }

  #parameter({ of, field }: Extract<Expr, { kind: 'select' }>): unknown {
    if (of.kind !== 'name') return undefined
    if (of.name === 'params') return this.#params[field]
    return of.name === 'base' ? this.#base[field] : undefined
  }

  #constantCall({ name, receiver, args }: Extract<Expr, { kind: 'call' }>): unknown {
    const [first] = args
    if (receiver !== null || !first) return undefined
    const value = this.constant(first)
    if (name === 'double' && typeof value === 'bigint') return Number(value)
    return name === 'timestamp' && typeof value === 'string' ? new Date(value) : undefined
  }

  #macro({ range, variable, bodies }: Extract<Expr, { kind: 'macro' }>, names: Names): void {
    this.collect(range, names)
    const list = pathIn(range, names)
    const inside = new Map(names).set(variable, list && [...list, ITEM])
    for (const body of bodies) this.collect(body, inside)
  }

  #compared({ op, left, right }: Extract<Expr, { kind: 'binary' }>, names: Names): void {
    if (!RELATIONS.has(op)) return
    if (op === 'in') {
      const list = pathIn(right, names)
      if (list) this.#note([...list, ITEM], this.constant(left))
    }
    this.#side(left, right, names)
    this.#side(right, left, names)
  }

  #side(side: Expr, other: Expr, names: Names): void {
    const value = this.constant(other)
    if (value === undefined) return
    const path = pathIn(throughCalls(side), names)
    if (path) this.#note(path, value)
    const sized =
      side.kind === 'call' && side.name === 'size' ? (side.receiver ?? side.args[0]) : null
    const list = sized && pathIn(sized, names)
    if (list) this.#at(list).sizes.add(Number(value))
  }

  #called({ name, receiver, args }: Extract<Expr, { kind: 'call' }>, names: Names): void {
    const [of, text] = receiver ? [receiver, args[0]] : args
    const path = of && pathIn(throughCalls(of), names)
    if (!path) return
    if (/^get[A-Z]/.test(name)) this.#at(path).timeParts = true
    const value = text && this.constant(text)
    if (typeof value !== 'string') return
    const texts =
      name === 'glob' ? [value.replaceAll('*', ''), value.replaceAll('*', 'x')] : [value]
    for (const each of texts) this.#at(path).texts.add(each)
  }

  /** The keys of a map literal are what its index may be. */
  #indexed({ of, at }: Extract<Expr, { kind: 'index' }>, names: Names): void {
    const path = pathIn(throughCalls(at), names)
    if (!path || of.kind !== 'map') return
    for (const [key] of of.entries) this.#note(path, this.constant(key))
  }

  #note(path: readonly string[], value: unknown): void {
    const hints = this.#at(path)
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each === 'string') hints.texts.add(each)
      else if (typeof each === 'bigint' || typeof each === 'number') hints.numbers.add(Number(each))
      else if (each instanceof Date) hints.numbers.add(each.getTime())
    }
  }

  #at(path: readonly string[]): Hints {
    const key = path.join('.')
    const known = this.found.get(key)
    if (known) return known
    const made: Hints = { numbers: new Set(), texts: new Set(), sizes: new Set(), timeParts: false }
    this.found.set(key, made)
    return made
  }
}

/** What the variables of macros stand for; null where that is no input. */
type Names = ReadonlyMap<string, readonly string[] | null>

const NO_NAMES: Names = new Map()
const ITEM = '[]'
const RELATIONS = new Set(['==', '!=', '<', '<=', '>', '>=', 'in'])
const INPUTS = new Set(['request', 'subject', 'features', 'evidence', 'now'])

/** Where in the input an expression points, when it is nothing but a path into it. */
export const pathIn = (expr: Expr, names: Names = NO_NAMES): readonly string[] | null => {
  switch (expr.kind) {
    case 'name':
      return names.get(expr.name) ?? (INPUTS.has(expr.name) ? [expr.name] : null)
    case 'select': {
      const of = pathIn(expr.of, names)
      return of && [...of, expr.field]
    }
    case 'index': {
      const of = pathIn(expr.of, names)
      return of && expr.at.type === 'int' ? [...of, ITEM] : null
    }
    case 'has':
      return pathIn(expr.of, names)
    default:
      return null
  }
}

/** Calls that keep what a comparison is about: `double(x) < 5.0`, `x.lowerAscii() == 'a'`. */
const throughCalls = (expr: Expr): Expr => {
  if (expr.kind !== 'call') return expr
  const inner =
    expr.name === 'double' ? expr.args[0] : expr.name === 'lowerAscii' ? expr.receiver : null
  return inner ?? expr
}

const negative = (value: unknown): unknown =>
  typeof value === 'bigint' || typeof value === 'number' ? -value : undefined

const arithmetic = (op: string, left: unknown, right: unknown): unknown => {
  if (typeof left !== 'bigint' || typeof right !== 'bigint') return undefined
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0n ? undefined : left / right
    default:
      return undefined
  }
}
