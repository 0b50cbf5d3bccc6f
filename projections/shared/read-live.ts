import type { SqlRunner } from '@writ/kernel'

export interface LiveQuery {
  readonly projection: string
  readonly ledger: string
  /** Prepared under this name, so the text must be a function of it alone. */
  readonly name: string
  /** Common table expressions that `rows` needs, each with its name; they may use `$1`, the ledger. */
  readonly with?: readonly string[]
  /** The rows themselves, filtered by `ledger = $1`. */
  readonly rows: string
  /** Columns of `rows` to order by. */
  readonly order: string
  /** From `$2` on. */
  readonly values?: readonly unknown[]
}

/**
 * Rows of a read model together with the position up to which its live build has folded the ledger. One statement, so
 * one snapshot: rows and checkpoint are written in one transaction, and a position read before or after them could
 * belong to another state than the rows. Position 0: nothing was folded yet.
 */
export const readLive = async <Row>(
  sql: SqlRunner,
  { projection, ledger, name, with: expressions = [], rows, order, values = [] }: LiveQuery,
): Promise<{ readonly position: number; readonly rows: readonly Row[] }> => {
  const found = await sql.query<Row & { live_position: bigint | null; is_row: true | null }>({
    name: `read-${projection}-${name}`,
    text: `with live as (
        select max(c.position) as live_position from projection.checkpoints c
        join projection.builds b on b.name = c.name and b.build = c.build and b.state = 'live'
        where c.name = '${projection}' and c.ledger = $1)${expressions.map((text) => `,\n${text}`).join('')}
      select live.live_position, found.* from live
      left join (select true as is_row, rows.* from (${rows}) rows) found on true
      order by ${order}`,
    values: [ledger, ...values],
  })
  return {
    position: Number(found[0]?.live_position ?? 0),
    rows: found.filter(({ is_row }) => is_row === true),
  }
}

/** Filters that are present, as SQL. */
export interface Filters {
  /** Each with ` and ` before it. */
  readonly text: string
  readonly values: readonly unknown[]
  /** Which are present: names a prepared statement. */
  readonly names: string
}

/**
 * Conditions of those filters that have a value. Their texts are constants of ours, values only ever travel as
 * parameters, and the same set of filters always makes the same text.
 *
 * @param from number of the first free parameter
 */
export const filtersOf = (
  given: readonly (readonly [name: string, value: unknown, sql: (parameter: string) => string])[],
  from: number,
): Filters => {
  const present = given.filter(([, value]) => value !== undefined)
  return {
    text: present.map(([, , sql], i) => ` and ${sql(`$${from + i}`)}`).join(''),
    values: present.map(([, value]) => value),
    names: present.map(([name]) => name).join('+'),
  }
}

/** int8 arrives as bigint; ours stay below 2^53. */
export const numberOf = (value: bigint | number): number => Number(value)

export const timeOf = (value: Date): string => value.toISOString()
export const timeOrNull = (value: Date | null): string | null => value?.toISOString() ?? null
