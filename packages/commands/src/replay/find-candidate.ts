import { canonicalJson, Problem } from '@writ/kernel'
import { loadPolicy, parsePolicyReference } from '@writ/policy-engine'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { policyByReference } from '../policy/read-policies.query.ts'
import type { Candidate } from './replay-page.ts'

/** A published policy by `name@version` or `name@version.VARIANT`, or the text of a policy file. */
export type CandidateName = { readonly reference: string } | { readonly text: string }

/** @problem policy-reference-invalid, policy-not-found, policy-unreadable, policy-invalid */
export const findCandidate = async (
  deps: Deps,
  caller: Caller,
  name: CandidateName,
): Promise<Candidate | Problem> => {
  if ('text' in name) {
    const policy = loadPolicy(name.text)
    if (policy instanceof Problem) return policy
    const { version, domain, digest } = policy
    return { name: policy.name, version, domain, digest, text: name.text, from: 'file' }
  }
  const wanted = parsePolicyReference(name.reference)
  if (wanted instanceof Problem) return wanted
  const found = await policyByReference(deps)(caller, name.reference)
  if (found instanceof Problem) return found
  const { version, domain, digest } = found
  return {
    ...{ name: found.name, version, domain, digest, from: 'ledger' },
    ...(wanted.variant === undefined ? {} : { variant: wanted.variant }),
    text: canonicalJson(found.document),
  }
}
