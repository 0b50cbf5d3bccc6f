import {
  isLedgerPart,
  isUuid,
  type LedgerName,
  ledgerName,
  mainLedger,
  Problem,
  type ProblemPlace,
  tenantOf,
} from '@writ/kernel'
import { ACTOR_KINDS, type IssueKey } from './api-key.ts'

/** Longest name of a key. Unit: characters. A line in a list. */
export const KEY_NAME_CHARS_MAX = 100

/** Most scopes of one key. Unit: scopes. Far over the number there is. */
export const KEY_SCOPES_MAX = 64

export const ledgerOf = ({
  tenant,
  ledger,
}: {
  readonly tenant: string
  readonly ledger?: string
}): LedgerName => (ledger === undefined ? mainLedger(tenant) : (ledger as LedgerName))

/** Most roles of one key. Unit: roles. */
export const KEY_ROLES_MAX = 32

/** As policies name them in their escalation paths. */
const ROLE = /^[a-z][a-z0-9-]{0,62}$/

/** Why such a key cannot be issued, with every reason at once; undefined when it can. */
export const issueRefusal = (
  request: IssueKey<string>,
  known: ReadonlySet<string>,
  now: number,
): Problem | undefined => {
  const errors = RULES.flatMap(({ pointer, message, holds }) =>
    holds(request, known, now) ? [] : [{ pointer, message } satisfies ProblemPlace],
  )
  const [first] = errors
  if (first === undefined) return undefined
  return new Problem('request-invalid', `${first.pointer} ${first.message}.`, { errors })
}

interface Rule {
  readonly pointer: string
  readonly message: string
  readonly holds: (request: IssueKey<string>, known: ReadonlySet<string>, now: number) => boolean
}

const RULES: readonly Rule[] = [
  {
    pointer: '/tenant',
    message: 'must read ^[a-z0-9][a-z0-9-]{0,38}$',
    holds: ({ tenant }) => isLedgerPart(tenant),
  },
  {
    pointer: '/ledger',
    message: 'must be a ledger of the tenant',
    holds: ({ tenant, ledger }) => {
      const name = ledger === undefined ? undefined : ledgerName(ledger)
      return ledger === undefined || (name !== undefined && tenantOf(name) === tenant)
    },
  },
  {
    pointer: '/name',
    message: `must have 1 to ${KEY_NAME_CHARS_MAX} characters`,
    holds: ({ name }) => name.length >= 1 && [...name].length <= KEY_NAME_CHARS_MAX,
  },
  {
    pointer: '/kind',
    message: `must be one of ${ACTOR_KINDS.join(', ')}`,
    holds: ({ kind }) => ACTOR_KINDS.includes(kind),
  },
  {
    pointer: '/actorId',
    message: 'must be a UUID that Writ issued',
    holds: ({ actorId }) => actorId === undefined || isUuid(actorId),
  },
  {
    pointer: '/scopes',
    message: 'must name 1 to 64 known scopes',
    holds: ({ scopes }, known) =>
      scopes.length >= 1 &&
      scopes.length <= KEY_SCOPES_MAX &&
      scopes.every((scope) => known.has(scope)),
  },
  {
    pointer: '/roles',
    message: `must be at most ${KEY_ROLES_MAX} names that read ^[a-z][a-z0-9-]{0,62}$, and only of a person`,
    holds: ({ roles = [], kind }) =>
      roles.length <= KEY_ROLES_MAX &&
      roles.every((role) => ROLE.test(role)) &&
      (roles.length === 0 || kind === 'person'),
  },
  {
    pointer: '/expiresAt',
    message: 'must lie in the future',
    holds: ({ expiresAt }, _known, now) =>
      expiresAt === undefined || (Number.isFinite(expiresAt) && expiresAt > now),
  },
]
