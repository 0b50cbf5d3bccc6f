import { decideRevocation, type PublishedVersion, policyStream } from '@writ/domain'
import { type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { ActivatedPolicy } from '../use-cases.ts'
import { policyHistory, summaryOf } from './policy-history.ts'

const NO_POLICY_NOTE =
  'It was active: its domain has no policy now, so people decide until another version is activated.'

/**
 * Takes a version out of use for ever. One person is enough, and a freeze does not hinder it: it only makes things
 * stricter. Where it was active, its domain escalates everything from the acknowledgement on.
 *
 * @problem policy-not-found, policy-revoked
 */
export const revokePolicy =
  (deps: Deps) =>
  async (
    context: CommandContext,
    wanted: { readonly name: string; readonly version: string; readonly reason: string },
  ): Promise<ActivatedPolicy | Problem> => {
    const { ledger, actor } = context.caller
    const { name, version, reason } = wanted
    const identity = requestIdentity(deps, context, {
      route: `POST /policies/${name}/${version}/revoke`,
      body: { reason } as JsonValue,
    })
    const history = await policyHistory(deps, ledger, name)
    const controls = await deps.controls.fresh(ledger)
    const decided = decideRevocation(history, wanted)
    if (decided instanceof Problem) {
      const earlier = await earlierAnswer(deps, context, identity)
      if (earlier === undefined) return decided
      if (earlier instanceof Problem) return earlier
      const known = history.versions.get(version) as PublishedVersion
      return { ...summaryOf(known, undefined), replayed: true }
    }
    const wasActive = controls.ledger.active.get(decided.domain)?.digest === decided.digest
    const event = newEvent(deps, context, {
      type: 'PolicyVersionRevoked',
      stream: policyStream(name),
      data: decided as unknown as JsonObject,
    })
    const result = await deps.log.append(ledger, {
      caller: actor.id,
      // Whatever was recorded meanwhile, it is revoked after it: nobody can hold a stop up by being faster.
      events: [{ event }],
      ...(identity === undefined ? {} : { idempotency: identity }),
    })
    if (result instanceof Problem) return result
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
    const published = history.versions.get(version) as PublishedVersion
    return {
      ...summaryOf({ ...published, revoked: true }, undefined),
      ...(wasActive ? { note: NO_POLICY_NOTE } : {}),
      replayed: result.status === 'duplicate',
    }
  }
