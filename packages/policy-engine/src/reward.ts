import type { JsonObject } from '@writ/kernel'
import type { CompiledReward, LoadedPolicy } from './loaded-policy.ts'

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
