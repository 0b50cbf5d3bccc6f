import type { LedgerName } from '@writ/kernel'

export const ACTOR_KINDS = ['key', 'person'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

/** Who is behind a credential: what a command may know of its caller. */
export interface KeyHolder<Scope extends string> {
  readonly tenant: string
  readonly ledger: LedgerName
  /** `id` was issued by Writ, so it may stand in an entry for ever. */
  readonly actor: { readonly type: ActorKind; readonly id: string }
  readonly scopes: ReadonlySet<Scope>
  /** What the holder is in the organisation, such as `cfo`: which reviews they may vote in. */
  readonly roles: ReadonlySet<string>
}

/** A key as it may be shown: everything but the secret. Times are milliseconds since 1970. */
export interface ApiKey {
  readonly keyId: string
  readonly tenant: string
  readonly ledger: LedgerName
  readonly name: string
  readonly actor: { readonly type: ActorKind; readonly id: string }
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
}

export interface IssueKey<Scope extends string> {
  readonly tenant: string
  /** Default `<tenant>/main`. */
  readonly ledger?: string
  /** What the key is for. Shown in lists; no personal data. */
  readonly name: string
  readonly kind: ActorKind
  /** The actor that a second key of the same person or program belongs to; default a new one. */
  readonly actorId?: string
  readonly scopes: readonly Scope[]
  /** Default none. Only people have roles. */
  readonly roles?: readonly string[]
  /** Milliseconds since 1970; default never. */
  readonly expiresAt?: number
}
