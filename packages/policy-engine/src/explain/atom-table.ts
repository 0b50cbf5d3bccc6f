import type { CompiledAction, CompiledCondition } from '../compiled-action.ts'
import type { Expr } from '../expr.ts'
import type { Atom, AtomTree, Operand } from '../expr-atoms.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { truth } from '../verdict.ts'
import type { Verdict } from '../words.ts'
import { type ActionableField, actionableFields, Reads, touches } from './request-fields.ts'

/** One clause of one condition, with what it reads. */
export interface TableAtom {
  readonly index: number
  readonly atom: Atom
  readonly expr: Expr
  /** Full paths, such as `request.discount`. */
  readonly reads: ReadonlySet<string>
  /** Bit n: the atom reads actionable field n. */
  readonly fields: number
  readonly personal: boolean
  readonly sensitive: boolean
}

export type AtomNode =
  | { readonly op: 'atom'; readonly atom: TableAtom }
  | { readonly op: 'and' | 'or'; readonly left: AtomNode; readonly right: AtomNode }
  | { readonly op: 'not'; readonly of: AtomNode }
  | {
      readonly op: 'choice'
      readonly test: AtomNode
      readonly yes: AtomNode
      readonly no: AtomNode
    }

export interface TableCondition {
  readonly condition: CompiledCondition
  readonly tree: AtomNode
  readonly atoms: readonly TableAtom[]
  readonly reads: ReadonlySet<string>
  readonly sensitive: boolean
}

/** Fields that are looked at for counterfactuals, at most: a bit of an integer each. */
export const FIELDS_MAX = 30

/** Every clause of an action's conditions, numbered, with what each reads. */
export class AtomTable {
  readonly action: CompiledAction
  /** Actionable fields that some condition reads. */
  readonly fields: readonly ActionableField[]
  readonly guardrails: readonly TableCondition[]
  readonly rules: readonly TableCondition[]
  readonly bands: readonly TableCondition[]
  readonly atoms: readonly TableAtom[]
  readonly reads: Reads
  readonly #atoms: TableAtom[] = []

  constructor(action: CompiledAction, fields: readonly ActionableField[]) {
    this.action = action
    this.reads = new Reads(action.document)
    const { guardrails = [], rules } = action.document
    const all = [...action.guardrails, ...action.rules, ...action.bands]
    const paths = new Set(all.flatMap(({ compiled }) => [...this.reads.of(compiled.expr)]))
    this.fields = fields
      .filter(({ path }) => [...paths].some((read) => touches(read, path)))
      .slice(0, FIELDS_MAX)
    this.guardrails = action.guardrails.map((each, i) =>
      this.#condition(each, guardrails[i]?.sensitive === true),
    )
    this.rules = action.rules.map((each, i) =>
      this.#condition(each, rules.list[i]?.sensitive === true),
    )
    this.bands = action.bands.map((each) => this.#condition(each, false))
    this.atoms = this.#atoms
  }

  #condition(condition: CompiledCondition, sensitive: boolean): TableCondition {
    const from = this.#atoms.length
    const { atoms: split, expr } = condition.compiled
    const tree = this.#node(split, expr, sensitive)
    const atoms = this.#atoms.slice(from)
    const reads = new Set(atoms.flatMap((atom) => [...atom.reads]))
    return { condition, tree, atoms, reads, sensitive }
  }

  /** The split and the expression have the same form: each was made from the other. */
  #node(tree: AtomTree, expr: Expr, sensitive: boolean): AtomNode {
    if (tree.op === 'atom') return { op: 'atom', atom: this.#atom(tree.atom, expr, sensitive) }
    if (tree.op === 'not' && expr.kind === 'not') {
      return { op: 'not', of: this.#node(tree.of, expr.of, sensitive) }
    }
    if (tree.op === 'choice' && expr.kind === 'choice') {
      const test = this.#node(tree.test, expr.test, sensitive)
      const yes = this.#node(tree.yes, expr.yes, sensitive)
      return { op: 'choice', test, yes, no: this.#node(tree.no, expr.no, sensitive) }
    }
    if ((tree.op === 'and' || tree.op === 'or') && expr.kind === 'logic') {
      const left = this.#node(tree.left, expr.left, sensitive)
      return { op: tree.op, left, right: this.#node(tree.right, expr.right, sensitive) }
    }
    throw new Error(`a condition was split otherwise than it reads, at ${expr.kind}`)
  }

  #atom(atom: Atom, expr: Expr, sensitive: boolean): TableAtom {
    const reads = this.reads.of(expr)
    let fields = 0
    for (const [bit, { path }] of this.fields.entries()) {
      if ([...reads].some((read) => touches(read, path))) fields |= 1 << bit
    }
    const operands: readonly Operand[] = atom.compare === null ? [atom.of] : [atom.left, atom.right]
    const personal = operands.some((operand) => operand.personal)
    const made = { index: this.#atoms.length, atom, expr, reads, fields, personal, sensitive }
    this.#atoms.push(made)
    return made
  }
}

/** Kept with the action: making one walks every condition, and a loaded policy never changes. */
const tables = new WeakMap<CompiledAction, AtomTable>()

/** @throws Error  where the policy has no such action */
export const tableOf = (policy: LoadedPolicy, name: string): AtomTable => {
  const action = policy.actions.get(name)
  if (!action) throw new Error(`${policy.name} has no action '${name}'`)
  const known = tables.get(action)
  if (known) return known
  const made = new AtomTable(action, actionableFields(action.document))
  tables.set(action, made)
  return made
}

export const valueOfAtom = (atom: Atom, activation: object): Verdict => {
  if (atom.compare === null) return truth(atom.of.read(activation))
  const left = atom.left.read(activation)
  const right = atom.right.read(activation)
  if (left === undefined || right === undefined) return 'error'
  return atom.compare(left as never, right as never)
}
