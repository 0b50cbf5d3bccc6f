import { type DecisionMade, decideInputOf, judge, upcast } from '@writ/domain'
import { parseEntry } from '@writ/event-log'
import { canonicalJson, type JsonObject, Problem } from '@writ/kernel'
import {
  type Audience,
  type DecidedExplanation,
  explainDecided,
  explainRecorded,
  explainWithoutPolicy,
  type LoadedPolicy,
} from '@writ/policy-engine'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { recordOpening } from '../event/read-events.query.ts'
import { openData } from '../shared/personal-data.ts'
import { decisionEntry, decisionNotFound } from './read-decision.query.ts'

/**
 * Why a decision came out as it did, for one audience: its voices as recorded, every condition clause by clause re-run
 * on the recorded inputs, and the changes of the request that would have led further. Says so when the inputs are gone,
 * or when today's engine judges otherwise; then it promises nothing.
 *
 * @problem decision-not-found
 * @problem forbidden  an auditor's view without the scope `log:audit`
 */
export const explainDecision =
  (deps: Deps) =>
  async (
    caller: Caller,
    id: string,
    audience: Audience = 'operator',
  ): Promise<JsonObject | Problem> => {
    if (audience === 'auditor' && !caller.scopes.has('log:audit')) {
      return new Problem(
        'forbidden',
        'The view of an auditor needs the scope log:audit. Ask for audience=operator, or use another key.',
      )
    }
    const stored = await decisionEntry(deps, caller, id)
    if (stored === undefined) return decisionNotFound()
    const entry = parseEntry(stored)
    // Opened to re-run the conditions; shown only to an auditor who may read it.
    const opened = await openData(deps, entry, { tenant: caller.tenant, personal: true })
    // Pointers of sealed values are those of the shape it was written in, so they are put back before it is upcast.
    const made = upcast({ ...entry, data: opened.data }).data as unknown as DecisionMade
    const { policy: pinned } = made.inputs
    const policy =
      pinned === null ? null : await deps.policies.byDigest(caller.ledger, pinned.digest)
    const mayReadPersonal = caller.scopes.has('personal:read')
    const told = explanation(deps, {
      made,
      policy,
      erased: opened.erased,
      audience,
      mayReadPersonal,
    })
    if (audience === 'auditor' && mayReadPersonal && opened.opened.length > 0) {
      await recordOpening(deps, caller, [{ eventId: entry.id, pointers: opened.opened }])
    }
    return { decision: id, ...told } as unknown as JsonObject
  }

interface Recorded {
  readonly made: DecisionMade
  readonly policy: LoadedPolicy | null
  readonly erased: readonly string[]
  readonly audience: Audience
  readonly mayReadPersonal: boolean
}

interface Replay {
  readonly verdict: 'same' | 'different' | 'engine-changed' | 'not-replayable'
  readonly reason?: string
}

const explanation = (
  deps: Pick<Deps, 'engine'>,
  recorded: Recorded,
): DecidedExplanation & { readonly replayable: boolean; readonly replay: Replay } => {
  const { made, policy, erased, audience, mayReadPersonal } = recorded
  const { inputs, decided } = made
  if (erased.length > 0) {
    const reason = `erased: ${erased.join(', ')}`
    return {
      replayable: false,
      replay: { verdict: 'not-replayable', reason },
      ...explainRecorded(decided, audience),
      policy: pinnedPolicy(inputs),
    }
  }
  const replay: Replay = { verdict: verdictOf(deps, recorded) }
  if (policy === null) {
    return { replayable: true, replay, ...explainWithoutPolicy(decided, audience) }
  }
  const searches = replay.verdict === 'same'
  const options = { decided, audience, mayReadPersonal, searches }
  return {
    replayable: true,
    replay,
    ...explainDecided(policy, decideInputOf(inputs, { raw: inputs.request }), options),
  }
}

const verdictOf = ({ engine }: Pick<Deps, 'engine'>, { made, policy }: Recorded) => {
  const { inputs, decided } = made
  const again = judge(policy, inputs, { raw: inputs.request })
  const same =
    canonicalJson(again as unknown as JsonObject) ===
    canonicalJson(decided as unknown as JsonObject)
  if (same) return 'same'
  return made.engine.source === engine.source ? 'different' : 'engine-changed'
}

/**
 * Which policy judged, where nothing can be re-run: its parameters are not told without what they were compared with.
 */
const pinnedPolicy = ({ policy, variant }: DecisionMade['inputs']): DecidedExplanation['policy'] =>
  policy === null
    ? null
    : {
        ...policy,
        variant: variant?.id ?? null,
        ref: `${policy.name}@${policy.version}${variant === null ? '' : `.${variant.id}`}`,
        params: {},
        overlay: {},
      }
