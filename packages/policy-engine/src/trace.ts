import type { JsonValue } from '@writ/kernel'
import { activationOf } from './activation.ts'
import type { CompiledCondition } from './compiled-action.ts'
import type { Atom, AtomTree, Operand } from './expr-atoms.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import { shownValue } from './shown-value.ts'
import type { DecideInput, Trace, TraceAtom, TracedCondition } from './types.ts'
import { combine, not, truth } from './verdict.ts'
import type { Verdict } from './words.ts'

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
  #error: string | undefined

  constructor(activation: object, showPersonal: boolean) {
    this.#activation = activation
    this.#showPersonal = showPersonal
  }

  condition({ id, compiled }: CompiledCondition): TracedCondition {
    const value = this.#tree(compiled.atoms)
    const error = value === 'error' ? this.#error : undefined
    return { id, value, atoms: this.#atoms, ...(error === undefined ? {} : { error }) }
  }

  #tree(tree: AtomTree): Verdict {
    switch (tree.op) {
      case 'atom':
        return this.#atom(tree.atom)
      case 'and':
        return combine(false, this.#tree(tree.left), this.#tree(tree.right))
      case 'or':
        return combine(true, this.#tree(tree.left), this.#tree(tree.right))
      case 'not':
        return not(this.#tree(tree.of))
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
      const value = truth(this.#read(atom.of))
      this.#atoms.push({ source, value })
      return value
    }
    const a = this.#read(atom.left)
    const b = this.#read(atom.right)
    if (a === undefined || b === undefined) {
      this.#atoms.push({ source, value: 'error', ...this.#sides(atom.left, a, atom.right, b) })
      return 'error'
    }
    const value = atom.compare(a as never, b as never)
    const left = this.#shown(atom.left, a)
    this.#atoms.push({ source, value, left, right: this.#shown(atom.right, b) })
    return value
  }

  #read(operand: Operand): unknown {
    const value = operand.read(this.#activation)
    if (value === undefined) this.#error ??= operand.reason(this.#activation)
    return value
  }

  #shown({ personal, shown }: Operand, value: unknown): JsonValue {
    if (shown !== undefined) return shown
    return personal && !this.#showPersonal ? '[personal]' : shownValue(value)
  }

  /** A side that could not be read is left out. */
  #sides(left: Operand, a: unknown, right: Operand, b: unknown): Pick<TraceAtom, 'left' | 'right'> {
    return {
      ...(a === undefined ? {} : { left: this.#shown(left, a) }),
      ...(b === undefined ? {} : { right: this.#shown(right, b) }),
    }
  }
}
