import type {
  ReviewAdvanced,
  ReviewOpened,
  ReviewStage,
  ReviewWithdrawn,
  VoteCast,
} from '@writ/domain'
import type { JsonValue } from '@writ/kernel'
import type { FoldedEvent, Projection, Row, Rows, TableSpec } from '@writ/projector'
import { idIn } from '../shared/cells.ts'

/** Most votes a row shows. Unit: votes. Five stages of ten fit; the stream of the review has them all. */
const VOTES_MAX = 50

/**
 * One row a review: what people are asked, by when, how they voted, and how it ended. Open and closed ones are in one
 * table, because a list of what is open is the first part of an index that begins with the state. `roles`, `quorum` and
 * `due` are those of the stage that is asked now.
 */
const reviews: TableSpec = {
  name: 'reviews',
  columns: {
    id: 'text',
    state: 'text',
    kind: 'text',
    position: 'int8',
    opened_at: 'timestamptz',
    opened_by: 'text',
    decision_id: 'text?',
    domain: 'text',
    action: 'text?',
    subject_type: 'text?',
    subject_id: 'text?',
    digest: 'text',
    path: 'text?',
    stages: 'jsonb',
    stage: 'int4',
    roles: 'jsonb',
    quorum: 'int4',
    due: 'timestamptz',
    requested_by: 'text',
    votes: 'jsonb',
    vote_count: 'int4',
    closed_at: 'timestamptz?',
    closed_by: 'text?',
    closed_position: 'int8?',
    closed_reason: 'text?',
  },
  key: ['id'],
  indexes: [['state', 'position desc'], ['decision_id'], ['state', 'due']],
}

const ENDS: Readonly<Record<string, string>> = {
  ReviewGranted: 'granted',
  ReviewDeclined: 'declined',
  ReviewExpired: 'expired',
  ReviewWithdrawn: 'withdrawn',
}

export const reviewsProjection: Projection = {
  name: 'reviews',
  version: 2,
  purpose: 'What people are asked to decide, their votes, and how each review ended',
  tables: [reviews],
  folds: { review: ['ReviewOpened', 'VoteCast', 'ReviewAdvanced', ...Object.keys(ENDS)] },
  keys: (event) => [{ table: 'reviews', key: [idIn(event.stream)] }],

  fold: (event, rows) => {
    const row = rows.get('reviews', idIn(event.stream))
    if (event.type === 'ReviewOpened') {
      // Opened once: a stream's order is the log's order, so a second opening is no news.
      if (row === undefined) open(event, rows)
    } else if (row !== undefined) {
      rows.put('reviews', changed(row, event))
    }
  },
}

const open = (event: FoldedEvent, rows: Rows): void => {
  const told = event.data as unknown as ReviewOpened
  const first = told.stages[0] as ReviewStage
  rows.put('reviews', {
    id: idIn(event.stream),
    state: 'open',
    kind: told.kind,
    position: event.position,
    opened_at: event.occurredAt,
    opened_by: event.actor.id,
    decision_id: told.decisionId,
    domain: told.domain,
    action: told.action,
    subject_type: told.subject?.type ?? null,
    subject_id: told.subject?.id ?? null,
    digest: told.digest,
    path: told.path,
    stages: told.stages as unknown as JsonValue,
    stage: 0,
    roles: first.roles as JsonValue,
    quorum: first.quorum,
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

const changed = (row: Row, event: FoldedEvent): Row => {
  if (event.type === 'VoteCast') return withVote(row, event)
  return event.type === 'ReviewAdvanced' ? advanced(row, event) : closed(row, event)
}

const withVote = (row: Row, event: FoldedEvent): Row => {
  const { by, verdict, reason, stage } = event.data as unknown as VoteCast
  const { occurredAt: at, position } = event
  // The text of a reason is read from its event, where it may lie sealed.
  const vote = { by, verdict, reason: reason.code, stage, at, position }
  const votes = row.votes as readonly JsonValue[]
  return {
    ...row,
    votes: votes.length < VOTES_MAX ? [...votes, vote] : votes,
    vote_count: (row.vote_count as number) + 1,
  }
}

const advanced = (row: Row, event: FoldedEvent): Row => {
  const { stage, due } = event.data as unknown as ReviewAdvanced
  const { roles, quorum } = (row.stages as unknown as readonly ReviewStage[])[stage] as ReviewStage
  return { ...row, stage, due, roles: roles as JsonValue, quorum }
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
        closed_reason: (event.data as unknown as Partial<ReviewWithdrawn>).reason ?? null,
      }
    : row
