import type { CompiledAction, CompiledCondition } from '../compiled-action.ts'
import { decide } from '../decide.ts'
import { presenceTestsOf, readsOf } from '../expr.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { type ProbeCases, probeCases } from './probe-cases.ts'
import { boundBy, decideInput, exampleOfInput } from './probe-input.ts'
import { type Probed, type ProbedCondition, verdictIn } from './probe-results.ts'
import { seekProbes } from './probe-seek.ts'
import type { ActionProbes, ConditionKind, ProbeExample } from './report.ts'

export interface ProbedAction {
  readonly action: CompiledAction
  readonly cases: ProbeCases
  readonly conditions: readonly ProbedCondition[]
  readonly results: readonly Probed[]
  readonly summary: ActionProbes
  exampleOf(probed: Probed): ProbeExample
}

/** Decides every probe of every action under every variant. */
export const runProbes = (policy: LoadedPolicy): readonly ProbedAction[] =>
  [...policy.actions.values()].map((action) => probed(policy, action))

const probed = (policy: LoadedPolicy, action: CompiledAction): ProbedAction => {
  const cases = probeCases(policy, action)
  const conditions = conditionsOf(action)
  const results = decideAll(policy, action.name, cases)
  const sought = seekProbes(policy, action, { cases, conditions, results })
  const all = [...results, ...decideAll(policy, action.name, { ...cases, inputs: sought })]
  return {
    action,
    cases: { ...cases, inputs: [...cases.inputs, ...sought] },
    conditions,
    results: all,
    summary: summaryOf(action, cases, conditions, all),
    exampleOf: ({ variant, input }) => exampleOfInput(policy, action.name, variant, input),
  }
}

export const decideAll = (
  policy: LoadedPolicy,
  action: string,
  { inputs, variants }: Pick<ProbeCases, 'inputs' | 'variants'>,
): readonly Probed[] =>
  inputs.flatMap((input) => {
    const bound = boundBy(policy, action, input)
    if (bound === null) return []
    return variants.map((variant) => {
      const decided = decide(policy, decideInput(action, variant, input, bound))
      return { input, variant, decided }
    })
  })

const conditionsOf = (action: CompiledAction): readonly ProbedCondition[] => {
  const pointer = `/actions/${action.name}`
  const of = (kind: ConditionKind, at: string, list: readonly CompiledCondition[]) =>
    list.map((condition, i) => ({
      kind,
      id: condition.id,
      pointer: `${pointer}/${at}/${i}/when`,
      condition,
      mayMiss: mayMiss(action, condition),
    }))
  return [
    ...of('guardrail', 'guardrails', action.guardrails),
    ...of('rule', 'rules/list', action.rules),
    ...of('band', 'autonomy/bands', action.bands),
  ]
}

/** `features.x` and `evidence.y` that are read without has(), through derived values too. */
const mayMiss = (action: CompiledAction, { compiled }: CompiledCondition): readonly string[] => {
  const parts = new Set([compiled.expr])
  const found = new Set<string>()
  for (const part of parts) {
    const tested = presenceTestsOf(part)
    for (const read of readsOf(part)) {
      const derived = action.derived.find(({ id }) => read === `derived.${id}`)
      if (derived) parts.add(derived.compiled.expr)
      if (/^(?:features|evidence)\./.test(read) && !tested.has(read)) found.add(read)
    }
  }
  return [...found]
}

const summaryOf = (
  action: CompiledAction,
  cases: ProbeCases,
  conditions: readonly ProbedCondition[],
  results: readonly Probed[],
): ActionProbes => {
  const tally = (keys: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
    return counts
  }
  return {
    action: action.name,
    probes: results.length / cases.variants.length,
    sampled: cases.sampled,
    variants: cases.variants,
    fields: cases.fields,
    conditions: conditions.map(({ kind, id }) => {
      const counts = tally(results.map(({ decided }) => String(verdictIn({ kind, id }, decided))))
      const { true: fired = 0, false: not = 0, error = 0 } = counts
      return { kind, id, fired, not, error }
    }),
    outcomes: tally(results.map(({ decided }) => decided.outcome)),
    levels: tally(results.map(({ decided }) => decided.autonomyLevel)),
  }
}
