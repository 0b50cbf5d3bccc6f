import { type ReviewEvent, type ReviewState, reviewStream } from '@writ/domain'
import type { NewEvent, SealedValue } from '@writ/event-log'
import { type JsonObject, Problem } from '@writ/kernel'
import { NON_PERSONAL_KINDS } from '@writ/privacy'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { newEvent } from '../shared/new-event.ts'
import { type PlacedSubject, sealData } from '../shared/personal-data.ts'

/**
 * The person whom the review concerns, with the key under which what is said of them is sealed.
 *
 * @problem stale-key
 */
export const personOf = async (
  { vault }: Pick<Deps, 'vault'>,
  { caller }: CommandContext,
  { opened }: ReviewState,
): Promise<PlacedSubject | undefined | Problem> => {
  const { subject } = opened
  if (subject === null || NON_PERSONAL_KINDS.has(subject.type)) return undefined
  const external = await vault.externalId(caller.tenant, subject.id)
  if (external === undefined) {
    return new Problem('stale-key', 'The person whom this review concerns was erased.')
  }
  const known = await vault.known(caller.tenant, subject.type, external)
  return { ...subject, known }
}

/** Where people write in their own words. */
const TEXTS: Partial<Record<ReviewEvent['type'], string>> = {
  VoteCast: '/reason/text',
  ReviewWithdrawn: '/reason',
}

/** An event of a review, the words in it sealed where it concerns a person. */
export const sealedReviewEvent = (
  deps: Deps,
  context: CommandContext,
  {
    id,
    event,
    subject,
  }: {
    readonly id: string
    readonly event: ReviewEvent
    readonly subject: PlacedSubject | undefined
  },
): { readonly event: NewEvent; readonly sealed: readonly SealedValue[] } => {
  const eventId = deps.newId()
  const data = event.data as unknown as JsonObject
  const pointer = TEXTS[event.type]
  const content =
    subject?.known === undefined || pointer === undefined
      ? { data, commitments: {}, sealed: [] }
      : sealData(deps, subject.known, {
          ...{ ledger: context.caller.ledger, eventId, data, pointers: [pointer] },
        })
  const drafted = newEvent(deps, context, {
    id: eventId,
    type: event.type,
    stream: reviewStream(id),
    data: content.data,
    ...(content.sealed.length === 0 ? {} : { commitments: content.commitments }),
  })
  return { event: drafted, sealed: content.sealed }
}
