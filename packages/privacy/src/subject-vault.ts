import { type Clock, hmacSha256, labelledBytes, type SqlDatabase } from '@writ/kernel'
import { NONCE_BYTES, type Secrets, tenantSecret, unwrap, wrap } from './secrets.ts'

/** Longest time an unwrapped key stays in memory: after an erasure no process can open or seal with it for longer. */
export const KEY_CACHE_MS = 60_000
/** Most subjects whose keys one process keeps. Oldest out first. */
export const KEY_CACHE_SUBJECTS_MAX = 50_000

/** Kinds of subject whose ids are not about a person and pass through as they are (DESIGN §4.4). */
export const NON_PERSONAL_KINDS: ReadonlySet<string> = new Set([
  'account',
  'application',
  'asset',
  'case',
  'claim',
  'contract',
  'declaration',
  'device',
  'invoice',
  'item',
  'offer',
  'order',
  'organisation',
  'product',
  'shipment',
  'system',
  'ticket',
])

/** A subject of a personal kind as entries know it. */
export interface KnownSubject {
  readonly type: string
  /** Random UUID that Writ issued; entries carry it instead of the caller's id. */
  readonly issuedId: string
  readonly keyId: string
  readonly key: Uint8Array
}

export interface SubjectVaultDeps {
  readonly database: SqlDatabase
  readonly secrets: Secrets
  readonly clock: Clock
  readonly random: (bytes: number) => Uint8Array
  readonly newId: () => string
}

interface Row {
  issued_id: string
  key_id: string
  wrapped: Uint8Array
}

/**
 * Maps subjects of personal kinds to issued ids and keys, in deletable tables. Erasing a subject deletes its rows: what
 * entries hold then names nobody, and what was sealed cannot be opened.
 */
export class SubjectVault {
  private readonly deps: SubjectVaultDeps
  private readonly cache = new Map<
    string,
    { readonly subject: KnownSubject; readonly until: number }
  >()

  constructor(deps: SubjectVaultDeps) {
    this.deps = deps
  }

  /** The subject's issued id and key, made at first sight. Durable on return. */
  async known(tenant: string, type: string, externalId: string): Promise<KnownSubject> {
    const name = `${tenant}\0${type}\0${externalId}`
    const cached = this.cache.get(name)
    if (cached !== undefined && cached.until > this.deps.clock.now()) return cached.subject
    const subject =
      (await this.find(tenant, type, externalId)) ?? (await this.issue(tenant, type, externalId))
    this.remember(name, subject)
    return subject
  }

  /** The id that stands for a person in entries; undefined where none was issued. Issues none: for reads. */
  async issuedIdOf(tenant: string, type: string, externalId: string): Promise<string | undefined> {
    const cached = this.cache.get(`${tenant}\0${type}\0${externalId}`)
    if (cached !== undefined && cached.until > this.deps.clock.now()) return cached.subject.issuedId
    return (await this.find(tenant, type, externalId))?.issuedId
  }

  /** Keys by id, unwrapped; a destroyed one is absent from the answer. */
  async keys(tenant: string, keyIds: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const rows = await this.wrappedKeys(tenant, keyIds)
    return new Map(rows.map((row) => [row.key_id, this.unwrapKey(tenant, row.key_id, row.wrapped)]))
  }

  /** As `keys`, but a key that the master key at hand does not open is `locked` and no fault: for verification. */
  async keysOrLocked(
    tenant: string,
    keyIds: readonly string[],
  ): Promise<ReadonlyMap<string, Uint8Array | 'locked'>> {
    const found = new Map<string, Uint8Array | 'locked'>()
    for (const { key_id, wrapped } of await this.wrappedKeys(tenant, keyIds)) {
      try {
        found.set(key_id, this.unwrapKey(tenant, key_id, wrapped))
      } catch {
        found.set(key_id, 'locked')
      }
    }
    return found
  }

  private async wrappedKeys(
    tenant: string,
    keyIds: readonly string[],
  ): Promise<readonly { readonly key_id: string; readonly wrapped: Uint8Array }[]> {
    if (keyIds.length === 0) return []
    return this.deps.database.query({
      text: 'select key_id, wrapped from log.subject_keys where tenant = $1 and key_id = any($2::uuid[])',
      values: [tenant, [...new Set(keyIds)]],
    })
  }

  /** The caller's own id behind an issued one; undefined where the subject was erased or never issued. */
  async externalId(tenant: string, issuedId: string): Promise<string | undefined> {
    const [row] = await this.deps.database.query<{
      kind: string
      sealed_external: Uint8Array
      key_id: string
      wrapped: Uint8Array
    }>({
      text: `select i.kind, i.sealed_external, k.key_id, k.wrapped from log.issued_ids i
        join log.subject_keys k on k.tenant = i.tenant and k.subject_id = i.issued_id
        where i.tenant = $1 and i.issued_id = $2`,
      values: [tenant, issuedId],
    })
    if (row === undefined) return undefined
    const key = this.unwrapKey(tenant, row.key_id, row.wrapped)
    return unwrap(key, row.sealed_external, externalAad(tenant, row.kind, issuedId)).toString(
      'utf8',
    )
  }

  /** Drops what this process remembers of a subject, after an append said `stale-key`. */
  forget(tenant: string, type: string, externalId: string): void {
    this.cache.delete(`${tenant}\0${type}\0${externalId}`)
  }

  private async find(
    tenant: string,
    type: string,
    externalId: string,
  ): Promise<KnownSubject | undefined> {
    const [row] = await this.deps.database.query<Row>({
      name: 'vault-find',
      text: `select i.issued_id, k.key_id, k.wrapped from log.issued_ids i
        join log.subject_keys k on k.tenant = i.tenant and k.subject_id = i.issued_id
        where i.tenant = $1 and i.kind = $2 and i.external_mac = $3`,
      values: [tenant, type, this.externalMac(tenant, type, externalId)],
    })
    if (row === undefined) return undefined
    return {
      type,
      issuedId: row.issued_id,
      keyId: row.key_id,
      key: this.unwrapKey(tenant, row.key_id, row.wrapped),
    }
  }

  /** Two callers may meet here: the first id stays, the other's rows are left out, and both read the first. */
  private async issue(tenant: string, type: string, externalId: string): Promise<KnownSubject> {
    const { database, random, newId, secrets } = this.deps
    const key = random(32)
    const issuedId = newId()
    const keyId = newId()
    const sealedExternal = wrap(key, random(NONCE_BYTES), {
      plain: Buffer.from(externalId, 'utf8'),
      aad: externalAad(tenant, type, issuedId),
    })
    const wrapped = wrap(secrets.masterKey, random(NONCE_BYTES), {
      plain: key,
      aad: keyAad(tenant, keyId),
    })
    await database.query({
      text: `with issued as (
          insert into log.issued_ids (tenant, kind, external_mac, issued_id, sealed_external)
          values ($1, $2, $3, $4, $5) on conflict on constraint issued_ids_pk do nothing returning issued_id)
        insert into log.subject_keys (key_id, tenant, subject_type, subject_id, wrapped)
        select $6, $1, $2, issued_id, $7 from issued`,
      values: [
        tenant,
        type,
        this.externalMac(tenant, type, externalId),
        issuedId,
        sealedExternal,
        keyId,
        wrapped,
      ],
    })
    const subject = await this.find(tenant, type, externalId)
    if (subject === undefined) throw new Error('a subject was erased while its id was being issued')
    return subject
  }

  private externalMac(tenant: string, type: string, externalId: string): Buffer {
    const secret = tenantSecret(this.deps.secrets, tenant, 'external-subject')
    return hmacSha256(secret, labelledBytes('writ/v1/external-subject', [type, externalId]))
  }

  private unwrapKey(tenant: string, keyId: string, wrapped: Uint8Array): Uint8Array {
    return unwrap(this.deps.secrets.masterKey, wrapped, keyAad(tenant, keyId))
  }

  private remember(name: string, subject: KnownSubject): void {
    if (this.cache.size >= KEY_CACHE_SUBJECTS_MAX) {
      const oldest = this.cache.keys().next().value
      if (oldest !== undefined) this.cache.delete(oldest)
    }
    this.cache.set(name, { subject, until: this.deps.clock.now() + KEY_CACHE_MS })
  }
}

const externalAad = (tenant: string, type: string, issuedId: string): Buffer =>
  labelledBytes('writ/v1/external-id', [tenant, type, issuedId])

const keyAad = (tenant: string, keyId: string): Buffer =>
  labelledBytes('writ/v1/subject-key', [tenant, keyId])
