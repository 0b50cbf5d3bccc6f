import {
  type Assignment,
  ceilingsFor,
  type DecisionInputs,
  type DecisionMade,
  decisionStream,
  flagOf,
  judge,
  killSwitchCaps,
  killSwitchFor,
  limitCap,
} from '@writ/domain'
import type { Append, AppendedPlace, LimitUse, StoredEntry } from '@writ/event-log'
import { type JsonObject, type JsonValue, Problem, timestampOf } from '@writ/kernel'
import {
  type BoundRequest,
  bindRequest,
  type Decided,
  type LoadedPolicy,
  limitOf,
  personalPointers,
} from '@writ/policy-engine'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { decisionReview, needsReview } from '../review/decision-review.ts'
import type { Controls } from '../shared/control-reader.ts'
import { earlierAnswer, type RequestIdentity, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { type PlacedSubject, placeSubject, sealData, sealedParts } from '../shared/personal-data.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { DecisionReply, DecisionRequest } from '../use-cases.ts'
import { decisionView, storedDecisionView, type ViewPlace } from './decision-view.ts'

/** How often a decision starts again because a control moved under it. Each try reads fresh, so two are rare. */
const TRIES_MAX = 8

/** What one try of a decision has pinned. */
interface Pinned {
  readonly controls: Controls
  readonly policy: LoadedPolicy | null
  readonly bound: BoundRequest | undefined
  readonly inputs: DecisionInputs
}

/**
 * Makes one decision. No answer leaves this function before it is durably recorded (a dry run records nothing and says
 * so). Source: DESIGN §2, ADR-0001.
 */
export const makeDecision =
  (deps: Deps) =>
  async (
    context: CommandContext,
    domain: string,
    request: DecisionRequest,
  ): Promise<DecisionReply | Problem> => {
    const started = deps.monotonic()
    const identity = requestIdentity(deps, context, {
      route: `POST /decisions/${domain}`,
      body: request as unknown as JsonValue,
    })
    const dryRun = request.mode === 'dry-run'
    const subject = await placeSubject(deps, context.caller.tenant, request.subject)
    const told = await withAgent(deps, context, request)
    let spentLimit: string | undefined

    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      // 1. What do controls say? A remembered state may only lead to an append, which refuses it when it is old.
      const fresh = attempt > 1 || dryRun
      const { ledger } = context.caller
      const controls = fresh
        ? await deps.controls.fresh(ledger)
        : await deps.controls.remember(ledger)

      // 2. May it run, under which policy, and does the request fit? Pins every input, to be re-run in years.
      const pinned = await pin(deps, { controls, domain, request, subject, spentLimit, ledger })
      if (pinned instanceof Problem) {
        if (!fresh) continue // Refusing is not appending: look again with fresh eyes first.
        return answerBefore(deps, context, { identity, request, refusal: pinned, started })
      }

      // 3. Decide: pure, no clock, no I/O, no randomness.
      const decided = judge(pinned.policy, pinned.inputs, {
        raw: request.request,
        ...(pinned.bound === undefined ? {} : { bound: pinned.bound }),
      })

      // 4. Record, then answer. A crash before this line told nobody anything; after it, a repeat finds the answer.
      const ms = Math.round((deps.monotonic() - started) * 1000) / 1000
      const draft = drafted(deps, told, { pinned, decided, request, subject, ms })
      const answer = (log: ViewPlace['log']): DecisionReply => ({
        decision: decisionView(draft.made, { ...draft, request, log }),
        replayed: false,
        totalMs: deps.monotonic() - started,
      })
      if (dryRun) return answer(null)
      const result = await deps.log.append(ledger, {
        ...draft.append,
        ...(identity === undefined ? {} : { idempotency: identity }),
      })
      if (result instanceof Problem) return result

      // 5. 'stale-control': a control moved since step 1. 'over-limit': decide again one level lower.
      if (result.status === 'stale-control') continue
      if (result.status === 'over-limit') {
        spentLimit = draft.append.limit?.name
        continue
      }
      if (result.status === 'duplicate') {
        const stored = await deps.reader.at(ledger, result.firstPosition)
        return replay(deps, stored as StoredEntry, { request, started })
      }
      if (result.status !== 'appended') return refusalOf(result, [decisionStream(draft.id)])
      const { position, hash, prev } = result.places[0] as AppendedPlace
      return answer({ ledger, position, hash, prev })
    }
    return new Problem(
      'stale-control',
      `A control changed under each of ${TRIES_MAX} tries. Repeat the request.`,
      { retryAfterSeconds: 1 },
    )
  }

interface Asked {
  readonly controls: Controls
  readonly domain: string
  readonly request: DecisionRequest
  readonly subject: PlacedSubject
  readonly spentLimit: string | undefined
  readonly ledger: CommandContext['caller']['ledger']
}

/** @problem decisions-halted, action-disabled, unknown-action, request-invalid */
const pin = async (deps: Deps, asked: Asked): Promise<Pinned | Problem> => {
  const { controls, domain, request, subject } = asked
  const { action } = request
  const state = killSwitchFor([controls.system, controls.ledger], { domain, action })
  if (state === 'halt') {
    return new Problem(
      'decisions-halted',
      `The kill switch halts decisions on ${domain}/${action}. Nothing was written.`,
      { retryAfterSeconds: 30 },
    )
  }
  const flag = flagOf(controls.ledger, domain, action)
  if (flag !== 'on') {
    return new Problem(
      'action-disabled',
      `The flag of ${domain}/${action} is ${flag}. PUT /controls/flags/${domain}/${action} with state on.`,
    )
  }
  const active = controls.ledger.active.get(domain)
  const policy = active === undefined ? null : await policyOf(deps, asked.ledger, active.digest)
  const bound = policy === null ? undefined : bindRequest(policy, action, request.request)
  if (bound instanceof Problem) return atRequest(bound)
  const variant = policy === null ? null : assignedVariant(policy)
  const caps = [
    ...killSwitchCaps(state),
    ...ceilingsFor([controls.system, controls.ledger], { domain, action }),
    ...(asked.spentLimit === undefined ? [] : [limitCap(asked.spentLimit)]),
  ]
  const inputs: DecisionInputs = {
    domain,
    action,
    request: request.request,
    subject: { type: subject.type, id: subject.id },
    at: timestampOf(deps.clock.now()),
    control: { ...controls.token, caps },
    policy: active === undefined ? null : active,
    variant,
  }
  return { controls, policy, bound, inputs }
}

const policyOf = (
  deps: Deps,
  ledger: Asked['ledger'],
  digest: string,
): LoadedPolicy | Promise<LoadedPolicy> =>
  deps.policies.remembered(ledger, digest) ?? deps.policies.byDigest(ledger, digest)

/** The policy's schema speaks of the request; the caller's pointer starts at the body. */
const atRequest = (problem: Problem): Problem => {
  const errors = problem.fields.errors?.map((place) => ({
    ...place,
    pointer: `/request${place.pointer}`,
  }))
  return new Problem(problem.code, problem.detail, {
    ...problem.fields,
    ...(errors === undefined ? {} : { errors }),
  })
}

/** The variant without an overlay until routing comes; the assignment says so. */
const assignedVariant = (policy: LoadedPolicy): DecisionInputs['variant'] => {
  const control = policy.document.variants?.list.find((variant) => variant.params === undefined)
  if (control === undefined) return null
  const assignment: Assignment = {
    mode: 'fixed',
    reason: 'no-weights',
    propensity: 1,
    propensities: { [control.id]: 1 },
    weightsVersion: 0,
  }
  return { id: control.id, ...assignment }
}

/** The event of a decision and the append that carries it. */
const drafted = (
  deps: Deps,
  context: CommandContext,
  parts: {
    readonly pinned: Pinned
    readonly decided: Decided
    readonly request: DecisionRequest
    readonly subject: PlacedSubject
    readonly ms: number
  },
): { id: string; made: DecisionMade; append: Append } => {
  const { pinned, decided, request, subject, ms } = parts
  const { ledger } = context.caller
  const id = deps.newId()
  const made: DecisionMade = { inputs: pinned.inputs, decided, engine: { ...deps.engine, ms } }
  const pointers =
    pinned.policy === null
      ? ['/inputs/request']
      : personalPointers(pinned.policy, request.action).map(
          (pointer) => `/inputs/request${pointer}`,
        )
  const data = made as unknown as JsonObject
  const content =
    subject.known === undefined || pointers.length === 0
      ? { data, commitments: {}, sealed: [] }
      : sealData(deps, subject.known, { ledger, eventId: id, data, pointers })
  const event = newEvent(deps, withCorrelation(context, request), {
    id,
    type: 'DecisionMade',
    stream: decisionStream(id),
    data: content.data,
    occurredAt: pinned.inputs.at,
    ...(content.sealed.length === 0 ? {} : { commitments: content.commitments }),
  })
  const limit = limitUse(pinned, decided)
  const questions = needsReview(decided)
    ? [
        decisionReview(deps, withCorrelation(context, request), {
          made,
          event,
          policy: pinned.policy,
        }),
      ]
    : []
  return {
    id,
    made,
    append: {
      caller: context.caller.actor.id,
      // Streams of their own: told to be new, so the log need not look them up.
      events: [event, ...questions].map((one) => ({ event: one, expectedRevision: 0 })),
      control: pinned.controls.token,
      ...(limit === undefined ? {} : { limit }),
      ...sealedParts(subject, content.sealed),
    },
  }
}

/** For whom the caller says to act, under an id that may stand in an entry. */
const withAgent = async (
  deps: Deps,
  context: CommandContext,
  { onBehalfOf }: DecisionRequest,
): Promise<CommandContext> => {
  if (onBehalfOf === undefined) return context
  const { type, id } = await placeSubject(deps, context.caller.tenant, onBehalfOf)
  return { ...context, onBehalfOf: `${type}:${id}` }
}

const withCorrelation = (
  context: CommandContext,
  { correlationId }: DecisionRequest,
): CommandContext => (correlationId === undefined ? context : { ...context, correlationId })

/** One use of the band's limit for an approval at that band; the window is a day of the pinned zone. */
const limitUse = ({ policy, inputs }: Pinned, decided: Decided): LimitUse | undefined => {
  if (policy === null || decided.outcome !== 'approved') return undefined
  const limit = limitOf(policy, inputs.action, decided.autonomyLevel)
  if (limit === null) return undefined
  return {
    name: limit.name,
    windowStart: `${inputs.at.slice(0, 10)}T00:00:00.000Z`,
    max: limit.perDay,
  }
}

interface Refusal {
  readonly identity: RequestIdentity | undefined
  readonly request: DecisionRequest
  readonly refusal: Problem
  readonly started: number
}

/** A request answered before gets that answer, even where it would be refused today. */
const answerBefore = async (
  deps: Deps,
  context: CommandContext,
  { identity, request, refusal, started }: Refusal,
): Promise<DecisionReply | Problem> => {
  const earlier = await earlierAnswer(deps, context, identity)
  if (earlier === undefined) return refusal
  if (earlier instanceof Problem) return earlier
  return replay(deps, earlier[0] as StoredEntry, { request, started })
}

const replay = (
  deps: Deps,
  stored: StoredEntry,
  { request, started }: { readonly request: DecisionRequest; readonly started: number },
): DecisionReply => ({
  decision: storedDecisionView(stored, request.subject),
  replayed: true,
  totalMs: deps.monotonic() - started,
})
