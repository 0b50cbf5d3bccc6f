import { decideActivation, type PublishedVersion, policiesFrozen, policyStream } from '@writ/domain'
import { type JsonObject, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { PolicySummary } from '../use-cases.ts'
import { policyHistory, summaryOf } from './policy-history.ts'

export type ActivatedPolicy = PolicySummary & { readonly replayed: boolean; readonly note?: string }

const ONE_PERSON_NOTE =
  'The same actor published and activated it. The development profile allows that; production asks for a second person.'

/**
 * Makes a published version the one its domain decides by. From the acknowledgement on every decision of every process
 * uses it: their appends compare the control counter that this entry moves. Rolling back is activating an older one.
 *
 * @problem policy-not-found, self-activation-forbidden, policies-frozen
 */
export const activatePolicy =
  (deps: Deps) =>
  async (
    context: CommandContext,
    name: string,
    version: string,
  ): Promise<ActivatedPolicy | Problem> => {
    const { ledger, actor } = context.caller
    const route = `POST /policies/${name}/${version}/activate`
    const identity = requestIdentity(deps, context, { route, body: null })

    // 1. Is there such a version, and may this person activate it?
    const history = await policyHistory(deps, ledger, name)
    const onePersonAllowed = deps.profile === 'development'
    const decided = decideActivation(history, { name, version, by: actor.id, onePersonAllowed })
    if (decided instanceof Problem) return decided
    const controls = await deps.controls.fresh(ledger)
    if (policiesFrozen([controls.system, controls.ledger], decided.domain)) {
      return new Problem(
        'policies-frozen',
        'The kill switch freezes policies; the active version stays as it is.',
      )
    }
    const published = history.versions.get(version) as PublishedVersion
    const note = decided.publishedBy === actor.id ? { note: ONE_PERSON_NOTE } : {}
    if (controls.ledger.active.get(decided.domain)?.digest === decided.digest) {
      return { ...summaryOf(published, decided.digest), ...note, replayed: true }
    }

    // 2. It must compile before it may decide: a version that this release cannot load stays inactive.
    await deps.policies.byDigest(ledger, decided.digest)

    // 3. Record: the pointer moves with this entry.
    const event = newEvent(deps, context, {
      type: 'PolicyVersionActivated',
      stream: policyStream(name),
      data: decided as unknown as JsonObject,
    })
    const result = await deps.log.append(ledger, {
      caller: actor.id,
      events: [{ event, expectedRevision: history.revision }],
      control: controls.token,
      ...(identity === undefined ? {} : { idempotency: identity }),
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict' || result.status === 'stale-control') {
      return activatePolicy(deps)(context, name, version)
    }
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
    const replayed = result.status === 'duplicate'
    return { ...summaryOf({ ...published, everActive: true }, decided.digest), ...note, replayed }
  }
