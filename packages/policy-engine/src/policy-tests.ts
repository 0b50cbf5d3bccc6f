import { type JsonObject, Problem } from '@writ/kernel'
import { bindRequest } from './bind-request.ts'
import { decide } from './decide.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import type { TestDocument } from './policy-document.ts'
import type { Decided, PolicyTestRun, TestFailure } from './types.ts'

/** Runs the tests inside a policy, `now` pinned to each test's `at`. They must pass before it is activated. */
export const runPolicyTests = (policy: LoadedPolicy): PolicyTestRun => {
  const tests = policy.document.tests ?? []
  const failed = tests.flatMap((test) => failureOf(policy, test) ?? [])
  return { total: tests.length, failed }
}

/** What a test's request is decided as; a problem where it does not fit the schema. */
export const decideTest = (policy: LoadedPolicy, test: TestDocument): Decided | Problem => {
  const action = test.action ?? [...policy.actions.keys()][0] ?? ''
  const bound = bindRequest(policy, action, test.request)
  if (bound instanceof Problem) return bound
  return decide(policy, {
    action,
    variant: test.variant ?? null,
    request: test.request,
    bound,
    subject: test.subject ?? { type: 'test', id: 'test' },
    at: test.at,
    features: test.features ?? {},
    evidence: test.evidence ?? {},
    ceilings: test.ceiling === undefined ? [] : [{ source: 'test', level: test.ceiling }],
  })
}

const failureOf = (policy: LoadedPolicy, { name, ...test }: TestDocument): TestFailure | null => {
  const decided = decideTest(policy, { name, ...test })
  const { outcome, level, codes } = test.expect
  const expected: JsonObject = {
    outcome,
    ...(level === undefined ? {} : { level }),
    ...(codes === undefined ? {} : { codes: codes.toSorted() }),
  }
  if (decided instanceof Problem) {
    return { name, expected, actual: { problem: decided.code, detail: decided.detail } }
  }
  const actual = { outcome: decided.outcome, level: decided.autonomyLevel, codes: decided.codes }
  const met =
    outcome === actual.outcome &&
    (level === undefined || level === actual.level) &&
    (codes === undefined || codes.toSorted().join() === actual.codes.join())
  return met ? null : { name, expected, actual }
}
