import { canonicalJson, type JsonValue } from '@writ/kernel'
import { activationOf } from '../activation.ts'
import type { CompiledAction } from '../compiled-action.ts'
import { decide } from '../decide.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { shownValue } from '../shown-value.ts'
import type { Decided } from '../types.ts'
import type { Verdict } from '../words.ts'
import type { BareFinding } from './probe-findings.ts'
import {
  boundBy,
  decideInput,
  exampleOfInput,
  inputOfTest,
  type ProbeInput,
} from './probe-input.ts'
import type { ProbedAction } from './probe-run.ts'
import { type SecondEngine, shownOfSecond } from './second-engine.ts'
import { inSecondEngine } from './second-policy.ts'

/** Conditions that the second engine evaluates for one action: it takes three to five times as long as the first. */
const EVALUATIONS_MAX = 30_000
const INPUTS_MIN = 16

export interface EnginesVerdict {
  readonly findings: readonly BareFinding[]
  /** Inputs that both engines decided. */
  readonly compared: number
}

/**
 * Decides every golden test, and as many probes as are affordable, with both CEL engines, and compares each condition,
 * each derived value and the decision. One finding for each condition that differs, with the first input that shows it.
 */
export const compareEngines = (
  policy: LoadedPolicy,
  probed: readonly ProbedAction[],
  engine: SecondEngine,
): EnginesVerdict => {
  const second = inSecondEngine(policy, engine)
  const comparer = new Comparer(policy, second.policy)
  const [only = ''] = policy.actions.keys()
  for (const test of policy.document.tests ?? []) {
    const of = { action: test.action ?? only, variant: test.variant ?? null }
    comparer.compare(of, inputOfTest(test), `in the test '${test.name}'`)
  }
  for (const { action, cases } of probed) {
    for (const input of affordable(action, cases.variants.length, cases.inputs)) {
      for (const variant of cases.variants) {
        comparer.compare({ action: action.name, variant }, input, 'on a probe')
      }
    }
  }
  const refused = second.refused.map((each) => ({
    code: 'second-engine-refuses' as const,
    ...each,
  }))
  return { findings: [...refused, ...comparer.findings], compared: comparer.compared }
}

/** Evenly over all inputs, so that every corner is seen. */
const affordable = (
  { guardrails, rules, bands, derived }: CompiledAction,
  variants: number,
  inputs: readonly ProbeInput[],
): readonly ProbeInput[] => {
  const conditions = guardrails.length + rules.length + bands.length + derived.length
  const most = Math.max(
    INPUTS_MIN,
    Math.floor(EVALUATIONS_MAX / (Math.max(1, conditions) * variants)),
  )
  const step = Math.max(1, inputs.length / most)
  return inputs.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step))
}

interface Of {
  readonly action: string
  readonly variant: string | null
}

class Comparer {
  readonly #first: LoadedPolicy
  readonly #second: LoadedPolicy
  readonly #found = new Map<string, BareFinding>()
  compared = 0

  constructor(first: LoadedPolicy, second: LoadedPolicy) {
    this.#first = first
    this.#second = second
  }

  get findings(): readonly BareFinding[] {
    return [...this.#found.values()]
  }

  compare({ action, variant }: Of, input: ProbeInput, where: string): void {
    const compiled = this.#first.actions.get(action)
    const other = this.#second.actions.get(action)
    const bound = boundBy(this.#first, action, input)
    if (!compiled || !other || bound === null) return
    this.compared++
    const given = decideInput(action, variant, input, bound)
    const givenSecond = { ...given, bound: { ...bound, owner: other } }
    const before = decide(this.#first, given)
    const after = decide(this.#second, givenSecond)
    const note = (pointer: string, what: string, values: readonly [unknown, unknown]): void => {
      if (this.#found.has(pointer)) return
      const [a, b] = values.map((value) => JSON.stringify(value))
      const message = `${where} ${what} is ${a} in the first engine and ${b} in the second`
      const example = exampleOfInput(this.#first, action, variant, input)
      this.#found.set(pointer, { code: 'engines-differ', pointer, message, example })
    }
    const [left, right] = [this.#derived(compiled, given), this.#derivedSecond(other, givenSecond)]
    for (const [i, { id }] of compiled.derived.entries()) {
      const values = [left[id] ?? 'error', right[id] ?? 'error'] as const
      const at = `/actions/${action}/derive/${i}/expr`
      if (textOf(values[0]) !== textOf(values[1])) note(at, `the derived value ${id}`, values)
    }
    for (const each of conditionValues(compiled, before, after)) {
      if (each.values[0] !== each.values[1]) note(each.pointer, each.name, each.values)
    }
    if (textOf(before) !== textOf(after)) {
      note(`/actions/${action}`, 'the decision', [before.outcome, after.outcome])
    }
  }

  #derived(action: CompiledAction, given: Parameters<typeof decide>[1]) {
    return shownAll(activationOf(this.#first, action, given, () => {}).derived, shownValue)
  }

  #derivedSecond(action: CompiledAction, given: Parameters<typeof decide>[1]) {
    return shownAll(activationOf(this.#second, action, given, () => {}).derived, shownOfSecond)
  }
}

const textOf = (value: unknown): string => canonicalJson(value as JsonValue)

const shownAll = (
  values: object,
  show: (value: unknown) => JsonValue,
): Readonly<Record<string, JsonValue>> =>
  Object.fromEntries(Object.entries(values).map(([id, value]) => [id, show(value)]))

interface ConditionValues {
  readonly pointer: string
  readonly name: string
  readonly values: readonly [Verdict | undefined, Verdict | undefined]
}

const conditionValues = (
  { name, guardrails, rules, bands }: CompiledAction,
  before: Decided,
  after: Decided,
): readonly ConditionValues[] => {
  const at = `/actions/${name}`
  return [
    ...guardrails.map(({ id }, i) => ({
      pointer: `${at}/guardrails/${i}/when`,
      name: `the guardrail ${id}`,
      values: [before.values.guardrails?.[id], after.values.guardrails?.[id]] as const,
    })),
    ...rules.map(({ id }, i) => ({
      pointer: `${at}/rules/list/${i}/when`,
      name: `the rule ${id}`,
      values: [before.values.rules[id], after.values.rules[id]] as const,
    })),
    ...bands.map(({ level }, i) => ({
      pointer: `${at}/autonomy/bands/${i}/when`,
      name: `the band ${level}`,
      values: [before.values.bands[level], after.values.bands[level]] as const,
    })),
  ]
}
