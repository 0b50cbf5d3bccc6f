import { decidePublication, policiesFrozen, policyStream, publishedVersion } from '@writ/domain'
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  Problem,
  sha256Hex,
  timestampOf,
} from '@writ/kernel'
import { variantsOf } from '@writ/policy-engine'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { PolicySummary } from '../use-cases.ts'
import { validatedEvent } from './activate-policy.command.ts'
import { rememberedChecks } from './policy-checks.ts'
import { type GateVerdict, gatesOf } from './policy-gates.ts'
import { policyHistory, summaryOf } from './policy-history.ts'
import { testedPolicy } from './validate-policy.query.ts'

/** How often a publication is decided again because the policy's stream has moved. */
const TRIES_MAX = 8

export type PublishedPolicy = PolicySummary & {
  readonly replayed: boolean
  readonly note?: string
}

/**
 * Publishes one version of a policy: immutable from then on, and without effect until it is activated. One that passes
 * every gate is validated in the same append; one that does not is a draft, and the reply says what it lacks.
 * Publishing the same content again answers as before. Durable on return.
 *
 * @problem policy-unreadable, policy-invalid, policy-tests-failed, policy-exists, policies-frozen
 */
export const publishPolicy =
  (deps: Deps) =>
  (context: CommandContext, text: string): Promise<PublishedPolicy | Problem> =>
    // A try after a conflict need not look at the same text again.
    publishing({ ...deps, policyChecks: rememberedChecks(deps.policyChecks) })(
      context,
      text,
      TRIES_MAX,
    )

const publishing =
  (deps: Deps) =>
  async (
    context: CommandContext,
    text: string,
    triesLeft: number,
  ): Promise<PublishedPolicy | Problem> => {
    // 1. Does it hold? Shape, types, profile, and its own golden tests.
    const policy = await testedPolicy(deps, text)
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
    const verdict = await gatesOf(deps, text)
    const validated = verdict.passed ? [validatedEvent(deps, context, decided)] : []
    const result = await deps.log.append(ledger, {
      caller: actor.id,
      events: [event, ...validated].map((one) => ({
        event: one,
        expectedRevision: history.revision,
      })),
      attachments: [document, source],
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict' && triesLeft > 1) {
      return publishing(deps)(context, text, triesLeft - 1)
    }
    if (result.status !== 'appended')
      return refusalOf(result.status === 'duplicate' ? { status: 'id-reused' } : result, [
        policyStream(name),
      ])
    const place = {
      position: result.places[0]?.position ?? 0,
      at: timestampOf(Date.parse(result.recordedAt)),
      by: actor.id,
    }
    const published = { ...publishedVersion(decided, place), validated: verdict.passed }
    const note = verdict.passed ? {} : { note: draftNote(verdict) }
    return { ...summaryOf(published, active), ...note, replayed: false }
  }

const draftNote = ({ failed }: GateVerdict): string =>
  `It is a draft and cannot be activated: it fails ${failed.join(', ')}. Mend it and publish the next version.`

const attached = (text: string): { sha256: string; bytes: number } => ({
  sha256: sha256Hex(text),
  bytes: Buffer.byteLength(text),
})
