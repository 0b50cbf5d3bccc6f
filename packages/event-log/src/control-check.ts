import { type Kysely, sql } from 'kysely'
import type { ChainVerifier } from './chain-verifier.ts'
import type { LogTables } from './log-tables.ts'

interface Row {
  readonly position: bigint
  readonly expected: bigint | null
  readonly found: bigint | null
}

/**
 * Deciders fold the list of control entries and carry its counter: a control missing there is a switch nobody sees.
 * So the list is compared with the entries themselves, and the head's counter with the list. One statement each, so
 * one snapshot each: appends may go on.
 */
export const checkControls = async (
  db: Kysely<LogTables>,
  no: number,
  verifier: ChainVerifier,
): Promise<void> => {
  const listed = await sql<Row>`
    select coalesce(e.position, c.position) as position, e.counter as expected, c.counter as found
    from (
      select t.position, row_number() over (order by t.position) as counter
      from log.readable_entries t
      where t.ledger_no = ${no} and log.is_control(t.stream, t.type)) e
    full join (select * from log.control_entries k where k.ledger_no = ${no}) c on c.position = e.position
    where e.counter is distinct from c.counter
    order by 1 limit 1000`.execute(db)
  for (const { position, expected, found } of listed.rows)
    verifier.find('COLUMN_MISMATCH', Number(position), `control ${expected}`, `control ${found}`)
  const counted = await sql<Row>`
    select h.position, count(c.counter) as expected, h.control_counter as found
    from log.heads h left join log.control_entries c on c.ledger_no = h.ledger_no
    where h.ledger_no = ${no} group by h.position, h.control_counter
    having count(c.counter) <> h.control_counter`.execute(db)
  for (const { position, expected, found } of counted.rows)
    verifier.find('HEAD_MISMATCH', Number(position), `${expected} controls`, `${found} controls`)
}
