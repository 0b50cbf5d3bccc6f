import {
  type CeilingSet,
  ceilingStream,
  type PolicyVersionApproved,
  policyStream,
  type ReviewOpened,
} from '@writ/domain'
import type { EventToAppend } from '@writ/event-log'
import { type JsonObject, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { newEvent } from '../shared/new-event.ts'

interface Granted {
  readonly id: string
  readonly opened: ReviewOpened
  readonly by: readonly string[]
  /** Position of the question. */
  readonly since: number
}

/**
 * What a granted review brings about, written in the same append as the grant: there is no moment in which people have
 * agreed and nothing has come of it. A granted decision is its own consequence: whoever asked reads it.
 *
 * @problem review-content-changed  a ceiling that was set again since it was asked to be raised
 */
export const consequencesOf = async (
  deps: Pick<Deps, 'newId' | 'clock' | 'reader'>,
  context: CommandContext,
  granted: Granted,
): Promise<readonly EventToAppend[] | Problem> => {
  switch (granted.opened.kind) {
    case 'decision':
      return []
    case 'policy':
      return [policyApproved(deps, context, granted)]
    case 'ceiling':
      return ceilingRaised(deps, context, granted)
    default:
      return granted.opened.kind satisfies never
  }
}

const policyApproved = (
  deps: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  { id, opened, by }: Granted,
): EventToAppend => {
  const about = opened.about as unknown as Omit<PolicyVersionApproved, 'approvedBy' | 'reviewId'>
  const data: PolicyVersionApproved = { ...about, approvedBy: by, reviewId: id }
  const event = newEvent(deps, context, {
    type: 'PolicyVersionApproved',
    stream: policyStream(data.name),
    data: data as unknown as JsonObject,
  })
  return { event }
}

/** Whoever has lowered the ceiling since has a reason that the voters before did not know. */
const ceilingRaised = async (
  deps: Pick<Deps, 'newId' | 'clock' | 'reader'>,
  context: CommandContext,
  { id, opened, since }: Granted,
): Promise<readonly EventToAppend[] | Problem> => {
  const about = opened.about as unknown as Omit<CeilingSet['data'], 'reviewId'>
  const data: CeilingSet['data'] = { ...about, reviewId: id }
  const stream = ceilingStream(data.scope)
  const set = (await deps.reader.stream(context.caller.ledger, stream)).map(currentEntry)
  if (set.some((each) => each.position > since && each.data.source === data.source)) {
    return new Problem(
      'review-content-changed',
      'The ceiling was set again since this was asked. Ask to raise it from where it is now.',
    )
  }
  const event = newEvent(deps, context, {
    type: 'CeilingSet',
    stream,
    data: data as unknown as JsonObject,
  })
  return [{ event, expectedRevision: set.length }]
}
