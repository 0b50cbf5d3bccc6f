import { Problem } from '@writ/kernel'
import {
  checkPolicy,
  diffPolicies,
  type LoadedPolicy,
  type Loosening,
  loadPolicy,
  looseningOf,
  type PolicyCheckReport,
  type PolicyDiff,
  type PolicyTestRun,
  runPolicyTests,
} from '@writ/policy-engine'

/**
 * The long looks at policies: tenths of a second to seconds of one core. A port, so that a server can have them done
 * beside the thread that decides. All policies are texts, YAML or JSON, because a compiled one cannot leave its thread.
 */
export interface PolicyChecks {
  /** The golden tests inside a policy that loads. */
  tests(text: string): Promise<PolicyTestRun>
  /** @param against the version that is active now */
  check(text: string, against?: string): Promise<PolicyCheckReport>
  /** Of published versions, which load. */
  loosening(before: string, after: string): Promise<readonly Loosening[]>
  diff(before: string, after: string): Promise<PolicyDiff>
}

/** A look at a policy that took longer than it may. Its message says how long that is. */
export class PolicyCheckTooLong extends Error {}

/** Done where they are asked for: for commands of their own, and for the thread that does them for a server. */
export const directPolicyChecks: PolicyChecks = {
  tests: async (text) => runPolicyTests(loaded(text)),
  check: async (text, against) => checkPolicy(text, against === undefined ? {} : { against }),
  loosening: async (before, after) => looseningOf(loaded(before).document, loaded(after).document),
  diff: async (before, after) => diffPolicies(loaded(before), loaded(after)),
}

/** Looks at the same policies once: for a command that begins again because something else was recorded first. */
export const rememberedChecks = (checks: PolicyChecks): PolicyChecks => {
  const found = new Map<string, Promise<unknown>>()
  const once = <T>(texts: readonly string[], look: () => Promise<T>): Promise<T> => {
    const key = JSON.stringify(texts)
    const known = (found.get(key) as Promise<T> | undefined) ?? look()
    found.set(key, known)
    return known
  }
  return {
    tests: (text) => once(['tests', text], () => checks.tests(text)),
    check: (text, against) =>
      once(['check', text, against ?? ''], () => checks.check(text, against)),
    loosening: (...texts) => once(['loosening', ...texts], () => checks.loosening(...texts)),
    diff: (...texts) => once(['diff', ...texts], () => checks.diff(...texts)),
  }
}

const loaded = (text: string): LoadedPolicy => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem)
    throw new Error(`a published policy does not load: ${policy.detail}`)
  return policy
}
