import type { JsonValue } from '@writ/kernel'
import type { FoldedEvent, Projection, Row, Rows, TableSpec } from '@writ/projector'
import { idIn, textAt } from '../shared/cells.ts'
import { reviewOpened, voteCast } from './review-shapes.ts'

/** Most votes a row shows. Unit: votes. A quorum has at most twenty; the stream of the review has them all. */
const VOTES_MAX = 50

/**
 * One row a review: what people are asked, by when, how they voted, and how it ended. Open and closed ones are in one
 * table, because a list of what is open is the first part of an index that begins with the state.
 */
const reviews: TableSpec = {
  name: 'reviews',
  columns: {
    /** Behind the colon of the stream: whatever the commands will name reviews by. */
    id: 'text',
    state: 'text',
    position: 'int8',
    opened_at: 'timestamptz',
    opened_by: 'text',
    decision_id: 'text?',
    domain: 'text?',
    action: 'text?',
    subject_type: 'text?',
    subject_id: 'text?',
    digest: 'text?',
    path: 'text?',
    roles: 'jsonb',
    quorum: 'int4',
    due: 'timestamptz?',
    requested_by: 'text?',
    votes: 'jsonb',
    vote_count: 'int4',
    closed_at: 'timestamptz?',
    closed_by: 'text?',
    closed_position: 'int8?',
    closed_reason: 'text?',
  },
  key: ['id'],
  indexes: [
    ['position desc'],
    ['state', 'position desc'],
    ['state', 'domain', 'position desc'],
    ['decision_id'],
  ],
}

/** The four ways a review ends, by the event that says so. */
const ENDS: Readonly<Record<string, string>> = {
  ReviewGranted: 'granted',
  ReviewDeclined: 'declined',
  ReviewExpired: 'expired',
  ReviewWithdrawn: 'withdrawn',
}

export const reviewsProjection: Projection = {
  name: 'reviews',
  version: 1,
  purpose: 'What people are asked to decide, their votes, and how each review ended',
  tables: [reviews],
  folds: { review: ['ReviewOpened', 'VoteCast', ...Object.keys(ENDS)] },
  keys: (event) => [{ table: 'reviews', key: [idIn(event.stream)] }],

  fold: (event, rows) => {
    const row = rows.get('reviews', idIn(event.stream))
    if (event.type === 'ReviewOpened') {
      // Opened once: a stream's order is the log's order, so a second opening is no news.
      if (row === undefined) open(event, rows)
    } else if (row !== undefined) {
      rows.put('reviews', event.type === 'VoteCast' ? withVote(row, event) : closed(row, event))
    }
  },
}

const open = (event: FoldedEvent, rows: Rows): void => {
  const told = reviewOpened(event.data)
  rows.put('reviews', {
    id: idIn(event.stream),
    state: 'open',
    position: event.position,
    opened_at: event.occurredAt,
    opened_by: event.actor.id,
    decision_id: told.decisionId ?? event.causationId ?? null,
    domain: told.domain,
    action: told.action,
    subject_type: told.subject?.type ?? null,
    subject_id: told.subject?.id ?? null,
    digest: told.digest,
    path: told.path,
    roles: told.roles,
    quorum: told.quorum,
    due: told.due,
    requested_by: told.requestedBy,
    votes: [],
    vote_count: 0,
    closed_at: null,
    closed_by: null,
    closed_position: null,
    closed_reason: null,
  })
}

/** Every vote is shown, in the order cast: which of them count towards the quorum is the decider's to say. */
const withVote = (row: Row, event: FoldedEvent): Row => {
  const { by, verdict, reason, digest } = voteCast(event.data)
  const vote = {
    by: by ?? event.actor.id,
    verdict,
    reason,
    digest,
    at: event.occurredAt,
    position: event.position,
  }
  const votes = row.votes as readonly JsonValue[]
  return {
    ...row,
    votes: votes.length < VOTES_MAX ? [...votes, vote] : votes,
    vote_count: (row.vote_count as number) + 1,
  }
}

/** The first end stands. */
const closed = (row: Row, event: FoldedEvent): Row =>
  row.state === 'open'
    ? {
        ...row,
        state: ENDS[event.type] as string,
        closed_at: event.occurredAt,
        closed_by: event.actor.id,
        closed_position: event.position,
        closed_reason: textAt(event.data, 'reason'),
      }
    : row
