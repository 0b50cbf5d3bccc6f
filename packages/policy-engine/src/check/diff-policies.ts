import { type ChangeClass, changeClassOf } from '../change-class.ts'
import { decide } from '../decide.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import type { Decided } from '../types.ts'
import { looseningBetween } from './loosening.ts'
import type {
  PolicyDiff,
  SemanticChange,
  SemanticExample,
  SemanticOutcome,
  VersionName,
} from './policy-diff.ts'
import { boundBy, decideInput, exampleOfInput } from './probe-input.ts'
import { type ComparedAction, compareActions } from './probe-pairs.ts'
import { structuralDiff } from './structural-diff.ts'

const EXAMPLES_MAX = 5

/**
 * What differs between two versions: their parts by stable id, and what they decide on the boundary probes of both.
 * The semantic part is a sample of inputs: it proves differences, never their absence.
 */
export const diffPolicies = (before: LoadedPolicy, after: LoadedPolicy): PolicyDiff => {
  const compared = compareActions(before, after)
  return {
    before: nameOf(before),
    after: nameOf(after),
    structural: structuralDiff(before, after),
    semantic: semanticDiff(before, after, compared),
    loosening: looseningBetween(before, after, compared),
  }
}

const nameOf = ({ name, version, digest }: LoadedPolicy): VersionName => ({ name, version, digest })

const semanticDiff = (
  before: LoadedPolicy,
  after: LoadedPolicy,
  actions: readonly ComparedAction[],
): PolicyDiff['semantic'] => {
  const found = new Map<ChangeClass, { count: number; examples: SemanticExample[] }>()
  let compared = 0
  for (const { action, pairs } of actions) {
    for (const { input, variants } of pairs) {
      const [old, now] = [before, after].map((policy, i) => {
        const bound = boundBy(policy, action, input)
        const variant = variants[i] ?? null
        return bound && decide(policy, decideInput(action, variant, input, bound))
      })
      compared++
      const changeClass = old && now ? changeClassOf(old, now) : 'not-replayable'
      const entry = found.get(changeClass) ?? { count: 0, examples: [] }
      found.set(changeClass, entry)
      entry.count++
      if (changeClass === 'same' || entry.examples.length >= EXAMPLES_MAX) continue
      const shown = exampleOfInput(now ? after : before, action, variants[1], input)
      entry.examples.push({ input: shown, before: outcomeOf(old), after: outcomeOf(now) })
    }
  }
  const changes: readonly SemanticChange[] = [...found].map(([changeClass, entry]) => ({
    changeClass,
    ...entry,
  }))
  return { compared, sampled: actions.some(({ sampled }) => sampled), changes }
}

const outcomeOf = (decided: Decided | null | undefined): SemanticOutcome | null =>
  decided ? { outcome: decided.outcome, level: decided.autonomyLevel, codes: decided.codes } : null
