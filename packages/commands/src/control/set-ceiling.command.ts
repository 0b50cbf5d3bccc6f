import {
  type CeilingSet,
  type ControlScope,
  ceilingOf,
  ceilingStream,
  LOOSENING_QUORUM,
} from '@writ/domain'
import { type JsonObject, type JsonValue, Problem, timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { reviewDigest, reviewOpened } from '../review/review-question.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { CeilingCommand, ControlReceipt } from '../use-cases.ts'
import { scopeOf } from './control-scope.ts'

/** Who approves that the system may do more by itself again, and how long they have. */
const CEILING_APPROVERS = ['policy-approver'] as const
const APPROVAL_MS = 7 * 24 * 3_600_000

/**
 * Sets the highest level at which the system may act in a scope. Lowering takes one person and holds from the
 * acknowledgement on. Raising never happens by itself: two people have to approve it, neither of them the one who asks,
 * and the grant sets it in the same append. The drift alarm keeps a ceiling of its own, which people raise here too.
 *
 * @problem approval-needed  names the review; ceiling-unchanged
 */
export const setCeiling =
  (deps: Deps) =>
  async (context: CommandContext, command: CeilingCommand): Promise<ControlReceipt | Problem> => {
    const { ledger } = context.caller
    const scope = scopeOf(command)
    const { ledger: state } = await deps.controls.fresh(ledger)
    const now = (['people', 'drift'] as const).map((source) => ({
      source,
      level: ceilingOf(state, { scope, source }),
    }))
    const raised = now.filter(({ level }) => command.level > level)
    if (raised.length > 0) return askToRaise(deps, context, { command, scope, raised })
    if (now.every(({ source, level }) => source !== 'people' || level === command.level)) {
      return new Problem('ceiling-unchanged', `The ceiling there is ${command.level} already.`)
    }
    const { level, reason } = command
    const data = { scope, level, source: 'people', reason, reviewId: null } as const
    return lowerCeiling(deps, context, data satisfies CeilingSet['data'])
  }

/** Sets a ceiling without asking anybody: for lowering alone, by people and by the drift alarm. */
export const lowerCeiling = async (
  deps: Deps,
  context: CommandContext,
  data: CeilingSet['data'],
): Promise<ControlReceipt | Problem> => {
  const { ledger, actor } = context.caller
  const identity = requestIdentity(deps, context, {
    route: 'PUT /controls/ceilings',
    body: data as unknown as JsonValue,
  })
  const event = newEvent(deps, context, {
    type: 'CeilingSet',
    stream: ceilingStream(data.scope),
    data: data as unknown as JsonObject,
  })
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: [{ event }],
    ...(identity === undefined ? {} : { idempotency: identity }),
  })
  if (result instanceof Problem) return result
  if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
  const replayed = result.status === 'duplicate'
  const position = replayed ? result.firstPosition : (result.places[0]?.position ?? 0)
  const { token } = await deps.controls.fresh(ledger)
  return { status: 'set', position, counter: token.counter, replayed }
}

/** One review for each source whose ceiling is lower: those of people and of drift are lifted apart. */
const askToRaise = async (
  deps: Deps,
  context: CommandContext,
  {
    command,
    scope,
    raised,
  }: {
    readonly command: CeilingCommand
    readonly scope: ControlScope
    readonly raised: readonly Pick<CeilingSet['data'], 'source' | 'level'>[]
  },
): Promise<Problem> => {
  const { ledger, actor } = context.caller
  const { level, reason } = command
  const identity = requestIdentity(deps, context, {
    route: 'PUT /controls/ceilings',
    body: command as unknown as JsonValue,
  })
  const asked = raised.map(({ source }) => {
    const about = { scope: { ...scope }, level, source, reason }
    return { id: deps.newId(), about, digest: reviewDigest(ledger, 'ceiling', about) }
  })
  const events = asked.map(({ id, about }) =>
    reviewOpened(deps, context, {
      ...{ id, kind: 'ceiling', about, at: timestampOf(deps.clock.now()), onTimeout: 'deny' },
      domain: scope.kind === 'ledger' ? '*' : scope.domain,
      action: scope.kind === 'action' ? scope.action : null,
      stages: [{ roles: CEILING_APPROVERS, quorum: LOOSENING_QUORUM, withinMs: APPROVAL_MS }],
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
  return new Problem(
    'approval-needed',
    `Raising a ceiling to ${level} takes two people with the role ${CEILING_APPROVERS.join(' or ')}, neither of them you. They have to approve: ${opened.join(', ')}.`,
    { reviews: opened },
  )
}

/** A repeat hears of the reviews that the first request opened. */
const openedBy = async (
  { reader }: Pick<Deps, 'reader'>,
  { caller }: CommandContext,
  first: number,
  count: number,
): Promise<readonly string[]> => {
  const entries = await reader.page(caller.ledger, first - 1, count)
  return entries.map((entry) => currentEntry(entry).stream.replace(/^review:/, ''))
}
