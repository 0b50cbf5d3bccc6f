import type { LoadedPolicy } from './loaded-policy.ts'
import type { Limit } from './types.ts'
import type { AutonomyLevel } from './words.ts'

/**
 * How often a level may approve an action, or null without a limit. The store counts `name` per UTC day inside the
 * append, so that two callers cannot share the last place; over the limit, the ceiling of that request is AL2.
 */
export const limitOf = (
  policy: LoadedPolicy,
  action: string,
  level: AutonomyLevel,
): Limit | null => {
  const bands = policy.actions.get(action)?.document.autonomy.bands ?? []
  const limits = bands.find((band) => band.level === level)?.limits
  if (!limits) return null
  return { name: `${policy.name}/${action}/${level}`, perDay: limits.perDay, timezone: 'UTC' }
}
