import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import { judgeOutcome, type LoadedPolicy, loadPolicy, rewardsOf } from '@writ/policy-engine'
import { ownValue } from '../shared/cells.ts'

/** Most compiled rewards one process keeps. A ledger judges by a handful at a time; unit: policy versions. */
const COMPILED_MAX = 200

/** The parts of published policies that say what a success is, by digest. */
export type RewardBook = Readonly<Record<string, JsonObject>>

/** What the rewards of one policy version ask of outcomes. */
export interface RewardRules {
  readonly rewards: ReturnType<typeof rewardsOf>
  readonly judge: (metric: string, values: JsonObject) => 'success' | 'failure' | 'none'
}

/**
 * What of a policy document is needed to judge outcomes: rewards and parameters, a tenth of the text; empty where it
 * rewards nothing. They are kept in one row and not one a digest, because an outcome names its decision and not its
 * policy, and a fold must name the rows it reads by the event alone.
 */
export const rewardPart = (document: JsonValue): JsonObject => {
  if (!isJsonObject(document)) return {}
  const { policy, version, domain, params, reward } = document
  return Array.isArray(reward) && reward.length > 0
    ? pick({ policy, version, domain, params, reward })
    : {}
}

const pick = (fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as JsonObject

const NO_REWARDS: RewardRules = { rewards: [], judge: () => 'none' }

/** The rules of a policy version; undefined while its publication is unknown. */
export const rulesOf = (book: RewardBook, digest: string | null): RewardRules | undefined => {
  if (digest === null) return undefined
  const known = compiled.get(digest)
  if (known !== undefined) return known
  const part = ownValue(book, digest)
  if (part === undefined) return undefined
  if (part.reward === undefined) return NO_REWARDS
  const policy = compiledPart(digest, part)
  const rules: RewardRules = {
    rewards: rewardsOf(policy),
    judge: (metric, values) => judgeOutcome(policy, metric, values),
  }
  if (compiled.size >= COMPILED_MAX) compiled.delete(compiled.keys().next().value as string)
  compiled.set(digest, rules)
  return rules
}

/** Compiling is pure and a digest names one content for ever, so what is kept can only be what would be made again. */
const compiled = new Map<string, RewardRules>()

/** The engine loads whole policies: an action that grants nothing stands in for those left out. */
const NO_ACTION: JsonObject = {
  request: { type: 'object', additionalProperties: false, properties: {} },
  rules: { hit: 'strictest', default: { outcome: 'escalate', code: 'NO_RULE' }, list: [] },
  autonomy: { ceiling: 'AL0', bands: [] },
}

/** @throws where this release cannot load what an earlier one published: the event is parked, and shows */
const compiledPart = (digest: string, part: JsonObject): LoadedPolicy => {
  const policy = loadPolicy(canonicalJson({ ...part, actions: { none: NO_ACTION } }))
  if (policy instanceof Problem) {
    throw new Error(`the rewards of the policy ${digest} do not load: ${policy.detail}`)
  }
  return policy
}
