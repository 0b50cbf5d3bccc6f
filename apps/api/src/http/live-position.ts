import type { Caller } from '@writ/commands'
import type { SqlRunner } from '@writ/kernel'

/** Position of the last entry of a caller's ledger; 0 while it is not opened. */
export const headPosition =
  (sql: SqlRunner) =>
  async ({ ledger }: Pick<Caller, 'ledger'>): Promise<number> => {
    const [row] = await sql.query<{ position: bigint }>({
      name: 'head-position',
      text: 'select h.position from log.ledgers l join log.heads h using (ledger_no) where l.ledger = $1',
      values: [ledger],
    })
    return Number(row?.position ?? 0)
  }

/**
 * How far the live build of a read model has folded the ledger of a caller; 0 while there is none. Callers who ask
 * while an answer is on its way share it: however many wait, the database hears one question at a time for each.
 */
export const livePosition = (
  sql: SqlRunner,
): ((caller: Pick<Caller, 'ledger'>, projection: string) => Promise<number>) => {
  const asked = new Map<string, Promise<number>>()
  return ({ ledger }, projection) => {
    const key = `${projection} ${ledger}`
    const known = asked.get(key)
    if (known !== undefined) return known
    const answer = readPosition(sql, ledger, projection).finally(() => asked.delete(key))
    asked.set(key, answer)
    return answer
  }
}

const readPosition = async (
  sql: SqlRunner,
  ledger: string,
  projection: string,
): Promise<number> => {
  const [row] = await sql.query<{ position: bigint }>({
    name: 'live-position',
    text: `select c.position from projection.checkpoints c
      join projection.builds b on b.name = c.name and b.build = c.build and b.state = 'live'
      where c.name = $1 and c.ledger = $2`,
    values: [projection, ledger],
  })
  return Number(row?.position ?? 0)
}
