import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type Clock, type Problem, type SqlRunner, sha256Hex, uuidV7 } from '@writ/kernel'
import type { ApiKey, IssueKey, KeyHolder } from './api-key.ts'
import { issueRefusal, ledgerOf } from './issue-rules.ts'
import { keyTable } from './key-table.ts'
import {
  isEnvironment,
  KEY_ID_BYTES,
  parseToken,
  SECRET_BYTES,
  secretHash,
  tokenText,
} from './token.ts'
import { verifiedTokens } from './verified-tokens.ts'

export interface ApiKeysOptions<Scope extends string> {
  readonly sql: SqlRunner
  /** Server secret that hashes are made under, at least 32 bytes. Losing it makes every key worthless. */
  readonly pepper: Uint8Array
  /** Stands in each token; a key of another environment is refused unseen. `^[a-z0-9]{1,16}$` */
  readonly environment: string
  /** Every scope there is. A stored scope that is not here any more grants nothing. */
  readonly scopes: readonly Scope[]
  readonly clock: Clock
  /** Default: the system's random bytes. */
  readonly random?: (bytes: number) => Uint8Array
}

export interface ApiKeys<Scope extends string> {
  /** Makes a key. `token` is shown this once and cannot be had again. @problem request-invalid */
  issueKey(
    request: IssueKey<Scope>,
  ): Promise<{ readonly token: string; readonly key: ApiKey } | Problem>
  /** The holder; undefined for a token that is malformed, wrong, expired or revoked. @throws StoreUnavailable */
  authenticate(token: string): Promise<KeyHolder<Scope> | undefined>
  listKeys(tenant: string): Promise<readonly ApiKey[]>
  /** True when the tenant has such a key. Every process refuses it within a second. */
  revokeKey(tenant: string, keyId: string): Promise<boolean>
}

/** Compared with where no row was found, so that an unknown id takes the time of a wrong secret. */
const NO_HASH = Buffer.alloc(32)

export const apiKeys = <Scope extends string>(options: ApiKeysOptions<Scope>): ApiKeys<Scope> => {
  const { sql, pepper, environment, clock, random = randomBytes } = options
  if (pepper.length < 32) throw new TypeError('the pepper of API keys needs at least 32 bytes')
  if (!isEnvironment(environment)) throw new TypeError('the environment must read ^[a-z0-9]{1,16}$')
  const table = keyTable(sql)
  const verified = verifiedTokens<KeyHolder<Scope>>()
  const known = new Set<string>(options.scopes)

  const verify = async (text: string, digest: string): Promise<KeyHolder<Scope> | undefined> => {
    const token = parseToken(text)
    if (token === undefined || token.environment !== environment) return undefined
    const readAt = clock.now()
    const row = await table.byId(token.keyId)
    const isRight = timingSafeEqual(secretHash(pepper, token), row?.secretHash ?? NO_HASH)
    if (row === undefined || !isRight) return undefined
    const { key } = row
    if (key.revokedAt !== undefined || readAt >= (key.expiresAt ?? Number.POSITIVE_INFINITY)) {
      return undefined
    }
    const holder = holderOf<Scope>(key, known)
    verified.remember(digest, { keyId: key.keyId, holder, readAt, expiresAt: key.expiresAt })
    return holder
  }

  return {
    async issueKey(request) {
      const now = clock.now()
      const refusal = issueRefusal(request, known, now)
      if (refusal !== undefined) return refusal
      const keyId = Buffer.from(random(KEY_ID_BYTES)).toString('hex')
      const secret = Buffer.from(random(SECRET_BYTES)).toString('base64url')
      const token = { environment, keyId, secret }
      const key: ApiKey = {
        keyId,
        tenant: request.tenant,
        ledger: ledgerOf(request),
        name: request.name,
        actor: { type: request.kind, id: request.actorId ?? uuidV7(now, random(10)) },
        scopes: [...new Set(request.scopes)].sort(),
        roles: [...new Set(request.roles ?? [])].sort(),
        createdAt: now,
        expiresAt: request.expiresAt,
        revokedAt: undefined,
      }
      await table.insert(key, secretHash(pepper, token))
      return { token: tokenText(token), key }
    },
    async authenticate(token) {
      const digest = sha256Hex(token)
      return verified.find(digest, clock.now()) ?? (await verify(token, digest))
    },
    listKeys: (tenant) => table.ofTenant(tenant),
    async revokeKey(tenant, keyId) {
      const found = await table.revoke(tenant, keyId, clock.now())
      if (found) verified.forget(keyId)
      return found
    },
  }
}

const holderOf = <Scope extends string>(
  key: ApiKey,
  known: ReadonlySet<string>,
): KeyHolder<Scope> => ({
  tenant: key.tenant,
  ledger: key.ledger,
  actor: key.actor,
  scopes: new Set(key.scopes.filter((scope): scope is Scope => known.has(scope))),
  roles: new Set(key.roles),
})
