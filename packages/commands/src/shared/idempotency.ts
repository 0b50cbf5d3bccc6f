import type { StoredEntry } from '@writ/event-log'
import { canonicalJson, hmacSha256, type JsonValue, labelledBytes, Problem } from '@writ/kernel'
import { type Secrets, tenantSecret } from '@writ/privacy'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'

/** Which request a key stands for, and what it said. 16 bytes each: enough against accident, and half an index page. */
export interface RequestIdentity {
  readonly key: Uint8Array
  readonly fingerprint: Uint8Array
}

/** How long a key is remembered. Source: DESIGN §7. Kept in step with the append function's own 24 hours. */
export const IDEMPOTENCY_MS = 24 * 3_600_000

const DIGEST_BYTES = 16

/** Keyed, since a bare digest of a body that holds a personal value could be guessed back. */
export const requestMac = (secrets: Secrets, tenant: string, body: JsonValue): Uint8Array =>
  hmacSha256(
    tenantSecret(secrets, tenant, 'request-mac'),
    Buffer.from(canonicalJson(body)),
  ).subarray(0, DIGEST_BYTES)

/** The identity of a request under its Idempotency-Key: scoped to tenant and route. Undefined without a key. */
export const requestIdentity = (
  { secrets }: Pick<Deps, 'secrets'>,
  context: CommandContext,
  request: { readonly route: string; readonly body: JsonValue },
): RequestIdentity | undefined => {
  const { idempotencyKey, caller } = context
  if (idempotencyKey === undefined) return undefined
  const secret = tenantSecret(secrets, caller.tenant, 'idempotency')
  const key = hmacSha256(
    secret,
    labelledBytes('writ/v1/idempotency', [request.route, idempotencyKey]),
  )
  return {
    key: key.subarray(0, DIGEST_BYTES),
    fingerprint: requestMac(secrets, caller.tenant, request.body),
  }
}

export const keyReused = (): Problem =>
  new Problem(
    'idempotency-key-reused',
    'This Idempotency-Key was used for another request within the last 24 hours.',
  )

/**
 * Answers step 2 of a decision, "asked before?", from the log. Asked before every refusal, so that a repeat hears the
 * first answer even if policy or controls changed since; the happy path needs no look-up, the append asks again itself.
 */
export const earlierAnswer = async (
  { reader, clock }: Pick<Deps, 'reader' | 'clock'>,
  context: CommandContext,
  identity: RequestIdentity | undefined,
): Promise<readonly StoredEntry[] | Problem | undefined> => {
  if (identity === undefined) return undefined
  const { ledger } = context.caller
  const since = new Date(clock.now() - IDEMPOTENCY_MS)
  const earlier = await reader.keyed(ledger, identity.key, since)
  if (earlier === undefined) return undefined
  if (Buffer.compare(earlier.fingerprint, identity.fingerprint) !== 0) return keyReused()
  return reader.page(ledger, earlier.firstPosition - 1, earlier.events)
}
