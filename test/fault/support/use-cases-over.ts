import { randomBytes } from 'node:crypto'
import {
  type Caller,
  ControlReader,
  createUseCases,
  directPolicyChecks,
  EventTypes,
  PolicyStore,
  type UseCases,
} from '@writ/commands'
import { kyselyOver } from '@writ/database'
import { LogReader, type LogTables } from '@writ/event-log'
import { fixedClock, type LedgerName, type SqlDatabase, tenantOf } from '@writ/kernel'
import { SubjectVault } from '@writ/privacy'
import { ADA, logOver, NOON, nextId } from '../../conformance/support/test-log.ts'

export const SECRETS = { masterKey: Buffer.alloc(32, 1), serverSecret: Buffer.alloc(32, 2) }

export const vaultOver = (database: SqlDatabase): SubjectVault =>
  new SubjectVault({
    database,
    secrets: SECRETS,
    clock: fixedClock(NOON),
    random: randomBytes,
    newId: nextId,
  })

/** The use cases as a process would build them, over a database that may fail. */
export const useCasesOver = (database: SqlDatabase): UseCases => {
  const reader = new LogReader(kyselyOver<LogTables>(database))
  const monotonic = () => performance.now()
  return createUseCases(
    {
      database,
      log: logOver(database),
      reader,
      controls: new ControlReader(reader),
      policies: new PolicyStore(reader),
      policyChecks: directPolicyChecks,
      eventTypes: new EventTypes(database, monotonic),
      vault: vaultOver(database),
      secrets: SECRETS,
      clock: fixedClock(NOON),
      monotonic,
      random: randomBytes,
      newId: nextId,
      engine: { name: 'writ', version: '0', source: `sha256:${'0'.repeat(64)}`, tzdata: 'test' },
      profile: 'development',
    },
    async () => ({ ready: true, checks: {} }),
  )
}

export const adaIn = (ledger: LedgerName): Caller => ({
  tenant: tenantOf(ledger),
  ledger,
  actor: { type: 'key', id: ADA },
  scopes: new Set(['events:write']),
  roles: new Set<string>(),
})
