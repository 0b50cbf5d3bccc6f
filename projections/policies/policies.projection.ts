import type {
  PolicyVersionActivated,
  PolicyVersionApproved,
  PolicyVersionPublished,
  PolicyVersionRevoked,
} from '@writ/domain'
import type { JsonValue } from '@writ/kernel'
import type { FoldedEvent, Projection, Row, RowKey, Rows, TableSpec } from '@writ/projector'

/**
 * One row a published version. Whether it is active is not in it: activating one version ends another, and the event
 * names only the first. Active is the one that `policy_pointers` names for its domain; the queries say it, and how far
 * the others came.
 */
const versions: TableSpec = {
  name: 'policy_versions',
  columns: {
    name: 'text',
    policy_version: 'text',
    domain: 'text',
    digest: 'text',
    variants: 'jsonb',
    published_by: 'text',
    published_at: 'timestamptz',
    position: 'int8',
    validated: 'bool',
    approved_by: 'jsonb',
    /** When an approved version is to be activated; null once it was, or where no time was agreed. */
    activate_at: 'timestamptz?',
    activations: 'int4',
    last_activated_by: 'text?',
    last_activated_at: 'timestamptz?',
    revoked_at: 'timestamptz?',
    revoked_by: 'text?',
  },
  key: ['name', 'policy_version'],
  indexes: [['position desc'], ['domain', 'position desc']],
}

const pointers: TableSpec = {
  name: 'policy_pointers',
  columns: {
    domain: 'text',
    name: 'text',
    policy_version: 'text',
    digest: 'text',
    position: 'int8',
  },
  key: ['domain'],
}

/**
 * Which version a domain was decided by from which position on, and from when on it is valid; the next row of the
 * domain ends it. A row without a version says that the active one was revoked: from there on people decide.
 */
const activations: TableSpec = {
  name: 'policy_activations',
  columns: {
    domain: 'text',
    position: 'int8',
    name: 'text?',
    policy_version: 'text?',
    digest: 'text?',
    activated_by: 'text',
    approved_by: 'jsonb',
    effective_from: 'timestamptz',
    recorded_at: 'timestamptz',
    published_by: 'text?',
  },
  key: ['domain', 'position'],
}

export const policiesProjection: Projection = {
  name: 'policies',
  version: 2,
  purpose: 'Policy versions with their state, and which version each domain was decided by, when',
  tables: [versions, pointers, activations],
  folds: {
    policy: [
      'PolicyVersionPublished',
      'PolicyVersionValidated',
      'PolicyVersionApproved',
      'PolicyVersionActivated',
      'PolicyVersionRevoked',
    ],
  },

  keys: (event): readonly RowKey[] => {
    const { domain } = event.data as unknown as PolicyVersionRevoked['data']
    const version: RowKey = { table: 'policy_versions', key: versionOf(event) }
    return event.type === 'PolicyVersionRevoked'
      ? [version, { table: 'policy_pointers', key: [domain] }]
      : [version]
  },

  fold: (event, rows) => {
    FOLDS[event.type]?.(event, rows)
  },
}

const versionOf = ({ data }: FoldedEvent): readonly [string, string] => {
  const { name, version } = data as unknown as PolicyVersionPublished
  return [name, version]
}

const publish = (event: FoldedEvent, rows: Rows): void => {
  const { name, version, domain, digest, variants } =
    event.data as unknown as PolicyVersionPublished
  // A version is published once; the same again would only be a later telling of it.
  if (rows.get('policy_versions', name, version) !== undefined) return
  rows.put('policy_versions', {
    name,
    policy_version: version,
    domain,
    digest,
    variants: variants ?? [],
    published_by: event.actor.id,
    published_at: event.recordedAt,
    position: event.position,
    validated: false,
    approved_by: [],
    activate_at: null,
    activations: 0,
    last_activated_by: null,
    last_activated_at: null,
    revoked_at: null,
    revoked_by: null,
  })
}

const activate = (event: FoldedEvent, rows: Rows): void => {
  const { name, version, domain, digest, publishedBy, effectiveFrom, approvedBy } =
    event.data as unknown as PolicyVersionActivated['data']
  const { position, actor, recordedAt } = event
  const policy = { name, policy_version: version, digest }
  rows.put('policy_pointers', { domain, ...policy, position })
  rows.put('policy_activations', {
    domain,
    position,
    ...policy,
    activated_by: actor.id,
    approved_by: approvedBy as JsonValue,
    effective_from: effectiveFrom ?? recordedAt,
    recorded_at: recordedAt,
    published_by: publishedBy,
  })
  change(rows, event, (row) => ({
    activate_at: null,
    activations: (row.activations as number) + 1,
    last_activated_by: actor.id,
    last_activated_at: recordedAt,
  }))
}

const validate = (event: FoldedEvent, rows: Rows): void =>
  change(rows, event, () => ({ validated: true }))

const approve = (event: FoldedEvent, rows: Rows): void => {
  const { approvedBy, activateAt } = event.data as unknown as PolicyVersionApproved
  change(rows, event, () => ({ approved_by: approvedBy as JsonValue, activate_at: activateAt }))
}

const revoke = (event: FoldedEvent, rows: Rows): void => {
  const { domain, digest } = event.data as unknown as PolicyVersionRevoked['data']
  const { position, actor, recordedAt } = event
  change(rows, event, () => ({
    activate_at: null,
    revoked_at: recordedAt,
    revoked_by: actor.id,
  }))
  if (rows.get('policy_pointers', domain)?.digest !== digest) return
  rows.remove('policy_pointers', domain)
  rows.put('policy_activations', {
    domain,
    position,
    name: null,
    policy_version: null,
    digest: null,
    activated_by: actor.id,
    approved_by: [],
    effective_from: recordedAt,
    recorded_at: recordedAt,
    published_by: null,
  })
}

const FOLDS: Readonly<Record<string, (event: FoldedEvent, rows: Rows) => void>> = {
  PolicyVersionPublished: publish,
  PolicyVersionValidated: validate,
  PolicyVersionApproved: approve,
  PolicyVersionActivated: activate,
  PolicyVersionRevoked: revoke,
}

const change = (rows: Rows, event: FoldedEvent, changed: (row: Row) => Partial<Row>): void => {
  const key = versionOf(event)
  const row = rows.get('policy_versions', ...key)
  if (row !== undefined) rows.put('policy_versions', { ...row, ...changed(row) } as Row)
}
