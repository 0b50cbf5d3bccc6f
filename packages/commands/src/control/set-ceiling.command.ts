import { type CeilingSet, type ControlScope, ceilingOf, ceilingStream } from '@writ/domain'
import type { ControlToken, Entry, StoredEntry } from '@writ/event-log'
import { type JsonObject, type JsonValue, Problem, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { reviewDigest, reviewOpened } from '../review/review-question.ts'
import { APPROVER, TWO_APPROVERS } from '../review/two-approvers.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { earlierAnswer, type RequestIdentity, requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { CeilingCommand, ControlReceipt } from '../use-cases.ts'
import { scopeOf } from './control-scope.ts'

/** How often a ceiling is decided again because a control moved. Each try reads fresh, so two are rare. */
const TRIES_MAX = 8

/**
 * Sets the highest level at which the system may act in a scope. Lowering takes one person and holds from the
 * acknowledgement on. Raising never happens by itself: two people have to approve it, neither of them the one who asks,
 * and the grant sets it in the same append. The drift alarm keeps a ceiling of its own, which people raise here too.
 *
 * @problem approval-needed  names the review; ceiling-unchanged, stale-control
 */
export const setCeiling =
  (deps: Deps) =>
  async (context: CommandContext, command: CeilingCommand): Promise<ControlReceipt | Problem> => {
    const { ledger } = context.caller
    const { level, reason } = command
    const scope = scopeOf(command)
    const identity = requestIdentity(deps, context, {
      route: 'PUT /controls/ceilings',
      body: command as unknown as JsonValue,
    })
    // A repeat is answered first: what it did once may be no change by now, or need to be asked of people.
    const earlier = await earlierAnswer(deps, context, identity)
    if (earlier !== undefined) {
      return earlier instanceof Problem ? earlier : answered(deps, context, { command, earlier })
    }
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      const { ledger: state, token } = await deps.controls.fresh(ledger)
      const now = (['people', 'drift'] as const).map((source) => ({
        source,
        level: ceilingOf(state, { scope, source }),
      }))
      const raised = now.filter((each) => level > each.level)
      if (raised.length > 0) {
        return askToRaise(deps, context, { command, scope, raised, identity })
      }
      if (now.every((each) => each.source !== 'people' || each.level === level)) {
        return new Problem('ceiling-unchanged', `The ceiling there is ${level} already.`)
      }
      const data: CeilingSet['data'] = { scope, level, source: 'people', reason, reviewId: null }
      const receipt = await lowered(deps, context, { data, token, identity })
      if (receipt !== undefined) return receipt
    }
    return new Problem(
      'stale-control',
      `A control changed under each of ${TRIES_MAX} tries. Repeat the request.`,
      { retryAfterSeconds: 1 },
    )
  }

/** Undefined where a control moved: what was lower then may be higher than what somebody has set since. */
const lowered = async (
  deps: Deps,
  context: CommandContext,
  set: {
    readonly data: CeilingSet['data']
    readonly token: ControlToken
    readonly identity: RequestIdentity | undefined
  },
): Promise<ControlReceipt | Problem | undefined> => {
  const { ledger, actor } = context.caller
  const { data, token, identity } = set
  const event = newEvent(deps, context, {
    type: 'CeilingSet',
    stream: ceilingStream(data.scope),
    data: data as unknown as JsonObject,
  })
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: [{ event }],
    control: token,
    ...(identity === undefined ? {} : { idempotency: identity }),
  })
  if (result instanceof Problem) return result
  if (result.status === 'stale-control') return undefined
  if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
  const replayed = result.status === 'duplicate'
  const position = replayed ? result.firstPosition : (result.places[0]?.position ?? 0)
  return receiptOf(deps, context, { position, replayed })
}

const receiptOf = async (
  deps: Deps,
  { caller }: CommandContext,
  told: Pick<ControlReceipt, 'position' | 'replayed'>,
): Promise<ControlReceipt> => {
  const { token } = await deps.controls.fresh(caller.ledger)
  return { status: 'set', counter: token.counter, ...told }
}

/** What the first request was told: that it is set, or which reviews it opened. */
const answered = (
  deps: Deps,
  context: CommandContext,
  {
    command,
    earlier,
  }: { readonly command: CeilingCommand; readonly earlier: readonly StoredEntry[] },
): Promise<ControlReceipt> | Problem => {
  const entries = earlier.map(currentEntry)
  const [first] = entries
  if (first?.type === 'CeilingSet') {
    return receiptOf(deps, context, { position: first.position, replayed: true })
  }
  return approvalNeeded(command, entries.map(reviewIdOf))
}

/** One review for each source whose ceiling is lower: those of people and of drift are lifted apart. */
const askToRaise = async (
  deps: Deps,
  context: CommandContext,
  {
    command,
    scope,
    raised,
    identity,
  }: {
    readonly command: CeilingCommand
    readonly scope: ControlScope
    readonly raised: readonly Pick<CeilingSet['data'], 'source' | 'level'>[]
    readonly identity: RequestIdentity | undefined
  },
): Promise<Problem> => {
  const { ledger, actor } = context.caller
  const { level, reason } = command
  const asked = raised.map(({ source }) => {
    const about = { scope: { ...scope }, level, source, reason }
    return { id: deps.newId(), about, digest: reviewDigest(ledger, 'ceiling', about) }
  })
  const events = asked.map(({ id, about }) =>
    reviewOpened(deps, context, {
      ...{ id, kind: 'ceiling', about, at: timestampOf(deps.clock.now()), onTimeout: 'deny' },
      domain: scope.kind === 'ledger' ? '*' : scope.domain,
      action: scope.kind === 'action' ? scope.action : null,
      stages: TWO_APPROVERS,
      exclude: [actor.id],
    }),
  )
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: events.map((event) => ({ event, expectedRevision: 0 })),
    ...(identity === undefined ? {} : { idempotency: identity }),
  })
  if (result instanceof Problem) return result
  if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
  const opened =
    result.status === 'appended'
      ? asked.map(({ id }) => id)
      : await openedBy(deps, context, result.firstPosition, asked.length)
  return approvalNeeded(command, opened)
}

const approvalNeeded = ({ level }: CeilingCommand, reviews: readonly string[]): Problem =>
  new Problem(
    'approval-needed',
    `Raising a ceiling to ${level} takes two people with the role ${APPROVER}, neither of them you. They have to approve: ${reviews.join(', ')}.`,
    { reviews },
  )

/** A repeat hears of the reviews that the first request opened. */
const openedBy = async (
  { reader }: Pick<Deps, 'reader'>,
  { caller }: CommandContext,
  first: number,
  count: number,
): Promise<readonly string[]> => {
  const entries = await reader.page(caller.ledger, first - 1, count)
  return entries.map((entry) => reviewIdOf(currentEntry(entry)))
}

const reviewIdOf = ({ stream }: Pick<Entry, 'stream'>): string => stream.replace(/^review:/, '')
