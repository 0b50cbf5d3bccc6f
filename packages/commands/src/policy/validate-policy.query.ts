import { type JsonObject, Problem } from '@writ/kernel'
import { type LoadedPolicy, loadPolicy, variantsOf } from '@writ/policy-engine'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { PolicyCheckTooLong } from './policy-checks.ts'

/**
 * Everything that can be known of a policy before it decides, gate by gate, and what it would change where its domain
 * has an active version. Nothing is written. Takes some tenths of a second of one core.
 *
 * @problem policy-unreadable, policy-invalid, policy-tests-failed
 */
export const validatePolicy =
  (deps: Deps) =>
  async ({ ledger }: Caller, text: string): Promise<JsonObject | Problem> => {
    const policy = await testedPolicy(deps, text)
    if (policy instanceof Problem) return policy
    const { name, version, domain, digest, document } = policy
    const { ledger: controls } = await deps.controls.fresh(ledger)
    const active = controls.active.get(domain)
    const against = active && (await deps.policies.byDigest(ledger, active.digest))
    const { policy: _, ...report } = await deps.policyChecks.check(
      text,
      against && JSON.stringify(against.document),
    )
    return {
      valid: true,
      name,
      version,
      domain,
      digest,
      actions: Object.keys(document.actions),
      variants: variantsOf(policy),
      tests: document.tests?.length ?? 0,
      ...(report as unknown as JsonObject),
    }
  }

/**
 * A policy whose shape, types and profile hold and whose own golden tests pass.
 *
 * @problem policy-unreadable, policy-invalid, policy-tests-failed
 */
export const testedPolicy = async (
  { policyChecks }: Pick<Deps, 'policyChecks'>,
  text: string,
): Promise<LoadedPolicy | Problem> => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem) return policy
  const run = await policyChecks.tests(text).catch(tooLong)
  if (run instanceof Problem) return run
  const { failed, total } = run
  if (failed.length === 0) return policy
  return new Problem(
    'policy-tests-failed',
    `${failed.length} of ${total} golden tests fail: ${failed
      .map((test) => test.name)
      .join(', ')
      .slice(0, 500)}.`,
    { failed },
  )
}

const tooLong = (fault: unknown): Problem => {
  if (fault instanceof PolicyCheckTooLong) {
    return new Problem('policy-tests-failed', `Its golden tests do not end: ${fault.message}.`)
  }
  throw fault
}
