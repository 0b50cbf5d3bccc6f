import { type JsonObject, Problem } from '@writ/kernel'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { policyByReference } from './read-policies.query.ts'

/**
 * What differs between two published versions of a policy, in their text and in what they decide on boundary values.
 *
 * @problem policy-reference-invalid, policy-not-found
 */
export const policyDiff =
  (deps: Deps) =>
  async (
    caller: Caller,
    versions: { readonly name: string; readonly before: string; readonly after: string },
  ): Promise<JsonObject | Problem> => {
    const read = policyByReference(deps)
    const before = await read(caller, `${versions.name}@${versions.before}`)
    if (before instanceof Problem) return before
    const after = await read(caller, `${versions.name}@${versions.after}`)
    if (after instanceof Problem) return after
    const [old, now] = await Promise.all(
      [before, after].map(({ digest }) => deps.policies.byDigest(caller.ledger, digest)),
    )
    if (!old || !now) throw new Error('a published version has no document')
    const texts = [old, now].map(({ document }) => JSON.stringify(document)) as [string, string]
    return (await deps.policyChecks.diff(...texts)) as unknown as JsonObject
  }
