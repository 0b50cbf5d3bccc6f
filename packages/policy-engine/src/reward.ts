import type { JsonObject } from '@writ/kernel'
import type { ExprProgram } from './expr-engine.ts'
import type { LoadedPolicy } from './types.ts'

/** What counts as success of an approved decision, judged when its outcome is known. */
export interface CompiledReward {
  readonly metric: string
  /** ISO 8601 text as the policy has it. */
  readonly window: string
  readonly windowMs: number
  /** What no outcome by the window's end means. */
  readonly silence: 'failure' | 'none'
  readonly success: ExprProgram
}

/** The rewards of a policy, without their programs. */
export const rewardsOf = (policy: LoadedPolicy): readonly Omit<CompiledReward, 'success'>[] =>
  policy.rewards.map(({ metric, window, windowMs, silence }) => ({
    metric,
    window,
    windowMs,
    silence,
  }))

/**
 * Whether recorded outcome values are a success under the policy's own parameters (`base.*`, never a variant's: a
 * variant must not move its own goal). A value that is missing or of another type is `none`, not a failure.
 */
export const judgeOutcome = (
  policy: LoadedPolicy,
  metric: string,
  values: JsonObject,
): 'success' | 'failure' | 'none' => {
  const reward = policy.rewards.find((each) => each.metric === metric)
  if (!reward) return 'none'
  try {
    const value = reward.success({ outcome: values })
    return value === true ? 'success' : value === false ? 'failure' : 'none'
  } catch {
    return 'none'
  }
}
