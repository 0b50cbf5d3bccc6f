import { SCOPES, type Scope } from '@writ/commands'
import { isLedgerPart, mainLedger, Problem, parseTimestamp } from '@writ/kernel'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { openLedger } from '../setup/bootstrap.ts'
import { issueKey, revokeKey as revoke } from '../setup/issue-key.ts'
import { withRuntime } from '../setup/with-runtime.ts'

export interface CreateKeyOptions extends OutputOptions {
  readonly name: string
  readonly scopes?: string
  readonly roles?: string
  readonly person?: boolean
  /** Whose further key it is: votes are counted by people, not by keys. */
  readonly actor?: string
  readonly tenant?: string
  readonly expires?: string
}

/** Issues a key and shows its token once. */
export const createKey = (options: CreateKeyOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const { config } = runtime
    const scopes = (options.scopes?.split(',') ?? [...SCOPES]) as Scope[]
    const expiresAt = options.expires === undefined ? undefined : parseTimestamp(options.expires)
    if (options.expires !== undefined && expiresAt === undefined) {
      throw new CommandFailed(
        EXIT.usage,
        '--expires must be an RFC 3339 time with a zone, such as 2027-06-30T00:00:00Z',
      )
    }
    const tenant = options.tenant ?? config.tenant
    // A tenant begins with its first key.
    if (isLedgerPart(tenant)) await openLedger(runtime, mainLedger(tenant))
    const issued = await issueKey(runtime, {
      tenant,
      name: options.name,
      kind: options.person ? 'person' : 'key',
      scopes,
      ...(options.actor === undefined ? {} : { actorId: options.actor }),
      ...(options.roles === undefined ? {} : { roles: options.roles.split(',') }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })
    if (issued instanceof Problem) throw issued
    if (options.json) printJson({ token: issued.token, ...issued.key })
    else
      print(
        `Token, shown once:\n  ${issued.token}\nkey ${issued.key.keyId}, actor ${issued.key.actor.id}, scopes ${issued.key.scopes.join(' ')}`,
      )
  })

export interface TenantOptions extends OutputOptions {
  readonly tenant?: string
}

export const listKeys = ({ tenant, json }: TenantOptions): Promise<void> =>
  withRuntime(async ({ keys, config }) => {
    const found = await keys.listKeys(tenant ?? config.tenant)
    if (json) return printJson(found)
    const time = (ms: number | undefined): string =>
      ms === undefined ? '' : new Date(ms).toISOString()
    const rows = found.map((key) => [
      key.keyId,
      key.name,
      key.actor.type,
      key.roles.join(' '),
      time(key.createdAt),
      time(key.expiresAt),
      time(key.revokedAt),
    ])
    print(table([['key', 'name', 'kind', 'roles', 'created', 'expires', 'revoked'], ...rows]))
  })

export const revokeKey = (keyId: string, { tenant, json }: TenantOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const found = await revoke(runtime, tenant ?? runtime.config.tenant, keyId)
    if (found instanceof Problem) throw found
    if (!found) throw new CommandFailed(EXIT.checkFailed, `The tenant has no key ${keyId}.`)
    if (json) printJson({ revoked: keyId })
    else print(`Revoked ${keyId}; every process refuses it within a second.`)
  })
