import { openReview, type ReviewKind, type ReviewOpened, reviewStream } from '@writ/domain'
import type { NewEvent } from '@writ/event-log'
import { canonicalJson, type JsonObject, type LedgerName, sha256Hex } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { newEvent } from '../shared/new-event.ts'

/** What is asked, of whom, and until when. */
export type Question = Pick<
  ReviewOpened,
  'kind' | 'about' | 'domain' | 'stages' | 'exclude' | 'onTimeout'
> &
  Partial<Pick<ReviewOpened, 'action' | 'subject' | 'decisionId' | 'path'>>

/**
 * What a vote names: `sha256:<hex>` over the ledger, the kind of question, and what it is about. A question about
 * something else, or of another tenant, has another digest, so that no vote can be carried from one to the other.
 */
export const reviewDigest = (ledger: LedgerName, kind: ReviewKind, about: JsonObject): string =>
  `sha256:${sha256Hex(canonicalJson({ ledger, kind, about }))}`

/** The event that asks. It is the first of its stream, so a review is opened once whatever is repeated. */
export const reviewOpened = (
  deps: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  {
    id,
    at,
    causationId,
    ...question
  }: Question & {
    readonly id: string
    readonly at: string
    readonly causationId?: string
  },
): NewEvent => {
  const { ledger, actor } = context.caller
  const { type, data } = openReview(
    {
      kind: question.kind,
      digest: reviewDigest(ledger, question.kind, question.about),
      about: question.about,
      domain: question.domain,
      action: question.action ?? null,
      subject: question.subject ?? null,
      decisionId: question.decisionId ?? null,
      path: question.path ?? null,
      stages: question.stages,
      exclude: question.exclude,
      requestedBy: actor.id,
      onTimeout: question.onTimeout,
    },
    at,
  )
  return newEvent(deps, context, {
    type,
    stream: reviewStream(id),
    data: data as unknown as JsonObject,
    occurredAt: at,
    ...(causationId === undefined ? {} : { causationId }),
  })
}
