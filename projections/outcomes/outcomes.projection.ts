import type { OutcomeRecorded } from '@writ/domain'
import type { FoldedEvent, Projection, Row, TableSpec } from '@writ/projector'
import { uuidOf } from '../shared/cells.ts'
import { outranks } from '../shared/outcome-rank.ts'

/**
 * What came of decisions, twice. `outcomes` has the version that counts of each (decision, metric), for lists;
 * `outcome_versions` has everything that was ever told, with both clocks: when it happened (`occurred_at`, valid time)
 * and when the log learned of it (`recorded_at` and `position`, known time). From the versions alone every "as of" and
 * "as known at" can be answered, because nothing in it is ever changed or taken away: a retraction is one more row.
 */
const outcomes: TableSpec = {
  name: 'outcomes',
  columns: {
    decision_id: 'uuid',
    metric: 'text',
    event_id: 'uuid',
    revision: 'int8',
    reported: 'jsonb',
    retracted: 'bool',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
    position: 'int8',
    versions: 'int4',
    first_position: 'int8',
  },
  key: ['decision_id', 'metric'],
  indexes: [['first_position desc'], ['metric', 'first_position desc']],
}

/** Keyed by the event: the same message told twice is one version. */
const outcomeVersions: TableSpec = {
  name: 'outcome_versions',
  columns: {
    decision_id: 'uuid',
    metric: 'text',
    event_id: 'uuid',
    revision: 'int8',
    reported: 'jsonb',
    retracted: 'bool',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
    position: 'int8',
  },
  key: ['event_id'],
  indexes: [['decision_id', 'position']],
}

const told = ({ data }: FoldedEvent): OutcomeRecorded => data as unknown as OutcomeRecorded

const keyOf = (event: FoldedEvent): readonly [string, string] => [
  uuidOf(told(event).decisionId, event),
  told(event).metric,
]

export const outcomesProjection: Projection = {
  name: 'outcomes',
  version: 1,
  purpose: 'What came of each decision: the version that counts, and every version ever told',
  tables: [outcomes, outcomeVersions],
  folds: { outcome: ['OutcomeRecorded'] },

  keys: (event) => [
    { table: 'outcomes', key: keyOf(event) },
    { table: 'outcome_versions', key: [event.id] },
  ],

  fold: (event, rows) => {
    if (rows.get('outcome_versions', event.id) !== undefined) return
    const version = versionOf(event)
    rows.put('outcome_versions', version)
    const best = rows.get('outcomes', ...keyOf(event))
    rows.put('outcomes', {
      ...(best === undefined || counts(version, best) ? version : withoutCounts(best)),
      versions: ((best?.versions ?? 0) as number) + 1,
      first_position: (best?.first_position ?? event.position) as number,
    })
  },
}

const versionOf = (event: FoldedEvent): Row => {
  const { metric, revision, values, retract } = told(event)
  return {
    decision_id: keyOf(event)[0],
    metric,
    event_id: event.id,
    revision,
    reported: values ?? {},
    retracted: retract === true,
    occurred_at: event.occurredAt,
    recorded_at: event.recordedAt,
    position: event.position,
  }
}

const withoutCounts = ({ versions: _, first_position: __, ...version }: Row): Row => version

const counts = (next: Row, best: Row): boolean => outranks(rankOf(next), rankOf(best))

const rankOf = ({ revision, occurred_at, position }: Row) => ({
  revision: revision as number,
  occurredAt: occurred_at as string,
  position: position as number,
})
