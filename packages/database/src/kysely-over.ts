import type { SqlRunner } from '@writ/kernel'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { DatabaseRunner } from './database.ts'

/**
 * A typed query builder over a runner of the port: over `tx` its queries belong to that transaction. There is no
 * second way to the database, so role, time limits and types are the same as without it.
 */
export const kyselyOver = <Schema>(runner: SqlRunner): Kysely<Schema> =>
  new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new RunnerDriver(runner),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })

class RunnerDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(runner: SqlRunner) {
    this.#connection = new RunnerConnection(runner)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async beginTransaction(): Promise<void> {
    throw new Error(
      'transactions are opened by `database.transaction(work)`; build queries in it with `kyselyOver(tx)`',
    )
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  async releaseConnection(): Promise<void> {}

  /** The runner belongs to somebody else, who closes it. */
  async destroy(): Promise<void> {}
}

class RunnerConnection implements DatabaseConnection {
  readonly #runner: SqlRunner

  constructor(runner: SqlRunner) {
    this.#runner = runner
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = { text: query.sql, values: query.parameters }
    if (!countsRows(this.#runner)) return { rows: [...(await this.#runner.query<Row>(statement))] }
    const result = await this.#runner.run<Row>(statement)
    const rows = result.rows as Row[]
    return result.affectedRows === undefined
      ? { rows }
      : { rows, numAffectedRows: result.affectedRows }
  }

  // biome-ignore lint/correctness/useYield: the port has no cursor, and reading pages by position needs none
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is not offered: read pages by position')
  }
}

const countsRows = (runner: SqlRunner): runner is DatabaseRunner => 'run' in runner
