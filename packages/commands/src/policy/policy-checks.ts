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
} from '@writ/policy-engine'

/**
 * The long looks at policies: tenths of a second to seconds of one core. A port, so that a server can have them done
 * beside the thread that decides. All policies are texts, YAML or JSON, because a compiled one cannot leave its thread.
 */
export interface PolicyChecks {
  /** @param against the version that is active now */
  check(text: string, against?: string): Promise<PolicyCheckReport>
  /** Of published versions, which load. */
  loosening(before: string, after: string): Promise<readonly Loosening[]>
  diff(before: string, after: string): Promise<PolicyDiff>
}

/** Done where they are asked for: for commands of their own, and for the thread that does them for a server. */
export const directPolicyChecks: PolicyChecks = {
  check: async (text, against) => checkPolicy(text, against === undefined ? {} : { against }),
  loosening: async (before, after) => looseningOf(loaded(before).document, loaded(after).document),
  diff: async (before, after) => diffPolicies(loaded(before), loaded(after)),
}

const loaded = (text: string): LoadedPolicy => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem)
    throw new Error(`a published policy does not load: ${policy.detail}`)
  return policy
}
