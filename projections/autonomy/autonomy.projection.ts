import type { DecisionMade } from '@writ/domain'
import type { FoldedEvent, Projection, TableSpec } from '@writ/projector'
import { hourOf } from '../shared/cells.ts'

/**
 * How far the system acts by itself: decisions counted by hour (UTC, of the time they were made), domain, policy
 * version, level and outcome. An hour is the finest that anyone looks at and the coarsest that every time zone's days
 * can be put together from; days are summed when they are asked for. Counting up is safe here: a decision is never
 * changed or taken back, and the runtime folds each event exactly once.
 */
const autonomyHours: TableSpec = {
  name: 'autonomy_hours',
  columns: {
    domain: 'text',
    hour: 'timestamptz',
    /** Empty: no policy was active. */
    policy: 'text',
    policy_version: 'text',
    level: 'text',
    outcome: 'text',
    decisions: 'int8',
  },
  // Domain and hour first: what is asked for is a range of hours of a domain, which is then a range of the key.
  key: ['domain', 'hour', 'policy', 'policy_version', 'level', 'outcome'],
  indexes: [['hour']],
}

const keyOf = ({ data }: FoldedEvent): readonly string[] => {
  const { inputs, decided } = data as unknown as DecisionMade
  const { name = '', version = '' } = inputs.policy ?? {}
  return [inputs.domain, hourOf(inputs.at), name, version, decided.autonomyLevel, decided.outcome]
}

export const autonomyProjection: Projection = {
  name: 'autonomy',
  version: 1,
  purpose: 'How many decisions were made at which level, by hour, domain and policy version',
  tables: [autonomyHours],
  folds: { decision: ['DecisionMade'] },
  keys: (event) => [{ table: 'autonomy_hours', key: keyOf(event) }],

  fold: (event, rows) => {
    const key = keyOf(event)
    const [domain = '', hour = '', policy = '', policyVersion = '', level = '', outcome = ''] = key
    const before = rows.get('autonomy_hours', ...key)
    rows.put('autonomy_hours', {
      ...{ domain, hour, policy, policy_version: policyVersion, level, outcome },
      decisions: ((before?.decisions ?? 0) as number) + 1,
    })
  },
}
