/** One SQL command with its parameters. `name` asks for a prepared statement, kept per connection. */
export interface SqlStatement {
  readonly text: string
  readonly values?: readonly unknown[]
  readonly name?: string
}

/** Runs commands one after the other on one connection, or on any connection of a pool. */
export interface SqlRunner {
  query<Row>(statement: SqlStatement): Promise<readonly Row[]>
}

/**
 * The database as the storage packages see it. int8 arrives as bigint, bytea as Uint8Array, jsonb parsed, timestamptz
 * as Date. Errors carry the SQLSTATE in `code`, on both databases.
 */
export interface SqlDatabase extends SqlRunner {
  readonly kind: 'embedded' | 'server'
  /**
   * One unit of work at READ COMMITTED: commits when `work` resolves, rolls back when it rejects. Inside it only `tx`
   * may be used: on the embedded database a command on the root would wait for the end of this very transaction.
   */
  transaction<T>(work: (tx: SqlRunner) => Promise<T>): Promise<T>
  /**
   * A lane: its commands, each a transaction of its own, run in the order of their calls, and each is sent without
   * waiting for the one before. A command that fails does not stop those behind it; a lost connection fails all that
   * were sent. Holds a connection only while a command is under way.
   */
  lane(): SqlRunner
  /** A hint that crosses processes; may be lost, so polling is the truth. Payload ≤ 7,900 bytes. */
  notify(channel: string, payload: string): Promise<void>
  listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
