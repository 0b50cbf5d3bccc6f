import {
  type ReviewEvent,
  type ReviewState,
  reviewStream,
  stageOf,
  withReviewEvent,
} from '@writ/domain'
import type { Entry } from '@writ/event-log'
import { isUuid, type JsonObject, type JsonValue, type LedgerName } from '@writ/kernel'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'

/** A review folded from its stream, with the entries it was folded from. */
export interface ReviewHistory {
  readonly state: ReviewState | undefined
  readonly entries: readonly Entry[]
}

export const reviewHistory = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  id: string,
): Promise<ReviewHistory> => {
  if (!isUuid(id)) return { state: undefined, entries: [] }
  const entries = (await reader.stream(ledger, reviewStream(id))).map(currentEntry)
  const state = entries.reduce<ReviewState | undefined>(
    (before, { type, data }) => withReviewEvent(before, { type, data } as unknown as ReviewEvent),
    undefined,
  )
  return { state, entries }
}

const ENDS: ReadonlySet<string> = new Set([
  ...['ReviewGranted', 'ReviewDeclined', 'ReviewExpired', 'ReviewWithdrawn'],
])

/** A review on the wire. Texts of reasons that concern a person lie sealed, and only their codes are shown. */
export const reviewView = (
  id: string,
  state: ReviewState,
  entries: readonly Entry[],
): JsonObject => {
  const { opened, status, stage, due } = state
  const [first] = entries
  const votes = entries.filter(({ type }) => type === 'VoteCast')
  const end = entries.find(({ type }) => ENDS.has(type))
  const { roles, quorum } = stageOf(state)
  return {
    id,
    status,
    kind: opened.kind,
    digest: opened.digest,
    about: opened.about,
    domain: opened.domain,
    action: opened.action,
    subject: opened.subject === null ? null : { ...opened.subject },
    decisionId: opened.decisionId,
    path: opened.path,
    asked: { stage, of: opened.stages.length, roles: [...roles], quorum, due },
    exclude: [...opened.exclude],
    requestedBy: opened.requestedBy,
    openedAt: first?.occurredAt ?? '',
    votes: votes.map(voteView),
    closed: end === undefined ? null : { at: end.occurredAt, by: end.actor.id },
    position: entries.at(-1)?.position ?? 0,
  }
}

const voteView = ({ data, occurredAt, position, commitments }: Entry): JsonValue => {
  const { by, verdict, reason, stage } = data as unknown as {
    by: string
    verdict: string
    reason: { code: string; text?: string }
    stage: number
  }
  const isSealed = commitments !== undefined && '/reason/text' in commitments
  return {
    by,
    verdict,
    reason: { ...reason, ...(isSealed ? { sealed: true } : {}) },
    stage,
    at: occurredAt,
    position,
  }
}
