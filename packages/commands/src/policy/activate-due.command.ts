import { decideDueActivation, policiesFrozen, policyStream } from '@writ/domain'
import { type JsonObject, Problem, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import { stepFrom } from './policy-gates.ts'
import { policyHistory } from './policy-history.ts'

/**
 * Activates a version whose time has come. For the due job: time itself changes nothing. While policies are frozen it
 * waits, and its validity is still counted from the time that was agreed.
 *
 * @returns true where it was activated now, null where nothing is due
 */
export const activateDue =
  (deps: Deps) =>
  async (
    context: CommandContext,
    name: string,
    version: string,
  ): Promise<true | null | Problem> => {
    const { ledger, actor } = context.caller
    const history = await policyHistory(deps, ledger, name)
    const published = history.versions.get(version)
    if (published === undefined) return null
    const controls = await deps.controls.fresh(ledger)
    if (policiesFrozen([controls.system, controls.ledger], published.domain)) return null
    const due = {
      ...{ version, at: timestampOf(deps.clock.now()) },
      onePersonAllowed: deps.profile === 'development',
    }
    // What another activation has overtaken stays in the list for ever: seen here, before the policies are compared.
    const active = controls.ledger.active.get(published.domain)?.digest ?? null
    if (decideDueActivation(history, { ...due, active, loosening: [] }) === undefined) return null
    const to = await deps.policies.byDigest(ledger, published.digest)
    const step = await stepFrom(deps, ledger, { controls, to })
    const data = decideDueActivation(history, { ...due, ...step })
    if (data === undefined) return null
    const event = newEvent(deps, context, {
      type: 'PolicyVersionActivated',
      stream: policyStream(name),
      data: data as unknown as JsonObject,
    })
    const result = await deps.log.append(ledger, {
      caller: actor.id,
      events: [{ event, expectedRevision: history.revision }],
      control: controls.token,
    })
    if (result instanceof Problem) return result
    // Somebody was faster, or a control moved: the next round looks again.
    if (result.status === 'conflict' || result.status === 'stale-control') return null
    return result.status === 'appended' || result.status === 'duplicate' ? true : refusalOf(result)
  }
