import type { LedgerName } from '@writ/kernel'

/** What a credential may do. Closed list; each route names the one it needs. */
export const SCOPES = [
  'events:write',
  'events:read',
  'event-types:write',
  'decisions:write',
  'decisions:read',
  'outcomes:write',
  'outcomes:read',
  'reviews:read',
  'reviews:write',
  'policies:write',
  'policies:activate',
  'policies:read',
  'controls:write',
  'controls:read',
  'personal:read',
  'keys:write',
  'log:audit',
] as const
export type Scope = (typeof SCOPES)[number]

/**
 * Who asks, known from the credential alone: never from a body or a header. `actor.id` is an id that Writ issued, so
 * it may stand in an entry for ever (DESIGN §4.4).
 */
export interface Caller {
  readonly tenant: string
  readonly ledger: LedgerName
  readonly actor: { readonly type: 'key' | 'person' | 'system'; readonly id: string }
  readonly scopes: ReadonlySet<Scope>
  /** What a person is in the organisation: which reviews they may vote in. Programs have none. */
  readonly roles: ReadonlySet<string>
}

/** What travels with a command besides its body. */
export interface CommandContext {
  readonly caller: Caller
  /** Idempotency-Key as sent; scoped to tenant and route by the command. */
  readonly idempotencyKey?: string
  /** UUID, lower case. */
  readonly correlationId?: string
  /** `type:id` for whom the caller says to act, as entries name it: with an id that Writ issued. */
  readonly onBehalfOf?: string
  /** W3C trace context, passed on as it came. */
  readonly traceparent?: string
}
