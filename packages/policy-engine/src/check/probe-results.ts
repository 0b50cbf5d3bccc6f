import type { CompiledCondition } from '../compiled-action.ts'
import type { Decided } from '../types.ts'
import type { Verdict } from '../words.ts'
import type { ProbeInput } from './probe-input.ts'
import type { ConditionKind } from './report.ts'

/** A condition of an action with where it stands. */
export interface ProbedCondition {
  readonly kind: ConditionKind
  readonly id: string
  readonly pointer: string
  readonly condition: CompiledCondition
  /** Features and evidence whose absence makes it err, as it must. */
  readonly mayMiss: readonly string[]
}

/** What one input came to under one variant. */
export interface Probed {
  readonly input: ProbeInput
  readonly variant: string | null
  readonly decided: Decided
}

/** The value of one condition in a decision. */
export const verdictIn = (
  { kind, id }: Pick<ProbedCondition, 'kind' | 'id'>,
  { values }: Decided,
): Verdict | undefined => {
  const of =
    kind === 'guardrail' ? values.guardrails : kind === 'rule' ? values.rules : values.bands
  return of?.[id]
}
