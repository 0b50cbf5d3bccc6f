import type { DecisionMade, OutcomeRecorded } from '@writ/domain'
import type { JsonObject } from '@writ/kernel'
import type { FoldedEvent, Projection, Row, RowKey, Rows, TableSpec } from '@writ/projector'
import { dayOf, idIn, ownValue, uuidOf } from '../shared/cells.ts'
import { outranks } from '../shared/outcome-rank.ts'
import { emptyDay, withDecision, withEvent } from './day-counters.ts'

/**
 * What happened around one entity, by day: one row an entity and UTC day, so that a window of any length as of any day
 * is one range of the key, and the aggregate of a day is one row. Days are those of the event's own time: news of
 * yesterday that comes today changes yesterday and nothing else.
 */
const entityDays: TableSpec = {
  name: 'entity_days',
  columns: {
    entity_type: 'text',
    entity_id: 'text',
    /** `2026-12-02`: sorts as it reads. */
    day: 'text',
    decisions: 'int4',
    by_outcome: 'jsonb',
    by_level: 'jsonb',
    events: 'int4',
    by_type: 'jsonb',
    sums: 'jsonb',
  },
  key: ['entity_type', 'entity_id', 'day'],
}

/**
 * Outcomes name a decision and no entity, and may be corrected to another day or taken back; so they are rows of their
 * own, counted when asked for, one for each (decision, metric) that holds.
 */
const entityOutcomes: TableSpec = {
  name: 'entity_outcomes',
  columns: {
    decision_id: 'uuid',
    metric: 'text',
    entity_type: 'text',
    entity_id: 'text',
    day: 'text',
    revision: 'int8',
    occurred_at: 'timestamptz',
    position: 'int8',
    retracted: 'bool',
  },
  key: ['decision_id', 'metric'],
  indexes: [['entity_type', 'entity_id', 'day']],
}

/** Whom a decision was about, and outcomes that came before anybody knew. */
const entityDecisions: TableSpec = {
  name: 'entity_decisions',
  columns: { decision_id: 'uuid', entity_type: 'text?', entity_id: 'text?', waiting: 'jsonb' },
  key: ['decision_id'],
}

/** Streams of events that were about nothing: each would be an entity with one event. */
const NO_ENTITY = 'event'

interface Version {
  readonly revision: number
  readonly occurredAt: string
  readonly position: number
  readonly retracted: boolean
}

interface Entity {
  readonly type: string
  readonly id: string
}

export const entityFeaturesProjection: Projection = {
  name: 'entity-features',
  version: 1,
  purpose: 'Counts and sums around each entity by day, from which windows are put together',
  tables: [entityDays, entityOutcomes, entityDecisions],
  folds: { '*': ['*'], decision: ['DecisionMade'], outcome: ['OutcomeRecorded'] },

  keys: (event): readonly RowKey[] => {
    switch (event.category) {
      case 'decision':
        return [dayKey(event), { table: 'entity_decisions', key: [decisionOf(event)] }]
      case 'outcome':
        return [
          { table: 'entity_outcomes', key: [decisionOf(event), toldOf(event).metric] },
          { table: 'entity_decisions', key: [decisionOf(event)] },
        ]
      default:
        return event.category === NO_ENTITY ? [] : [dayKey(event)]
    }
  },

  fold: (event, rows) => {
    switch (event.category) {
      case 'decision':
        addDecision(event, rows)
        return
      case 'outcome':
        addOutcome(event, rows)
        return
      case NO_ENTITY:
        return
      default:
        changeDay(event, rows, (day) => withEvent(day, event.type))
    }
  },
}

const madeOf = ({ data }: FoldedEvent): DecisionMade => data as unknown as DecisionMade
const toldOf = ({ data }: FoldedEvent): OutcomeRecorded => data as unknown as OutcomeRecorded

const decisionOf = (event: FoldedEvent): string =>
  uuidOf(event.category === 'outcome' ? toldOf(event).decisionId : idIn(event.stream), event)

/** A producer's event is about what its stream is named for, a decision about its subject. */
const entityOf = (event: FoldedEvent): Entity =>
  event.category === 'decision'
    ? madeOf(event).inputs.subject
    : { type: event.category, id: idIn(event.stream) }

const dayKey = (event: FoldedEvent): RowKey => {
  const { type, id } = entityOf(event)
  const at = event.category === 'decision' ? madeOf(event).inputs.at : event.occurredAt
  return { table: 'entity_days', key: [type, id, dayOf(at)] }
}

const changeDay = (event: FoldedEvent, rows: Rows, change: (day: Row) => Row): void => {
  const [type, id, day] = dayKey(event).key as readonly [string, string, string]
  rows.put('entity_days', change(rows.get('entity_days', type, id, day) ?? emptyDay(type, id, day)))
}

const addDecision = (event: FoldedEvent, rows: Rows): void => {
  changeDay(event, rows, (day) => withDecision(day, madeOf(event)))
  const id = decisionOf(event)
  const entity = entityOf(event)
  const waiting = waitingOf(rows.get('entity_decisions', id))
  for (const [metric, version] of Object.entries(waiting)) {
    rows.put('entity_outcomes', outcomeRow(id, metric, { entity, version }))
  }
  rows.put('entity_decisions', decisionRow(id, entity, {}))
}

const addOutcome = (event: FoldedEvent, rows: Rows): void => {
  const id = decisionOf(event)
  const { metric, revision, retract } = toldOf(event)
  const { occurredAt, position } = event
  const version: Version = { revision, occurredAt, position, retracted: retract === true }
  const decision = rows.get('entity_decisions', id)
  if (decision === undefined || decision.entity_type === null) {
    const waiting = waitingOf(decision)
    const best = ownValue(waiting, metric)
    if (best !== undefined && !outranks(version, best)) return
    rows.put('entity_decisions', decisionRow(id, null, { ...waiting, [metric]: version }))
    return
  }
  const best = rows.get('entity_outcomes', id, metric)
  if (best !== undefined && !outranks(version, versionIn(best))) return
  const entity = { type: decision.entity_type as string, id: decision.entity_id as string }
  rows.put('entity_outcomes', outcomeRow(id, metric, { entity, version }))
}

const waitingOf = (row: Row | undefined): Readonly<Record<string, Version>> =>
  (row?.waiting ?? {}) as unknown as Readonly<Record<string, Version>>

const decisionRow = (
  id: string,
  entity: Entity | null,
  waiting: Readonly<Record<string, Version>>,
): Row => ({
  decision_id: id,
  entity_type: entity?.type ?? null,
  entity_id: entity?.id ?? null,
  waiting: waiting as unknown as JsonObject,
})

/** A retraction is kept, so that an older version that comes after it does not count; it is not counted itself. */
const outcomeRow = (
  id: string,
  metric: string,
  { entity, version }: { readonly entity: Entity; readonly version: Version },
): Row => ({
  decision_id: id,
  metric,
  entity_type: entity.type,
  entity_id: entity.id,
  day: dayOf(version.occurredAt),
  revision: version.revision,
  occurred_at: version.occurredAt,
  position: version.position,
  retracted: version.retracted,
})

const versionIn = ({ revision, occurred_at, position }: Row) => ({
  revision: revision as number,
  occurredAt: occurred_at as string,
  position: position as number,
})
