import type { ShadowEvaluated, ShadowRunEnded, ShadowRunStarted } from '@writ/domain'
import type { JsonObject, JsonValue } from '@writ/kernel'
import type { FoldedEvent, Projection, Row, Rows, TableSpec } from '@writ/projector'
import { idIn, ownValue, uuidOf } from '../shared/cells.ts'

/**
 * One row a shadow run with what its judgements come to. Counts are few (classes, pairs of outcomes, kinds of errors),
 * so they are objects in the row and not rows of their own. `progress` is the furthest position up to which, as
 * judgements say themselves, every decision has been judged: a process that starts goes on from there.
 */
const shadowRuns: TableSpec = {
  name: 'shadow_runs',
  columns: {
    id: 'text',
    state: 'text',
    position: 'int8',
    domain: 'text',
    candidate: 'jsonb',
    live: 'jsonb',
    severity: 'text',
    from_position: 'int8',
    until: 'timestamptz',
    started_at: 'timestamptz',
    started_by: 'text',
    evaluated: 'int8',
    classes: 'jsonb',
    matrix: 'jsonb',
    errors: 'jsonb',
    first_position: 'int8?',
    last_position: 'int8?',
    progress: 'int8',
    ended_at: 'timestamptz?',
    ended_by: 'text?',
    ended_position: 'int8?',
    ended_live: 'text?',
    ended_reason: 'text?',
  },
  key: ['id'],
  indexes: [['state', 'position desc'], ['position desc']],
}

/** Judgements that differ from what was decided; those that say the same are only counted. */
const shadowDifferences: TableSpec = {
  name: 'shadow_differences',
  columns: {
    run_id: 'text',
    decision_id: 'uuid',
    position: 'int8',
    evaluated_position: 'int8',
    class: 'text',
    live: 'jsonb',
    verdict: 'jsonb?',
    error: 'jsonb?',
    changed: 'jsonb',
  },
  key: ['run_id', 'decision_id'],
  once: true,
  indexes: [['run_id', 'position desc']],
}

export const shadowsProjection: Projection = {
  name: 'shadows',
  version: 1,
  purpose: 'What candidate policies make of live decisions, beside what was decided',
  tables: [shadowRuns, shadowDifferences],
  folds: { shadow: ['ShadowRunStarted', 'ShadowRunEnded'], decision: ['ShadowEvaluated'] },
  keys: (event) => [{ table: 'shadow_runs', key: [runOf(event)] }],

  fold: (event, rows) => {
    const row = rows.get('shadow_runs', runOf(event))
    if (event.type === 'ShadowRunStarted') {
      // Started once: a stream's order is the log's order, so a second start is no news.
      if (row === undefined) start(event, rows)
    } else if (row !== undefined) {
      if (event.type === 'ShadowEvaluated') evaluate(event, row, rows)
      else rows.put('shadow_runs', ended(row, event))
    }
  },
}

const runOf = ({ type, stream, data }: FoldedEvent): string =>
  type === 'ShadowEvaluated' ? String(data.runId) : idIn(stream)

const start = (event: FoldedEvent, rows: Rows): void => {
  const told = event.data as unknown as ShadowRunStarted
  rows.put('shadow_runs', {
    id: idIn(event.stream),
    state: 'running',
    position: event.position,
    domain: told.domain,
    candidate: told.candidate as unknown as JsonValue,
    live: told.live as unknown as JsonValue,
    severity: told.severity,
    from_position: told.from,
    until: told.until,
    started_at: event.occurredAt,
    started_by: told.startedBy,
    evaluated: 0,
    classes: {},
    matrix: {},
    errors: {},
    first_position: null,
    last_position: null,
    progress: told.from,
    ...{ ended_at: null, ended_by: null, ended_position: null },
    ...{ ended_live: null, ended_reason: null },
  })
}

const evaluate = (event: FoldedEvent, row: Row, rows: Rows): void => {
  const told = event.data as unknown as ShadowEvaluated
  const { position, live, verdict, error } = told
  const pair =
    verdict === null
      ? null
      : `${live.outcome} ${live.autonomyLevel} ${verdict.outcome} ${verdict.autonomyLevel}`
  rows.put('shadow_runs', {
    ...row,
    evaluated: (row.evaluated as number) + 1,
    classes: oneMore(row.classes, told.class),
    matrix: pair === null ? (row.matrix as JsonValue) : oneMore(row.matrix, pair),
    errors:
      error === null
        ? (row.errors as JsonValue)
        : oneMore(row.errors, `${error.kind} ${error.code}`),
    // Judgements of one page are written side by side, so the first written need not be of the first decision.
    first_position: Math.min((row.first_position as number | null) ?? position, position),
    last_position: Math.max((row.last_position as number | null) ?? position, position),
    progress: Math.max(row.progress as number, told.after),
  })
  if (told.class === 'same') return
  rows.put('shadow_differences', {
    run_id: told.runId,
    decision_id: uuidOf(idIn(event.stream), event),
    position,
    evaluated_position: event.position,
    class: told.class,
    live: live as unknown as JsonValue,
    verdict: verdict as unknown as JsonValue,
    error: error as unknown as JsonValue,
    changed: told.changed as JsonValue,
  })
}

const oneMore = (counts: JsonValue | undefined, name: string): JsonObject => {
  const known = counts as Readonly<Record<string, number>>
  return { ...known, [name]: (ownValue(known, name) ?? 0) + 1 }
}

/** The first end stands. */
const ended = (row: Row, event: FoldedEvent): Row => {
  const { because, at, liveDigest, reason } = event.data as unknown as ShadowRunEnded
  return row.state === 'running'
    ? {
        ...row,
        state: because,
        ...{ ended_at: event.occurredAt, ended_by: event.actor.id, ended_position: at },
        ...{ ended_live: liveDigest, ended_reason: reason },
      }
    : row
}
