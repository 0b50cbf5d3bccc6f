import { Problem } from '@writ/kernel'
import type { LoadedPolicy } from './loaded-policy.ts'
import { decideTest } from './policy-tests.ts'
import type { Verdict } from './words.ts'

/** A condition that the policy's own tests never see in one of its states. */
export interface CoverageGap {
  readonly action: string
  readonly kind: 'guardrail' | 'rule' | 'band'
  readonly id: string
  /** `firing`: no test makes it true. `not-firing`: no test makes it false. */
  readonly missing: 'firing' | 'not-firing'
}

/**
 * What the tests inside a policy leave out. To be activated, every guardrail and rule needs a test that fires it and
 * one that does not, and every band a test that it approves.
 */
export const coverageGaps = (policy: LoadedPolicy): readonly CoverageGap[] => {
  const seen = seenValues(policy)
  const gaps: CoverageGap[] = []
  for (const action of policy.actions.values()) {
    const require = (
      kind: CoverageGap['kind'],
      id: string,
      ...values: readonly boolean[]
    ): void => {
      for (const value of values) {
        if (seen.has(keyOf(action.name, kind, id, value))) continue
        gaps.push({ action: action.name, kind, id, missing: value ? 'firing' : 'not-firing' })
      }
    }
    for (const { id } of action.guardrails) require('guardrail', id, true, false)
    for (const { id } of action.rules) require('rule', id, true, false)
    for (const { level } of action.bands) require('band', level, true)
  }
  return gaps
}

const seenValues = (policy: LoadedPolicy): ReadonlySet<string> => {
  const seen = new Set<string>()
  const [only = ''] = policy.actions.keys()
  for (const test of policy.document.tests ?? []) {
    const decided = decideTest(policy, test)
    if (decided instanceof Problem) continue
    const action = test.action ?? only
    const note = (kind: CoverageGap['kind'], values: Readonly<Record<string, Verdict>>): void => {
      for (const [id, value] of Object.entries(values)) seen.add(keyOf(action, kind, id, value))
    }
    note('guardrail', decided.values.guardrails ?? {})
    note('rule', decided.values.rules)
    // A wider band holds whenever a narrower one does; only the level that was needed shows it at work.
    if (decided.neededLevel) seen.add(keyOf(action, 'band', decided.neededLevel, true))
  }
  return seen
}

const keyOf = (...parts: readonly unknown[]): string => parts.join(' ')
