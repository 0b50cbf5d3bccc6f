import type {
  DecisionInputs,
  DecisionMade,
  DriftAlarmCleared,
  DriftAlarmRaised,
} from '@writ/domain'
import { isUuid, type JsonValue } from '@writ/kernel'
import type { Decided, Voice } from '@writ/policy-engine'
import type { Cell, FoldedEvent, Projection, RowKey, Rows, TableSpec } from '@writ/projector'
import { idIn, uuidOf } from '../shared/cells.ts'

/** Most rules that name what decided. Unit: ids. Four that agree are rare; the rest is told by "and more". */
const RULES_MAX = 4
/** Where no rule, guardrail or default decided: a ceiling, a band, missing evidence. */
export const NO_RULE = '(none)'

/**
 * What of a decision counts in a mix, once for each combination there is; its number is the position of the first
 * decision of that kind. Windows are counted by kind, and only then by category, so a million decisions are a million
 * narrow rows of one index and some dozens of these.
 */
const driftKinds: TableSpec = {
  name: 'drift_kinds',
  columns: {
    domain: 'text',
    action: 'text',
    policy_digest: 'text',
    outcome: 'text',
    level: 'text',
    rules: 'text',
    missing_evidence: 'bool',
    kind: 'int8',
  },
  key: ['domain', 'action', 'policy_digest', 'outcome', 'level', 'rules', 'missing_evidence'],
}

/**
 * A narrow row a decision, so that windows begin and end at any decision and at any instant: counts by the hour would
 * be smaller and could cut neither. Both indexes hold all that a window needs.
 */
const driftDecisions: TableSpec = {
  name: 'drift_decisions',
  columns: {
    id: 'uuid',
    position: 'int8',
    domain: 'text',
    kind: 'int8',
    decided_at: 'timestamptz',
  },
  key: ['id'],
  indexes: [
    ['domain', 'position desc', 'kind'],
    ['domain', 'decided_at', 'kind', 'position'],
  ],
}

/** What people said of decisions: how a review was closed by votes, a veto, an override. */
const driftVerdicts: TableSpec = {
  name: 'drift_verdicts',
  columns: { position: 'int8', domain: 'text', kind: 'int8', verdict: 'text', at: 'timestamptz' },
  key: ['position'],
  indexes: [['domain', 'position']],
}

const driftAlarms: TableSpec = {
  name: 'drift_alarms',
  columns: {
    id: 'text',
    domain: 'text',
    action: 'text?',
    state: 'text',
    position: 'int8',
    policy_digest: 'text',
    measures: 'jsonb',
    windows: 'jsonb',
    false_alarm_rate: 'float8',
    lowered_to: 'text?',
    raised_at: 'timestamptz',
    raised_by: 'text',
    cleared_at: 'timestamptz?',
    cleared_by: 'text?',
    cleared_reason: 'text?',
  },
  key: ['id'],
  indexes: [['position desc'], ['domain', 'position desc']],
}

const VERDICTS: Readonly<Record<string, string>> = {
  ReviewGranted: 'granted',
  ReviewDeclined: 'declined',
  DecisionVetoed: 'vetoed',
  DecisionOverridden: 'overridden',
}

/**
 * The mixes of live decisions, to be compared over windows, and the alarms that came of it. Decisions under a kill
 * switch are left out: what people switch is no drift. A decision without a policy follows no rules that could drift.
 */
export const driftProjection: Projection = {
  name: 'drift',
  version: 1,
  purpose: 'What decisions are made of, over any window, and the alarms raised about it',
  tables: [driftKinds, driftDecisions, driftVerdicts, driftAlarms],
  folds: {
    decision: ['DecisionMade', 'DecisionVetoed', 'DecisionOverridden'],
    review: ['ReviewGranted', 'ReviewDeclined'],
    drift: ['DriftAlarmRaised', 'DriftAlarmCleared'],
  },

  keys: (event): readonly RowKey[] => {
    if (event.type === 'DecisionMade') {
      return isCounted(event) ? [{ table: 'drift_kinds', key: kindOf(event) }] : []
    }
    if (event.category === 'drift') return [{ table: 'drift_alarms', key: [alarmOf(event)] }]
    const id = saidOf(event)
    return id === undefined ? [] : [{ table: 'drift_decisions', key: [id] }]
  },

  fold: (event, rows) => {
    if (event.type === 'DecisionMade') addDecision(event, rows)
    else if (event.type === 'DriftAlarmRaised') addAlarm(event, rows)
    else if (event.type === 'DriftAlarmCleared') clearAlarm(event, rows)
    else addVerdict(event, rows)
  },
}

/** Modes came after the first entries: what says nothing was live. */
type Inputs = DecisionInputs & { readonly mode?: string }

const made = ({ data }: FoldedEvent): { readonly inputs: Inputs; readonly decided: Decided } =>
  data as unknown as DecisionMade

const isCounted = (event: FoldedEvent): boolean => {
  const { mode = 'live', policy, control } = made(event).inputs
  const switched = control.caps.some(({ source }) => source.startsWith('kill-switch:'))
  return mode === 'live' && policy !== null && !switched
}

const idOf = (event: FoldedEvent): string => uuidOf(idIn(event.stream), event)

const EVIDENCE_CODES: ReadonlySet<string> = new Set(['EVIDENCE_MISSING', 'EVIDENCE_ERROR'])

const kindOf = (event: FoldedEvent): readonly Cell[] => {
  const { inputs, decided } = made(event)
  return [
    inputs.domain,
    inputs.action,
    inputs.policy?.digest ?? '',
    decided.outcome,
    decided.autonomyLevel,
    rulesOf(decided.voices),
    // Also where something stricter decided: the evidence was missing all the same.
    decided.voices.some(({ code }) => EVIDENCE_CODES.has(code)),
  ]
}

const RULE_KINDS: ReadonlySet<string> = new Set(['rule', 'guardrail', 'default'])

/** Together they are one category: so each decision counts once, as the test of two mixes needs it. */
const rulesOf = (voices: readonly Voice[]): string => {
  const ids = voices
    .filter(({ kind, decisive }) => decisive === true && RULE_KINDS.has(kind))
    .map(({ id }) => id)
    .sort()
  if (ids.length === 0) return NO_RULE
  return ids.length > RULES_MAX ? `${ids.slice(0, RULES_MAX).join('+')}+and more` : ids.join('+')
}

const addDecision = (event: FoldedEvent, rows: Rows): void => {
  if (!isCounted(event)) return
  const { position } = event
  const key = kindOf(event)
  const [domain, action, policyDigest, outcome, level, rules, missing] = key as [
    ...[string, string, string, string, string, string],
    boolean,
  ]
  const known = rows.get('drift_kinds', ...key)
  const kind = (known?.kind ?? position) as number
  if (known === undefined) {
    rows.put('drift_kinds', {
      ...{ domain, action, policy_digest: policyDigest, outcome, level, rules },
      ...{ missing_evidence: missing, kind },
    })
  }
  const { at: decidedAt } = made(event).inputs
  rows.put('drift_decisions', {
    ...{ id: idOf(event), position, domain, kind, decided_at: decidedAt },
  })
}

/** The review of a decision has the decision's id; one about a policy or a ceiling has no decision here. */
const saidOf = ({ stream }: FoldedEvent): string | undefined => {
  const id = idIn(stream)
  return isUuid(id) ? id : undefined
}

/** Decisions that are not counted have no row, so what is said of them is not counted either. */
const addVerdict = (event: FoldedEvent, rows: Rows): void => {
  const id = saidOf(event)
  const decision = id === undefined ? undefined : rows.get('drift_decisions', id)
  if (decision === undefined) return
  rows.put('drift_verdicts', {
    position: event.position,
    domain: decision.domain as string,
    kind: decision.kind as number,
    verdict: VERDICTS[event.type] as string,
    at: event.occurredAt,
  })
}

const alarmOf = ({ data }: FoldedEvent): string =>
  (data as unknown as DriftAlarmRaised | DriftAlarmCleared).alarmId

const addAlarm = (event: FoldedEvent, rows: Rows): void => {
  const told = event.data as unknown as DriftAlarmRaised
  rows.put('drift_alarms', {
    id: told.alarmId,
    domain: told.domain,
    action: told.action,
    state: 'open',
    position: event.position,
    policy_digest: told.policy,
    measures: told.measures as unknown as JsonValue,
    windows: told.windows as unknown as JsonValue,
    false_alarm_rate: told.falseAlarmRate,
    lowered_to: told.loweredTo,
    raised_at: event.occurredAt,
    raised_by: event.actor.id,
    cleared_at: null,
    cleared_by: null,
    cleared_reason: null,
  })
}

const clearAlarm = (event: FoldedEvent, rows: Rows): void => {
  const { by, reason } = event.data as unknown as DriftAlarmCleared
  const row = rows.get('drift_alarms', alarmOf(event))
  if (row === undefined || row.state !== 'open') return
  rows.put('drift_alarms', {
    ...row,
    ...{ state: 'cleared', cleared_at: event.occurredAt, cleared_by: by, cleared_reason: reason },
  })
}
