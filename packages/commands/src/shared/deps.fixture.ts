import { randomBytes } from 'node:crypto'
import { EventLog, LogReader, type LogTables } from '@writ/event-log'
import { type LedgerName, SYSTEM_CONTROL, uuidV7 } from '@writ/kernel'
import type { TestDatabase } from '../../../../test/support/test-databases.ts'
import type { Caller } from '../caller.ts'
import { addKeyPartitions, composeDeps } from '../compose-deps.ts'
import type { Deps } from '../deps.ts'
import { openLedger } from '../open-ledger.ts'
import { ENGINE } from '../replay/replay-case.fixture.ts'

/** What the use cases of one process stand on, over a real database; `skewMs` is how far its clocks are ahead. */
export const depsOver = ({ database }: TestDatabase, skewMs: () => number = () => 0): Deps => {
  const clock = { now: () => Date.now() + skewMs() }
  return composeDeps({
    ...{ database, clock, wallClock: clock, profile: 'development', engine: ENGINE },
    log: new EventLog({ database, clock }),
    reader: new LogReader(database.kysely<LogTables>()),
    secrets: { masterKey: Buffer.alloc(32, 1), serverSecret: Buffer.alloc(32, 2) },
    monotonic: () => performance.now() + skewMs(),
    random: randomBytes,
    newId: () => uuidV7(clock.now(), randomBytes(10)),
  })
}

/** Opens a ledger, and that of the controls of the whole system. */
export const openLedgers = async (
  deps: Deps,
  ledger: LedgerName,
  actor: Caller['actor'],
): Promise<void> => {
  await addKeyPartitions(deps, Date.now())
  for (const each of [SYSTEM_CONTROL, ledger])
    await openLedger(deps, each, { origin: 'test.local', actor })
}
