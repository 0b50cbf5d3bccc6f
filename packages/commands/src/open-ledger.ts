import { newestSchema } from '@writ/domain'
import { FORMAT_VERSION } from '@writ/event-log'
import { type LedgerName, timestampOf } from '@writ/kernel'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'

/** Opens a ledger with its first entry; true when it was opened now. */
export const openLedger = (
  { log, newId, random, clock }: Pick<Deps, 'log' | 'newId' | 'random' | 'clock'>,
  ledger: LedgerName,
  by: { readonly origin: string; readonly actor: Caller['actor'] },
): Promise<boolean> => {
  const id = newId()
  return log.open(ledger, {
    id,
    type: 'LedgerOpened',
    schema: newestSchema('LedgerOpened'),
    stream: `ledger:${ledger.split('/')[1]}`,
    data: {
      origin: `${by.origin}/${ledger}`,
      // Two ledgers of one name and origin still differ from their first entry on.
      nonce: Buffer.from(random(16)).toString('hex'),
      formatVersion: FORMAT_VERSION,
    },
    actor: by.actor,
    correlationId: id,
    occurredAt: timestampOf(clock.now()),
  })
}
