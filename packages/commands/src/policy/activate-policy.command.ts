import {
  type Activate,
  decideActivation,
  type PolicyHistory,
  type PublishedVersion,
  policiesFrozen,
  policyStream,
} from '@writ/domain'
import type { NewEvent } from '@writ/event-log'
import { type JsonObject, type JsonValue, Problem, parseTimestamp, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import type { Controls } from '../shared/control-reader.ts'
import { earlierAnswer, type RequestIdentity, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { ActivatedPolicy, ActivationRequest } from '../use-cases.ts'
import { askForApproval } from './ask-for-approval.ts'
import { rememberedChecks } from './policy-checks.ts'
import { gatesOf, notReady, sourceOf, stepFrom } from './policy-gates.ts'
import { policyHistory, summaryOf } from './policy-history.ts'

const ONE_PERSON_NOTE =
  'The same actor published and activated it. The development profile allows that; production asks for a second person.'
const LOOSENING_NOTE =
  'It loosens what the active version holds. The development profile allows that; production asks for two people besides the author.'

/** How often an activation is decided again because something else was appended first. Each try reads fresh. */
const TRIES_MAX = 8

/** What stands before the decision to activate. */
interface Asked {
  readonly history: PolicyHistory
  readonly version: PublishedVersion
  readonly controls: Controls
  readonly command: Activate
  readonly gates: readonly NewEvent[]
}

/**
 * Makes a published version the one its domain decides by, now or at a time. From the acknowledgement on every decision
 * of every process uses it: their appends compare the control counter that this entry moves. Rolling back is activating
 * an older one. Where the step loosens something and too few people have approved it, a review is opened instead.
 *
 * @problem policy-not-found, policy-revoked, policy-not-ready, approval-needed, self-activation-forbidden,
 *   policies-frozen, request-invalid, stale-control
 */
export const activatePolicy =
  (deps: Deps) =>
  async (
    context: CommandContext,
    name: string,
    version: string,
    request: ActivationRequest = {},
  ): Promise<ActivatedPolicy | Problem> => {
    const route = `POST /policies/${name}/${version}/activate`
    const body = request.at === undefined ? null : ({ at: request.at } as JsonValue)
    const identity = requestIdentity(deps, context, { route, body })
    // A repeat is answered first: what was done once may be refused by now, or be asked of people again.
    const earlier = await repeated(deps, context, { identity, name, version })
    if (earlier !== undefined) return earlier
    // Who moves controls all the time must not make each try long enough for the next move.
    const quick = { ...deps, policyChecks: rememberedChecks(deps.policyChecks) }
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      const done = await activated(quick, context, { identity, name, version, at: request.at })
      if (done !== undefined) return done
    }
    return new Problem(
      'stale-control',
      `Something else was recorded first under each of ${TRIES_MAX} tries. Repeat the request.`,
      { retryAfterSeconds: 1 },
    )
  }

interface Wanted {
  readonly identity: RequestIdentity | undefined
  readonly name: string
  readonly version: string
}

/** One try; undefined where something was recorded in between, and all has to be looked at again. */
const activated = async (
  deps: Deps,
  context: CommandContext,
  wanted: Wanted & { readonly at: string | undefined },
): Promise<ActivatedPolicy | Problem | undefined> => {
  const { ledger, actor } = context.caller
  const { identity } = wanted

  // 1. Is there such a version, is it ready, and may this person activate it?
  const asked = await ask(deps, context, wanted)
  if (asked instanceof Problem) return asked
  const { history, controls, command, gates } = asked
  const decided = decideActivation(history, command)
  if (decided instanceof Problem) return decided
  if (decided.do === 'ask') return askForApproval(deps, context, asked)
  const notes = notesOf(asked)
  const active = command.active ?? undefined
  if (decided.do === 'activate' && active === decided.data.digest) {
    return { ...summaryOf(asked.version, active), ...notes, replayed: true }
  }

  // 2. Record: the pointer moves with this entry, or an approval says when it will.
  const event = newEvent(deps, context, {
    type: decided.do === 'activate' ? 'PolicyVersionActivated' : 'PolicyVersionApproved',
    stream: policyStream(wanted.name),
    data: decided.data as unknown as JsonObject,
  })
  const events = [...gates, event]
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: events.map((one) => ({ event: one, expectedRevision: history.revision })),
    control: controls.token,
    ...(identity === undefined ? {} : { idempotency: identity }),
  })
  if (result instanceof Problem) return result
  if (result.status === 'conflict' || result.status === 'stale-control') return undefined
  if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
  const replayed = result.status === 'duplicate'
  if (decided.do === 'schedule') {
    const approval = { ...decided.data, at: command.at } satisfies PublishedVersion['approval']
    return { ...summaryOf({ ...asked.version, approval }, active), ...notes, replayed }
  }
  const now = { ...asked.version, everActive: true }
  return { ...summaryOf(now, decided.data.digest), ...notes, replayed }
}

/** Where the version stands now, for a request that was done before. */
const repeated = async (
  deps: Deps,
  context: CommandContext,
  { identity, name, version }: Wanted,
): Promise<ActivatedPolicy | Problem | undefined> => {
  const earlier = await earlierAnswer(deps, context, identity)
  if (earlier === undefined || earlier instanceof Problem) return earlier
  const { ledger } = context.caller
  const published = (await policyHistory(deps, ledger, name)).versions.get(version)
  if (published === undefined) return undefined
  const { active } = (await deps.controls.fresh(ledger)).ledger
  return { ...summaryOf(published, active.get(published.domain)?.digest), replayed: true }
}

/** @problem policy-not-found, policy-not-ready, policies-frozen, request-invalid */
const ask = async (
  deps: Deps,
  context: CommandContext,
  wanted: {
    readonly name: string
    readonly version: string
    readonly at: string | undefined
  },
): Promise<Asked | Problem> => {
  const { ledger, actor } = context.caller
  const { name, version } = wanted
  const activateAt = wanted.at === undefined ? undefined : timeOf(wanted.at)
  if (activateAt instanceof Problem) return activateAt
  const history = await policyHistory(deps, ledger, name)
  const controls = await deps.controls.fresh(ledger)
  const who = {
    ...{ name, version, by: actor.id, at: timestampOf(deps.clock.now()) },
    onePersonAllowed: deps.profile === 'development',
  }
  const found = history.versions.get(version)
  const first = decideActivation(history, { ...who, active: null, loosening: [] })
  if (first instanceof Problem) return first
  const published = found as PublishedVersion
  if (policiesFrozen([controls.system, controls.ledger], published.domain)) {
    return new Problem(
      'policies-frozen',
      'The kill switch freezes policies; the active version stays as it is.',
    )
  }
  // It must compile before it may decide: a version that this release cannot load stays inactive.
  const to = await deps.policies.byDigest(ledger, published.digest)
  const gates = await gateEvents(deps, context, published)
  if (gates instanceof Problem) return gates
  const step = await stepFrom(deps, ledger, { controls, to })
  const command = { ...who, ...step, ...(activateAt === undefined ? {} : { activateAt }) }
  return { history, version: published, controls, command, gates }
}

/**
 * A version that has not passed its gates yet passes them now or is refused: an older release may have known fewer.
 *
 * @problem policy-not-ready
 */
const gateEvents = async (
  deps: Deps,
  context: CommandContext,
  version: PublishedVersion,
): Promise<readonly NewEvent[] | Problem> => {
  if (version.validated) return []
  const verdict = await gatesOf(deps, await sourceOf(deps, context.caller.ledger, version))
  if (!verdict.passed) return notReady(`${version.name}@${version.version}`, verdict)
  return [validatedEvent(deps, context, version)]
}

export const validatedEvent = (
  deps: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  { name, version, digest }: Pick<PublishedVersion, 'name' | 'version' | 'digest'>,
): NewEvent =>
  newEvent(deps, context, {
    type: 'PolicyVersionValidated',
    stream: policyStream(name),
    data: { name, version, digest },
  })

const notesOf = ({ version, command }: Asked): { readonly note?: string } => {
  if (version.publishedBy === command.by) return { note: ONE_PERSON_NOTE }
  return command.onePersonAllowed && command.loosening.length > 0 ? { note: LOOSENING_NOTE } : {}
}

const timeOf = (text: string): string | Problem => {
  const ms = parseTimestamp(text)
  if (ms !== undefined) return timestampOf(ms)
  const message = 'must be an RFC 3339 time with a zone'
  return new Problem('request-invalid', `at ${message}.`, {
    errors: [{ pointer: '/at', message }],
  })
}
