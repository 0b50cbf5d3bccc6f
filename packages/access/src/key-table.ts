import type { LedgerName, SqlRunner } from '@writ/kernel'
import type { ActorKind, ApiKey } from './api-key.ts'

/** The rows of access.api_keys. */
export interface KeyTable {
  insert(key: ApiKey, secretHash: Uint8Array): Promise<void>
  byId(
    keyId: string,
  ): Promise<{ readonly key: ApiKey; readonly secretHash: Uint8Array } | undefined>
  ofTenant(tenant: string): Promise<readonly ApiKey[]>
  /** True when the tenant has such a key; the first revocation stays. */
  revoke(tenant: string, keyId: string, revokedAt: number): Promise<boolean>
}

interface KeyRow {
  readonly key_id: string
  readonly secret_hash: Uint8Array
  readonly tenant: string
  readonly ledger: string
  readonly name: string
  readonly actor_id: string
  readonly actor_kind: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
}

const COLUMNS = `key_id, secret_hash, tenant, ledger, name, actor_id, actor_kind, scopes,
  roles, created_at, expires_at, revoked_at`

export const keyTable = (sql: SqlRunner): KeyTable => ({
  async insert(key, secretHash) {
    await sql.query({
      text: 'select access.issue_key($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
      values: [
        ...[key.keyId, secretHash, key.tenant, key.ledger, key.name],
        ...[key.actor.id, key.actor.type, key.scopes, key.roles],
        ...[new Date(key.createdAt), key.expiresAt === undefined ? null : new Date(key.expiresAt)],
      ],
    })
  },
  async byId(keyId) {
    const [row] = await sql.query<KeyRow>({
      name: 'access_key_by_id',
      text: `select ${COLUMNS} from access.api_keys where key_id = $1`,
      values: [keyId],
    })
    return row === undefined ? undefined : { key: keyOf(row), secretHash: row.secret_hash }
  },
  async ofTenant(tenant) {
    const rows = await sql.query<KeyRow>({
      text: `select ${COLUMNS} from access.api_keys where tenant = $1 order by created_at, key_id`,
      values: [tenant],
    })
    return rows.map(keyOf)
  },
  async revoke(tenant, keyId, revokedAt) {
    const [row] = await sql.query<{ readonly revoked: boolean }>({
      text: 'select access.revoke_key($1, $2, $3) as revoked',
      values: [tenant, keyId, new Date(revokedAt)],
    })
    return row?.revoked === true
  },
})

const keyOf = (row: KeyRow): ApiKey => ({
  keyId: row.key_id,
  tenant: row.tenant,
  ledger: row.ledger as LedgerName,
  name: row.name,
  actor: { type: row.actor_kind as ActorKind, id: row.actor_id },
  scopes: row.scopes,
  roles: row.roles,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at?.getTime(),
  revokedAt: row.revoked_at?.getTime(),
})
