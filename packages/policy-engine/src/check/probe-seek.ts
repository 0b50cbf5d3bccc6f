import { type Activation, activationOf } from '../activation.ts'
import type { CompiledAction } from '../compiled-action.ts'
import type { AtomTree } from '../expr-atoms.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { judgeOf } from '../verdict.ts'
import type { ProbeCases } from './probe-cases.ts'
import { boundBy, decideInput, keyOfInput, type ProbeInput, varied } from './probe-input.ts'
import { type Probed, type ProbedCondition, verdictIn } from './probe-results.ts'

/** Inputs from which a search starts. */
const STARTS_MAX = 6
/** Most evaluations over all searches of one action. */
const EVALUATIONS_MAX = 30_000

/**
 * Inputs for what a sample left out: for each condition that was never true, or never false, one field after another is
 * moved to the value that leaves the fewest clauses in the way. Nothing to do where every combination was tried.
 */
export const seekProbes = (
  policy: LoadedPolicy,
  action: CompiledAction,
  seen: {
    readonly cases: ProbeCases
    readonly conditions: readonly ProbedCondition[]
    readonly results: readonly Probed[]
  },
): readonly ProbeInput[] => {
  const { cases, conditions, results } = seen
  if (!cases.sampled) return []
  const seeker = new Seeker(policy, action, cases)
  const found = conditions.flatMap((each) =>
    [true, false].flatMap((want) => {
      if (results.some(({ decided }) => verdictIn(each, decided) === want)) return []
      return seeker.seek(each.condition.compiled.atoms, want) ?? []
    }),
  )
  return [...new Map(found.map((input) => [keyOfInput(input), input])).values()]
}

class Seeker {
  readonly #policy: LoadedPolicy
  readonly #action: CompiledAction
  readonly #cases: ProbeCases
  #left = EVALUATIONS_MAX

  constructor(policy: LoadedPolicy, action: CompiledAction, cases: ProbeCases) {
    this.#policy = policy
    this.#action = action
    this.#cases = cases
  }

  seek(tree: AtomTree, want: boolean): ProbeInput | null {
    for (const start of this.#cases.inputs.slice(0, STARTS_MAX)) {
      for (const variant of this.#cases.variants) {
        const found = this.#climb(start, tree, { want, variant })
        if (found) return found
      }
    }
    return null
  }

  #climb(
    start: ProbeInput,
    tree: AtomTree,
    aim: { readonly want: boolean; readonly variant: string | null },
  ): ProbeInput | null {
    const distance = (input: ProbeInput): number => {
      this.#left--
      const activation = this.#activation(input, aim.variant)
      return activation === null ? Infinity : distanceOf(tree, aim.want, activation)
    }
    let here = start
    let left = distance(here)
    for (const dimension of [...this.#cases.dimensions, ...this.#cases.dimensions]) {
      for (const variation of dimension) {
        if (left === 0) return here
        if (this.#left <= 0) return null
        const there = varied(here, variation)
        const rest = distance(there)
        if (rest < left) [here, left] = [there, rest]
      }
    }
    return left === 0 ? here : null
  }

  #activation(input: ProbeInput, variant: string | null): Activation | null {
    const bound = boundBy(this.#policy, this.#action.name, input)
    if (bound === null) return null
    const given = decideInput(this.#action.name, variant, input, bound)
    return activationOf(this.#policy, this.#action, given, () => {})
  }
}

/** How many clauses must turn for the condition to be what is wanted. An error counts as half a turn more. */
const distanceOf = (tree: AtomTree, want: boolean, activation: Activation): number => {
  switch (tree.op) {
    case 'atom': {
      const value = judgeOf(tree)(activation)
      return value === want ? 0 : value === 'error' ? 1.5 : 1
    }
    case 'not':
      return distanceOf(tree.of, !want, activation)
    case 'choice': {
      const through = (test: boolean, branch: AtomTree) =>
        distanceOf(tree.test, test, activation) + distanceOf(branch, want, activation)
      return Math.min(through(true, tree.yes), through(false, tree.no))
    }
    default: {
      const left = distanceOf(tree.left, want, activation)
      const right = distanceOf(tree.right, want, activation)
      return (tree.op === 'and') === want ? left + right : Math.min(left, right)
    }
  }
}
