import type { CompiledAction, CompiledCondition } from '../compiled-action.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { type Judge, truth } from '../verdict.ts'
import type { SecondEngine, SecondProgram } from './second-engine.ts'

/** An expression that the second implementation does not take. */
export interface RefusedExpression {
  readonly pointer: string
  readonly message: string
}

export interface SecondPolicy {
  readonly policy: LoadedPolicy
  readonly refused: readonly RefusedExpression[]
}

/**
 * The same policy with every condition and derived value evaluated by the second engine. What deciding does around them
 * is ours and stays, so that `decide` of both can be compared byte for byte.
 */
export const inSecondEngine = (policy: LoadedPolicy, engine: SecondEngine): SecondPolicy => {
  const compiler = new SecondCompiler(engine)
  const actions = new Map(
    [...policy.actions].map(([name, action]) => [name, compiler.action(action)] as const),
  )
  return { policy: { ...policy, actions }, refused: compiler.refused }
}

class SecondCompiler {
  readonly refused: RefusedExpression[] = []
  readonly #engine: SecondEngine

  constructor(engine: SecondEngine) {
    this.#engine = engine
  }

  action(action: CompiledAction): CompiledAction {
    const { document, name } = action
    const pointer = `/actions/${name}`
    return {
      ...action,
      evidence: action.evidence.map((each, i) => {
        const source = document.evidence?.[i]?.requiredWhen
        if (source === undefined) return each
        return {
          ...each,
          requiredWhen: this.#judge(`${pointer}/evidence/${i}/requiredWhen`, source),
        }
      }),
      derived: action.derived.map((each, i) => {
        const at = `${pointer}/derive/${i}/expr`
        const program = this.#program(at, document.derive?.[i]?.expr ?? '')
        return { ...each, program: throwing(program) }
      }),
      guardrails: this.#conditions(`${pointer}/guardrails`, action.guardrails),
      rules: this.#conditions(`${pointer}/rules/list`, action.rules),
      bands: this.#conditions(`${pointer}/autonomy/bands`, action.bands),
    }
  }

  #conditions<C extends CompiledCondition>(
    pointer: string,
    conditions: readonly C[],
  ): readonly C[] {
    return conditions.map((each, i) => ({
      ...each,
      judge: this.#judge(`${pointer}/${i}/when`, each.compiled.source),
    }))
  }

  #judge(pointer: string, source: string): Judge {
    const program = this.#program(pointer, source)
    return (activation) => truth(program(activation))
  }

  #program(pointer: string, source: string): SecondProgram {
    try {
      return this.#engine(source)
    } catch {
      this.refused.push({ pointer, message: 'the second CEL engine cannot parse the expression' })
      return () => undefined
    }
  }
}

/** Derived programs say by throwing that they have no value. */
const throwing =
  (program: SecondProgram): SecondProgram =>
  (activation) => {
    const value = program(activation)
    if (value === undefined) throw new Error('no value')
    return value
  }
