import type { Expr, ExprProgram } from './expr.ts'
import type { AtomTree } from './expr-atoms.ts'
import type { ValueShape } from './expr-shapes.ts'
import type { FaultCode } from './fault-codes.ts'
import type { Shape } from './shape.ts'

/**
 * The port to the expression language. One adapter exists (`cel-engine.ts`); nothing else in this package knows which
 * CEL library runs, so it can be replaced without touching a decision.
 */
export interface ExprEngine {
  /** An environment in which exactly these variables exist. */
  scope(variables: Readonly<Record<string, Shape>>): ExprScope
}

export interface ExprScope {
  readonly variables: Readonly<Record<string, Shape>>
  /** Parses, type-checks, holds the profile, compiles. Faults where the text leaves the profile. */
  compile(source: string, ...expectedTypes: readonly string[]): CompiledExpr | ExprFaults
  /** The binder of one variable's values: integers to BigInt, times to Date, objects to typed objects. */
  binder(variable: string): Binder
}

/** JSON that already fits the shape, in; what programs read, out. */
export type Binder = (value: never) => unknown

export interface CompiledExpr {
  readonly source: string
  readonly expr: Expr
  readonly program: ExprProgram
  /** Upper bound of the work. Unit: about 0.1 µs. */
  readonly cost: number
  /** Bounds of the value, where more than the static type is known. */
  readonly shape: ValueShape | null
  /** Whether the value depends on personal data. */
  readonly personal: boolean
  /** Split at `&& || ! ?:`; only conditions have them. */
  readonly atoms: AtomTree
}

export class ExprFaults {
  readonly list: readonly ExprFault[]
  constructor(list: readonly ExprFault[]) {
    this.list = list
  }
}

export interface ExprFault {
  readonly code: FaultCode
  readonly message: string
  /** Characters into the source, from 0. */
  readonly offset: number
  /** What the author may have meant, where a name is close to a known one. */
  readonly suggestion?: string
}
