import {
  decidePublication,
  type PolicyVersionPublished,
  type PublishedVersion,
  policiesFrozen,
  policyStream,
} from '@writ/domain'
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  Problem,
  sha256Hex,
  timestampOf,
} from '@writ/kernel'
import { type LoadedPolicy, loadPolicy, runPolicyTests } from '@writ/policy-engine'
import type { Caller, CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { PolicySummary } from '../use-cases.ts'
import { policyHistory, summaryOf } from './policy-history.ts'

export type PublishedPolicy = PolicySummary & { readonly replayed: boolean }

/** What a policy says about itself when it passes its checks; nothing is written. */
export const validatePolicy =
  (_deps: Deps) =>
  async (_caller: Caller, text: string): Promise<JsonObject | Problem> => {
    const policy = checked(text)
    if (policy instanceof Problem) return policy
    const { name, version, domain, digest, document } = policy
    return {
      valid: true,
      name,
      version,
      domain,
      digest,
      actions: Object.keys(document.actions),
      variants: variantsOf(policy),
      tests: document.tests?.length ?? 0,
    }
  }

/**
 * Publishes one version of a policy: immutable from then on, and without effect until it is activated. Publishing the
 * same content again answers as before. Durable on return.
 *
 * @problem policy-unreadable, policy-invalid, policy-tests-failed, policy-exists, policies-frozen
 */
export const publishPolicy =
  (deps: Deps) =>
  async (context: CommandContext, text: string): Promise<PublishedPolicy | Problem> => {
    // 1. Does it hold? Shape, types, profile, and its own golden tests.
    const policy = checked(text)
    if (policy instanceof Problem) return policy
    const { name, version, domain, digest } = policy
    const { ledger, actor } = context.caller

    // 2. May policies change now?
    const controls = await deps.controls.fresh(ledger)
    if (policiesFrozen([controls.system, controls.ledger], domain)) {
      return new Problem(
        'policies-frozen',
        'The kill switch freezes policies; nothing was published.',
      )
    }

    // 3. Is the version free, or is it this very content?
    const history = await policyHistory(deps, ledger, name)
    const decided = decidePublication(history, {
      name,
      version,
      domain,
      digest,
      variants: variantsOf(policy),
    })
    if (decided instanceof Problem) return decided
    const active = controls.ledger.active.get(domain)?.digest
    if ('known' in decided) return { ...summaryOf(decided.known, active), replayed: true }

    // 4. Record, the document beside the entry under its digest.
    const document = canonicalJson(policy.document as unknown as JsonValue)
    const source = canonicalJson(text)
    const event = newEvent(deps, context, {
      type: 'PolicyVersionPublished',
      stream: policyStream(name),
      data: decided as unknown as JsonObject,
      commitments: { '/document': attached(document), '/source': attached(source) },
    })
    const result = await deps.log.append(ledger, {
      caller: actor.id,
      events: [{ event, expectedRevision: history.revision }],
      attachments: [document, source],
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return publishPolicy(deps)(context, text)
    if (result.status !== 'appended')
      return refusalOf(result.status === 'duplicate' ? { status: 'id-reused' } : result)
    const published: PublishedVersion = {
      ...(decided as PolicyVersionPublished),
      publishedAt: timestampOf(Date.parse(result.recordedAt)),
      publishedBy: actor.id,
      position: result.places[0]?.position ?? 0,
      everActive: false,
    }
    return { ...summaryOf(published, active), replayed: false }
  }

const checked = (text: string): LoadedPolicy | Problem => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem) return policy
  const { failed, total } = runPolicyTests(policy)
  if (failed.length === 0) return policy
  return new Problem(
    'policy-tests-failed',
    `${failed.length} of ${total} golden tests fail: ${failed
      .map((test) => test.name)
      .join(', ')
      .slice(0, 500)}.`,
    {
      failed,
    },
  )
}

const variantsOf = (policy: LoadedPolicy): readonly string[] =>
  policy.document.variants?.list.map((variant) => variant.id) ?? []

const attached = (text: string): { sha256: string; bytes: number } => ({
  sha256: sha256Hex(text),
  bytes: Buffer.byteLength(text),
})
