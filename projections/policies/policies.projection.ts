import type { PolicyVersionActivated, PolicyVersionPublished } from '@writ/domain'
import type { FoldedEvent, Projection, Row, RowKey, Rows, TableSpec } from '@writ/projector'
import { textAt } from '../shared/cells.ts'

/**
 * One row a published version. Whether it is active is not in it: activating one version ends another, and the event
 * names only the first. Active is the one that `policy_pointers` names for its domain, superseded one that was active
 * once, published one that never was; the queries say it.
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

/** Which version a domain was decided by from which position on; the next row of the domain ends it. */
const activations: TableSpec = {
  name: 'policy_activations',
  columns: {
    domain: 'text',
    position: 'int8',
    name: 'text',
    policy_version: 'text',
    digest: 'text',
    activated_by: 'text',
    activated_at: 'timestamptz',
    recorded_at: 'timestamptz',
    published_by: 'text?',
  },
  key: ['domain', 'position'],
}

export const policiesProjection: Projection = {
  name: 'policies',
  version: 1,
  purpose: 'Policy versions with their state, and which version each domain was decided by, when',
  tables: [versions, pointers, activations],
  folds: { policy: ['PolicyVersionPublished', 'PolicyVersionActivated', 'PolicyVersionRevoked'] },

  keys: (event): readonly RowKey[] => {
    const key = versionOf(event)
    return key === undefined ? [] : [{ table: 'policy_versions', key }]
  },

  fold: (event, rows) => {
    if (event.type === 'PolicyVersionPublished') publish(event, rows)
    else if (event.type === 'PolicyVersionActivated') activate(event, rows)
    else revoke(event, rows)
  },
}

/** No command revokes yet: a revocation is understood where it names a version as the other events do. */
const versionOf = ({ data }: FoldedEvent): readonly [string, string] | undefined => {
  const name = textAt(data, 'name')
  const version = textAt(data, 'version')
  return name === null || version === null ? undefined : [name, version]
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
    activations: 0,
    last_activated_by: null,
    last_activated_at: null,
    revoked_at: null,
    revoked_by: null,
  })
}

const activate = (event: FoldedEvent, rows: Rows): void => {
  const { name, version, domain, digest, publishedBy } =
    event.data as unknown as PolicyVersionActivated['data']
  const { position, actor, occurredAt, recordedAt } = event
  const policy = { name, policy_version: version, digest }
  rows.put('policy_pointers', { domain, ...policy, position })
  rows.put('policy_activations', {
    domain,
    position,
    ...policy,
    activated_by: actor.id,
    activated_at: occurredAt,
    recorded_at: recordedAt,
    published_by: publishedBy ?? null,
  })
  change(rows, [name, version], (row) => ({
    activations: (row.activations as number) + 1,
    last_activated_by: actor.id,
    last_activated_at: recordedAt,
  }))
}

const revoke = (event: FoldedEvent, rows: Rows): void => {
  const key = versionOf(event)
  if (key === undefined) return
  change(rows, key, () => ({ revoked_at: event.recordedAt, revoked_by: event.actor.id }))
}

const change = (
  rows: Rows,
  key: readonly [string, string],
  changed: (row: Row) => Partial<Row>,
): void => {
  const row = rows.get('policy_versions', ...key)
  if (row !== undefined) rows.put('policy_versions', { ...row, ...changed(row) } as Row)
}
