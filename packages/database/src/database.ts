import type { SqlDatabase, SqlRunner, SqlStatement } from '@writ/kernel'
import type { Kysely } from 'kysely'

/** What a command did: its rows, and how many rows an INSERT, UPDATE, DELETE or MERGE touched. */
export interface SqlResult<Row> {
  readonly rows: readonly Row[]
  readonly affectedRows?: bigint
}

/** The port's runner plus what only this package and the migrations need. */
export interface DatabaseRunner extends SqlRunner {
  /** Like `query`, with the count of affected rows. */
  run<Row>(statement: SqlStatement): Promise<SqlResult<Row>>
  /** Several commands in one text, without parameters, one after the other. Results are dropped. */
  script(text: string): Promise<void>
}

/** One database behind one port, whichever of the two it is. */
export interface Database extends SqlDatabase, DatabaseRunner {
  transaction<T>(work: (tx: DatabaseRunner) => Promise<T>): Promise<T>
  /** A typed query builder over this very port. Its transactions are refused: use `transaction` and `kyselyOver(tx)`. */
  kysely<Schema>(): Kysely<Schema>
}

/** The role that connections of the running process take; it may SELECT and EXECUTE only (DESIGN §4.3). */
export const APP_ROLE = 'writ_app'

/** Stands for "no SET ROLE": the login user on a server, the superuser of the embedded database. For migrations. */
export const OWNER = 'owner'
