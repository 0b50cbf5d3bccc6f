import { isoDurationMs } from './duration.ts'
import { type ExprEngine, ExprFaults, type ExprScope } from './expr-engine.ts'
import type { Faults } from './faults.ts'
import type { CompiledReward } from './loaded-policy.ts'
import type { PolicyDocument } from './policy-document.ts'
import { objectShape, shapeOfParam } from './shape.ts'

/** Rewards see what the world reported and the policy's own parameters; nothing that a variant could move. */
export const compileRewards = (
  document: PolicyDocument,
  engine: ExprEngine,
  faults: Faults,
): readonly CompiledReward[] => {
  const params = Object.entries(document.params ?? {})
  const scope = engine.scope({
    outcome: { kind: 'open' },
    base: objectShape(Object.fromEntries(params.map(([name, each]) => [name, shapeOfParam(each)]))),
  })
  const values = Object.fromEntries(params.map(([name, each]) => [name, each.value]))
  const base = scope.binder('base')(values as never)
  return (document.reward ?? []).flatMap(({ metric, success, window, silence }, i) => {
    const program = successOf(scope, success, `/reward/${i}/success`, faults)
    if (!program) return []
    const windowMs = isoDurationMs(window) ?? 0
    return [{ metric, window, windowMs, silence, success: withBase(program, base) }]
  })
}

type Program = CompiledReward['success']

const withBase =
  (program: Program, base: unknown): Program =>
  (activation) =>
    program({ ...activation, base })

const successOf = (
  scope: ExprScope,
  source: string,
  pointer: string,
  faults: Faults,
): Program | null => {
  // `outcome.won` alone is open: nobody declares what the world reports. Its value is tested when it is judged.
  const compiled = scope.compile(source, 'bool', 'open')
  if (!(compiled instanceof ExprFaults)) return compiled.program
  faults.addExpression(pointer, compiled.list)
  return null
}
