import type { JsonValue } from '@writ/kernel'
import { activationOf } from './activation.ts'
import type { CompiledCondition } from './compiled-action.ts'
import type { Atom, AtomTree, Side } from './expr-atoms.ts'
import type { ExprProgram } from './expr-engine.ts'
import { shownValue } from './shown-value.ts'
import type {
  DecideInput,
  LoadedPolicy,
  Trace,
  TraceAtom,
  TracedCondition,
  Verdict,
} from './types.ts'

export interface TraceOptions {
  /** Shows personal values as they are. Only for readers who may open them. */
  readonly showPersonal?: boolean
}

/**
 * Explains a decision clause by clause: every atom of every condition with its value and both sides, evaluated
 * without short circuit and three-valued, so that nothing that mattered is left out.
 *
 * @throws Error  on the same inputs as `decide`
 */
export const trace = (
  policy: LoadedPolicy,
  input: DecideInput,
  { showPersonal = false }: TraceOptions = {},
): Trace => {
  const action = policy.actions.get(input.action)
  if (!action) throw new Error(`trace() needs an action of ${policy.name}, not '${input.action}'`)
  const activation = activationOf(policy, action, input, () => {})
  const explain = (conditions: readonly CompiledCondition[]): readonly TracedCondition[] =>
    conditions.map((condition) => new Tracer(activation, showPersonal).condition(condition))
  return {
    guardrails: explain(action.guardrails),
    rules: explain(action.rules),
    bands: explain(action.bands),
  }
}

/** Walks one condition, collecting its atoms in the order of the text. */
class Tracer {
  readonly #activation: object
  readonly #showPersonal: boolean
  readonly #atoms: TraceAtom[] = []
  #error: string | null = null

  constructor(activation: object, showPersonal: boolean) {
    this.#activation = activation
    this.#showPersonal = showPersonal
  }

  condition({ id, compiled }: CompiledCondition): TracedCondition {
    const value = this.#tree(compiled.atoms)
    const traced = { id, value, atoms: this.#atoms }
    return value === 'error' && this.#error !== null ? { ...traced, error: this.#error } : traced
  }

  #tree(tree: AtomTree): Verdict {
    switch (tree.op) {
      case 'atom':
        return this.#atom(tree.atom)
      case 'and':
        return and(this.#tree(tree.left), this.#tree(tree.right))
      case 'or':
        return or(this.#tree(tree.left), this.#tree(tree.right))
      case 'not': {
        const value = this.#tree(tree.of)
        return value === 'error' ? value : !value
      }
      case 'choice': {
        const test = this.#tree(tree.test)
        const yes = this.#tree(tree.yes)
        const no = this.#tree(tree.no)
        return test === 'error' ? test : test ? yes : no
      }
      default:
        return tree satisfies never
    }
  }

  #atom(atom: Atom): Verdict {
    const { source } = atom
    if (atom.compare === null) {
      const result = this.#read(atom.program)
      const value = typeof result === 'boolean' ? result : 'error'
      this.#atoms.push({ source, value })
      return value
    }
    const left = this.#read(atom.left.read)
    const right = this.#read(atom.right.read)
    const failed = left === FAILED || right === FAILED
    const value = failed ? 'error' : atom.compare(left as never, right as never)
    this.#atoms.push(
      failed
        ? { source, value, ...this.#known('left', atom.left, left), ...this.#known('right', atom.right, right) }
        : { source, value, left: this.#shown(atom.left, left), right: this.#shown(atom.right, right) },
    )
    return value
  }

  #read(program: ExprProgram): unknown {
    try {
      return program(this.#activation)
    } catch (error) {
      this.#error ??= reasonOf(error)
      return FAILED
    }
  }

  #shown({ personal }: Side, value: unknown): JsonValue {
    return personal && !this.#showPersonal ? '[personal]' : shownValue(value)
  }

  /** A side that could not be read is left out. */
  #known(name: 'left' | 'right', side: Side, value: unknown): { readonly [name: string]: JsonValue } {
    return value === FAILED ? {} : { [name]: this.#shown(side, value) }
  }
}

const FAILED = Symbol('failed')

const and = (left: Verdict, right: Verdict): Verdict =>
  left === false || right === false ? false : left === 'error' || right === 'error' ? 'error' : true

const or = (left: Verdict, right: Verdict): Verdict =>
  left === true || right === true ? true : left === 'error' || right === 'error' ? 'error' : false

/** Why a clause failed, without the values it failed on: the library puts them into its messages. */
const reasonOf = (error: unknown): string => {
  const { code, summary } = error as { readonly code?: string; readonly summary?: string }
  if (code === 'no_such_key' && summary !== undefined) {
    return summary.replace(/^No such key: /, 'no such field: ')
  }
  return (code ?? 'evaluation_error').replaceAll('_', ' ')
}
