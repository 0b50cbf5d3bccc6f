import type { IssueKey } from '@writ/access'
import type { Scope } from '@writ/commands'
import { newestSchema } from '@writ/domain'
import { type JsonObject, ledgerName, Problem, timestampOf } from '@writ/kernel'
import type { Runtime } from './runtime.ts'
import { systemOperator } from './runtime.ts'

type Issued = Exclude<Awaited<ReturnType<Runtime['keys']['issueKey']>>, Problem>

/**
 * Issues an API key and records it in its ledger before anybody sees the token. A crash between the two leaves a row
 * whose secret nobody knows: it opens nothing.
 *
 * @problem request-invalid; ledger-not-found where the key's ledger is not opened yet
 */
export const issueKey = async (
  runtime: Runtime,
  request: IssueKey<Scope>,
): Promise<Issued | Problem> => {
  const issued = await runtime.keys.issueKey(request)
  if (issued instanceof Problem) return issued
  const { keyId, ledger, actor, scopes, roles, expiresAt } = issued.key
  const recorded = await recordKey(runtime, ledger, {
    type: 'KeyIssued',
    keyId,
    // The name may be a person's: it stays in the table.
    data: {
      keyId,
      actor: { type: actor.type, id: actor.id },
      scopes: [...scopes],
      roles: [...roles],
      ...(expiresAt === undefined ? {} : { expiresAt: timestampOf(expiresAt) }),
    },
  })
  return recorded ?? issued
}

/** Revokes a key, first of all; then records it. True when the tenant has such a key. */
export const revokeKey = async (
  runtime: Runtime,
  tenant: string,
  keyId: string,
): Promise<boolean | Problem> => {
  const key = (await runtime.keys.listKeys(tenant)).find((one) => one.keyId === keyId)
  if (key === undefined || !(await runtime.keys.revokeKey(tenant, keyId))) return false
  if (key.revokedAt !== undefined) return true
  return (
    (await recordKey(runtime, key.ledger, { type: 'KeyRevoked', keyId, data: { keyId } })) ?? true
  )
}

const recordKey = async (
  { deps }: Runtime,
  ledgerText: string,
  event: {
    readonly type: 'KeyIssued' | 'KeyRevoked'
    readonly keyId: string
    readonly data: JsonObject
  },
): Promise<Problem | undefined> => {
  const ledger = ledgerName(ledgerText)
  const notOpened = new Problem(
    'ledger-not-found',
    `The ledger ${ledgerText} is not opened; run writ start for its tenant first.`,
  )
  if (ledger === undefined) return notOpened
  const id = deps.newId()
  const result = await deps.log.append(ledger, {
    caller: 'keys',
    events: [
      {
        event: {
          id,
          type: event.type,
          schema: newestSchema(event.type),
          stream: `key:${event.keyId}`,
          data: event.data,
          actor: systemOperator().actor,
          correlationId: id,
          occurredAt: timestampOf(deps.clock.now()),
        },
      },
    ],
  })
  if (result instanceof Problem) return result
  return result.status === 'appended' ? undefined : notOpened
}
