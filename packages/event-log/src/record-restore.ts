import type { LedgerName, SqlDatabase, Timestamp } from '@writ/kernel'
import { type Actor, entryTexts } from './entry.ts'

/** Who says so and when; the rest of LedgerRestored is read off the head. */
export interface RestoreToRecord {
  /** UUIDv7. */
  readonly id: string
  readonly actor: Actor
  readonly at: Timestamp
}

export interface RecordedRestore {
  /** From now on decisions must carry it. */
  readonly epoch: number
  /** The last position that the restore brought back. */
  readonly fromPosition: number
}

/** Somebody else appends at the same time, again and again: processes of Writ still run. */
const ATTEMPTS_MAX = 20

/**
 * Appends `LedgerRestored {epoch, fromPosition}` and moves the ledger's epoch (DESIGN §4.1). Durable on return.
 *
 * @param owner connected as the owner of the log: a running process may not move an epoch
 * @throws where the head does not match the last entry, or never stands still
 */
export const recordRestore = async (
  owner: SqlDatabase,
  ledger: LedgerName,
  { id, actor, at }: RestoreToRecord,
): Promise<RecordedRestore> => {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const [head] = await owner.query<{ position: bigint; epoch: number }>({
      text: `select h.position, h.epoch from log.heads h join log.ledgers l using (ledger_no)
        where l.ledger = $1`,
      values: [ledger],
    })
    if (head === undefined) throw new Error(`${ledger} is not open`)
    const restored = { epoch: head.epoch + 1, fromPosition: Number(head.position) }
    const stream = `ledger:${ledger.split('/')[1]}`
    const { head: before, tail } = entryTexts(ledger, {
      id,
      type: 'LedgerRestored',
      schema: 1,
      stream,
      data: restored,
      actor,
      correlationId: id,
      occurredAt: at,
    })
    const [row] = await owner.query<{ recorded: boolean }>({
      text: 'select log.record_restore($1, $2, $3, $4::uuid, $5::uuid, $6, $7, $8) as recorded',
      values: [ledger, head.position, head.epoch, id, id, stream, before, tail],
    })
    if (row?.recorded === true) return restored
  }
  throw new Error(`the head of ${ledger} never stood still: stop all processes of Writ first`)
}
