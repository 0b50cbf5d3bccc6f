import type { LedgerName, SqlRunner } from '@writ/kernel'
import { foldsEvent } from './folds-event.ts'
import { foldedPage } from './page-folding.ts'
import type { FoldedEvent, Projection } from './projection.ts'
import { sourceInTransaction } from './source-in-transaction.ts'

const PAGE = 5_000

export interface EffectsOf {
  readonly projection: Projection
  readonly ledger: string
  readonly tenant: string
}

/** Writes what events ask for. Each has its key, so nothing is told twice. */
export const tellEffects = async (
  tx: SqlRunner,
  { projection, ledger, tenant }: EffectsOf,
  events: readonly FoldedEvent[],
): Promise<void> => {
  if (projection.effects === undefined) return
  for (const event of events) {
    if (event.unreadable !== undefined) continue
    for (const [no, { kind, payload }] of projection.effects(event).entries()) {
      await tx.query({
        text: `insert into projection.effects (name, ledger, tenant, position, no, kind, payload)
          values ($1, $2, $3, $4, $5, $6, $7::jsonb) on conflict do nothing`,
        values: [
          projection.name,
          ledger,
          tenant,
          event.position,
          no,
          kind,
          JSON.stringify(payload),
        ],
      })
    }
  }
}

/**
 * Tells what lies between a live build and the further one that takes its place: the one never came there, the other
 * was not live when it did. Call while the checkpoints of both are locked.
 *
 * @param from number of the live build
 */
export const tellBetween = async (
  tx: SqlRunner,
  projection: Projection,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> => {
  if (projection.effects === undefined) return
  const source = sourceInTransaction(tx)
  const gaps = await tx.query<{ ledger: string; tenant: string; told: bigint; until: bigint }>({
    text: `select n.ledger, n.tenant, coalesce(o.position, 0) as told, n.position as until
      from projection.checkpoints n
      left join projection.checkpoints o on o.name = n.name and o.build = $2 and o.ledger = n.ledger
      where n.name = $1 and n.build = $3 and n.position > coalesce(o.position, 0)`,
    values: [projection.name, from, to],
  })
  for (const { ledger, tenant, told, until } of gaps) {
    for (let position = Number(told); position < Number(until); ) {
      const limit = Math.min(PAGE, Number(until) - position)
      const entries = await source.page(ledger as LedgerName, position, limit)
      const page = await foldedPage(source, ledger as LedgerName, entries, [projection])
      const events = page.filter((event) => foldsEvent(projection, event))
      await tellEffects(tx, { projection, ledger, tenant }, events)
      position += limit
    }
  }
}
