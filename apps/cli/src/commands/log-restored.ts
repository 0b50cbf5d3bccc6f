import { recordRestore } from '@writ/event-log'
import { type LedgerName, ledgerName, timestampOf } from '@writ/kernel'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { readConfig } from '../setup/config.ts'
import { openAsOwner } from '../setup/open-database.ts'
import { systemOperator } from '../setup/runtime.ts'
import { risingIds, systemClock } from '../setup/system-clock.ts'

export interface RestoredOptions extends OutputOptions {
  readonly ledger?: string
  readonly yes?: boolean
}

/**
 * Says in each ledger that this database was restored, and moves its epoch: whatever was decided before, on entries
 * that the restore may have taken back, is refused as stale-control. All ledgers unless one is named: a backup holds
 * them all.
 */
export const recordRestored = async (options: RestoredOptions): Promise<void> => {
  if (options.yes !== true)
    throw new CommandFailed(
      EXIT.usage,
      'This appends LedgerRestored to every ledger, for ever. Stop all processes of Writ, then repeat with --yes.',
    )
  const owner = await openAsOwner(readConfig(process.env))
  try {
    const newId = risingIds(systemClock)
    const results = []
    for (const ledger of await ledgersOf(owner, options.ledger)) {
      const event = {
        id: newId(),
        actor: systemOperator().actor,
        at: timestampOf(systemClock.now()),
      }
      results.push({ ledger, ...(await recordRestore(owner, ledger, event)) })
    }
    if (options.json) printJson({ ledgers: results })
    else
      for (const { ledger, epoch, fromPosition } of results)
        print(`${ledger}: epoch ${epoch}; goes on from position ${fromPosition}`)
  } finally {
    await owner.close()
  }
}

const ledgersOf = async (
  owner: Awaited<ReturnType<typeof openAsOwner>>,
  named: string | undefined,
): Promise<readonly LedgerName[]> => {
  const rows = await owner.query<{ ledger: LedgerName }>({
    text: 'select ledger from log.ledgers order by ledger',
  })
  const known = rows.map(({ ledger }) => ledger)
  if (named === undefined) return known
  const ledger = ledgerName(named)
  if (ledger === undefined)
    throw new CommandFailed(EXIT.usage, `${named} is no ledger name; write tenant/name.`)
  if (!known.includes(ledger))
    throw new CommandFailed(EXIT.couldNotJudge, `There is no ledger ${ledger}.`)
  return [ledger]
}
