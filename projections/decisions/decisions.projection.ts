import type { DecisionInputs, DecisionMade } from '@writ/domain'
import type { Decided } from '@writ/policy-engine'
import type { Cell, FoldedEvent, Projection, Row, RowKey, Rows, TableSpec } from '@writ/projector'
import { hourOf, idIn, uuidOf } from '../shared/cells.ts'

/** Most reason codes a row shows. Unit: codes. The decision itself has them all; a list needs the first few. */
const CODES_MAX = 8

/**
 * One row a decision. What can be asked for in any combination, and has few values, is a decision's *kind*; its number
 * is the position of the first decision of that kind. So one narrow index, (kind, position), serves every combination
 * of those filters, be their values rare or on every row, where an index a filter would serve one filter each and leave
 * combinations to luck. `decision_kinds` says which kinds a filter means; there are as many as policies, actions and
 * results make, not as many as decisions.
 */
const decisions: TableSpec = {
  name: 'decisions',
  columns: {
    id: 'uuid',
    position: 'int8',
    kind: 'int8',
    recorded_at: 'timestamptz',
    decided_at: 'timestamptz',
    domain: 'text',
    action: 'text',
    subject_type: 'text',
    subject_id: 'text',
    mode: 'text',
    outcome: 'text',
    level: 'text',
    needed_level: 'text?',
    codes: 'jsonb',
    effective_at: 'timestamptz?',
    veto_until: 'timestamptz?',
    policy: 'text?',
    policy_version: 'text?',
    policy_digest: 'text?',
    variant: 'text?',
    vetoed_at: 'timestamptz?',
    vetoed_by: 'text?',
    overridden_at: 'timestamptz?',
    overridden_by: 'text?',
  },
  key: ['id'],
  indexes: [
    ['position desc'],
    ['kind', 'position desc'],
    ['subject_type', 'subject_id', 'position desc'],
  ],
}

/** Empty texts stand for "no policy" and "no variant": a key has no nulls. */
const decisionKinds: TableSpec = {
  name: 'decision_kinds',
  columns: {
    domain: 'text',
    action: 'text',
    outcome: 'text',
    level: 'text',
    policy: 'text',
    policy_version: 'text',
    variant: 'text',
    kind: 'int8',
    last_position: 'int8',
    decisions: 'int8',
  },
  key: ['domain', 'action', 'outcome', 'level', 'policy', 'policy_version', 'variant'],
}

/**
 * Between which positions the decisions of an hour lie. Lists are ordered by position, so a range of time is first
 * turned into a range of positions, and every index then begins and ends there.
 */
const decisionHours: TableSpec = {
  name: 'decision_hours',
  columns: {
    hour: 'timestamptz',
    first_position: 'int8',
    last_position: 'int8',
    decisions: 'int8',
  },
  key: ['hour'],
}

/** Modes came after the first entries: what says nothing was live. */
type Inputs = DecisionInputs & { readonly mode?: string }

const made = ({ data }: FoldedEvent): { readonly inputs: Inputs; readonly decided: Decided } =>
  data as unknown as DecisionMade

const kindOf = (event: FoldedEvent): readonly string[] => {
  const { inputs, decided } = made(event)
  return [
    inputs.domain,
    inputs.action,
    decided.outcome,
    decided.autonomyLevel,
    inputs.policy?.name ?? '',
    inputs.policy?.version ?? '',
    inputs.variant?.id ?? '',
  ]
}

const idOf = (event: FoldedEvent): string => uuidOf(idIn(event.stream), event)

export const decisionsProjection: Projection = {
  name: 'decisions',
  version: 1,
  purpose: 'Every decision, to be listed by what it was about and how it ended',
  tables: [decisions, decisionKinds, decisionHours],
  folds: { decision: ['DecisionMade', 'DecisionVetoed', 'DecisionOverridden'] },

  keys: (event): readonly RowKey[] =>
    event.type === 'DecisionMade'
      ? [
          { table: 'decision_kinds', key: kindOf(event) },
          { table: 'decision_hours', key: [hourOf(made(event).inputs.at)] },
        ]
      : [{ table: 'decisions', key: [idOf(event)] }],

  fold: (event, rows) => {
    if (event.type === 'DecisionMade') addDecision(event, rows)
    else markDecision(event, rows)
  },
}

const addDecision = (event: FoldedEvent, rows: Rows): void => {
  const { position } = event
  const key = kindOf(event)
  const [domain, action, outcome, level, policy, policyVersion, variant] = key as Cell[]
  const known = rows.get('decision_kinds', ...key)
  const kind = (known?.kind ?? position) as number
  rows.put('decision_kinds', {
    ...{ domain, action, outcome, level, policy, policy_version: policyVersion, variant },
    kind,
    last_position: position,
    decisions: ((known?.decisions ?? 0) as number) + 1,
  } as Row)

  const hour = hourOf(made(event).inputs.at)
  const before = rows.get('decision_hours', hour)
  rows.put('decision_hours', {
    hour,
    first_position: (before?.first_position ?? position) as number,
    last_position: position,
    decisions: ((before?.decisions ?? 0) as number) + 1,
  })
  rows.put('decisions', rowOf(event, kind))
}

const rowOf = (event: FoldedEvent, kind: number): Row => {
  const { inputs, decided } = made(event)
  return {
    id: idOf(event),
    position: event.position,
    kind,
    recorded_at: event.recordedAt,
    decided_at: inputs.at,
    domain: inputs.domain,
    action: inputs.action,
    subject_type: inputs.subject.type,
    subject_id: inputs.subject.id,
    mode: inputs.mode ?? 'live',
    outcome: decided.outcome,
    level: decided.autonomyLevel,
    needed_level: decided.neededLevel,
    codes: decided.codes.slice(0, CODES_MAX),
    effective_at: decided.effectiveAt,
    veto_until: decided.vetoUntil ?? null,
    policy: inputs.policy?.name ?? null,
    policy_version: inputs.policy?.version ?? null,
    policy_digest: inputs.policy?.digest ?? null,
    variant: inputs.variant?.id ?? null,
    vetoed_at: null,
    vetoed_by: null,
    overridden_at: null,
    overridden_by: null,
  }
}

/**
 * No command writes vetoes and overrides yet, so nothing of their data is relied upon: that they happened, when and by
 * whom is in every entry. The first of each stays. A decision's own entry opens its stream, so its row is there.
 */
const markDecision = (event: FoldedEvent, rows: Rows): void => {
  const row = rows.get('decisions', idOf(event))
  if (row === undefined) return
  const [at, by] =
    event.type === 'DecisionVetoed'
      ? ['vetoed_at', 'vetoed_by']
      : ['overridden_at', 'overridden_by']
  if (row[at as string] !== null) return
  rows.put('decisions', {
    ...row,
    [at as string]: event.occurredAt,
    [by as string]: event.actor.id,
  })
}
