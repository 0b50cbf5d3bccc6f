import type { Caller } from '@writ/commands'
import type { SqlRunner } from '@writ/kernel'

/** How far the live build of a read model has folded the ledger of a caller; 0 while there is none. */
export const livePosition =
  (sql: SqlRunner) =>
  async ({ ledger }: Pick<Caller, 'ledger'>, projection: string): Promise<number> => {
    const [row] = await sql.query<{ position: bigint }>({
      name: 'live-position',
      text: `select c.position from projection.checkpoints c
        join projection.builds b on b.name = c.name and b.build = c.build and b.state = 'live'
        where c.name = $1 and c.ledger = $2`,
      values: [projection, ledger],
    })
    return Number(row?.position ?? 0)
  }
