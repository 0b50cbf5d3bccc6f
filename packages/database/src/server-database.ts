import type { SqlRunner, SqlStatement } from '@writ/kernel'
import type { Kysely } from 'kysely'
import pg from 'pg'
import { columnParsers } from './column-parsers.ts'
import { type Database, type DatabaseRunner, OWNER, type SqlResult } from './database.ts'
import { kyselyOver } from './kysely-over.ts'
import { ServerListener } from './server-listener.ts'
import {
  ConnectionFailure,
  codeOf,
  TransactionLeftOpen,
  TransactionRolledBack,
} from './sql-errors.ts'
import { encodeParameters } from './sql-parameter.ts'
import { transactionGuard } from './transaction-guard.ts'

export interface ServerDatabaseOptions {
  readonly url: string
  /** SET ROLE on every connection before its first command. Absent or `owner`: the login user itself. */
  readonly role?: string
  /** Connections at most. More than the server's cores helps little; each costs it some 10 MB. */
  readonly poolMax?: number
  readonly applicationName?: string
  /** A command that runs longer is cancelled (57014). Unit: ms; 0 = no limit. */
  readonly statementTimeoutMs?: number
  /** A command that waits longer for a lock fails (55P03). Unit: ms; 0 = no limit. */
  readonly lockTimeoutMs?: number
  /** An open transaction that idles longer is ended by the server (25P03). Unit: ms; 0 = no limit. */
  readonly idleInTransactionTimeoutMs?: number
  /** Longest wait for a connection, new or from the pool. Unit: ms. */
  readonly connectTimeoutMs?: number
  /** Told when an idle connection is lost. The pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void
}

const POOL_MAX = 10
/** Above every budget of DESIGN §9, below the patience of HTTP callers and proxies (30 to 60 s). */
const STATEMENT_TIMEOUT_MS = 20_000
/** An append waits for its ledger's lock for milliseconds; ten seconds means somebody is stuck. */
const LOCK_TIMEOUT_MS = 10_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 5_000
/** How much longer than the server's own limit we wait for a reply before the connection counts as dead. */
const REPLY_GRACE_MS = 5_000

/**
 * A pool on a PostgreSQL 15+ server. One connection is opened before it returns, so a wrong URL or role fails here.
 *
 * @throws ConnectionFailure  `not-written`: the server did not answer
 * @throws SqlError           the login or the role was refused
 */
export const openServerDatabase = async (options: ServerDatabaseOptions): Promise<Database> => {
  const database = new ServerDatabase(options)
  try {
    await database.query({ text: 'select 1' })
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

class ServerDatabase implements Database {
  readonly kind = 'server'
  readonly #pool: pg.Pool
  readonly #listener: ServerListener
  readonly #guard = transactionGuard()
  readonly #replyTimeoutMs: number
  #kysely: Kysely<unknown> | undefined
  #closing: Promise<void> | undefined

  constructor(options: ServerDatabaseOptions) {
    const config = clientConfig(options)
    const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
    this.#replyTimeoutMs = statementTimeoutMs === 0 ? 0 : statementTimeoutMs + REPLY_GRACE_MS
    this.#listener = new ServerListener({
      ...config,
      application_name: `${config.application_name} listen`,
    })
    const poolConfig: pg.PoolConfig & {
      pipeline: boolean
      onConnect: (client: pg.PoolClient) => Promise<void>
    } = {
      ...config,
      max: options.poolMax ?? POOL_MAX,
      // Commands are written as they come: only a lane sends one before the last was answered.
      pipeline: true,
      idleTimeoutMillis: 30_000,
      onConnect: (client) => settle(client, options),
    }
    this.#pool = new pg.Pool(poolConfig)
    // Without a listener an idle disconnect would end the process. The pool has already dropped the connection.
    this.#pool.on('error', (error) => options.onIdleError?.(error))
  }

  async query<Row>(statement: SqlStatement): Promise<readonly Row[]> {
    return (await this.run<Row>(statement)).rows
  }

  async run<Row>(statement: SqlStatement): Promise<SqlResult<Row>> {
    this.#guard.refuse('query')
    return this.#alone((runner) => runner.run<Row>(statement))
  }

  async script(text: string): Promise<void> {
    this.#guard.refuse('script')
    return this.#alone((runner) => runner.script(text))
  }

  async transaction<T>(work: (tx: DatabaseRunner) => Promise<T>): Promise<T> {
    this.#guard.refuse('transaction')
    return this.#withClient(async (client) => {
      const tx = this.#runner(client, 'not-written')
      // Explicit: the server's default_transaction_isolation may be another.
      await tx.script('begin isolation level read committed')
      let result: T
      try {
        result = await this.#guard.within(() => work(tx))
      } catch (error) {
        tx.end()
        // A failed rollback means a lost connection, which the server rolls back by itself.
        if (tx.usable) await this.#runner(client, 'not-written').script('rollback')
        throw error
      }
      tx.end()
      const commit = this.#runner(client, 'unknown')
      // COMMIT of a failed transaction succeeds as ROLLBACK: without this look nobody would notice.
      if ((await commit.send({ text: 'commit' })).command !== 'COMMIT') {
        throw new TransactionRolledBack()
      }
      return result
    })
  }

  lane(): SqlRunner {
    return new Lane({
      connect: () => this.#connect(),
      runner: (client) => this.#runner(client, 'unknown'),
      refuse: () => this.#guard.refuse('lane'),
    })
  }

  async notify(channel: string, payload: string): Promise<void> {
    await this.query({ text: 'select pg_notify($1, $2)', values: [channel, payload] })
  }

  async listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>> {
    this.#guard.refuse('listen')
    return this.#listener.listen(channel, onHint)
  }

  kysely<Schema>(): Kysely<Schema> {
    this.#kysely ??= kyselyOver<unknown>(this)
    return this.#kysely as Kysely<Schema>
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#listener.close(), this.#pool.end()]).then(() => {})
    return this.#closing
  }

  /** A command that is a unit of work by itself. */
  #alone<T>(work: (runner: ClientRunner) => Promise<T>): Promise<T> {
    return this.#withClient(async (client) => {
      const result = await work(this.#runner(client, 'unknown'))
      if (transactionStatus(client) === 'I') return result
      // Whoever got this connection next would write into a transaction that nobody commits.
      BROKEN.add(client)
      throw new TransactionLeftOpen()
    })
  }

  #runner(client: pg.PoolClient, lossMeans: 'not-written' | 'unknown'): ClientRunner {
    return new ClientRunner(client, lossMeans, this.#replyTimeoutMs)
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw isServerReport(error) ? error : new ConnectionFailure('not-written', error)
    }
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    let broken = false
    try {
      return await work(client)
    } catch (error) {
      broken = error instanceof ConnectionFailure || BROKEN.has(client)
      throw error
    } finally {
      client.release(broken || BROKEN.has(client))
    }
  }
}

interface LaneDeps {
  readonly connect: () => Promise<pg.PoolClient>
  readonly runner: (client: pg.PoolClient) => ClientRunner
  readonly refuse: () => void
}

/** One connection of the pool for as long as commands overlap; given back with the last answer. */
class Lane implements SqlRunner {
  readonly #deps: LaneDeps
  #client: Promise<pg.PoolClient> | undefined
  #underWay = 0

  constructor(deps: LaneDeps) {
    this.#deps = deps
  }

  async query<Row>(statement: SqlStatement): Promise<readonly Row[]> {
    this.#deps.refuse()
    this.#client ??= this.#deps.connect()
    const connecting = this.#client
    this.#underWay++
    let client: pg.PoolClient | undefined
    try {
      // Whoever waits for one promise goes on in the order of waiting, so commands are sent in the order of calls.
      client = await connecting
      return await this.#deps.runner(client).query<Row>(statement)
    } finally {
      this.#underWay--
      if (this.#underWay === 0) {
        this.#client = undefined
        if (client !== undefined) giveBack(client)
      }
    }
  }
}

const giveBack = (client: pg.PoolClient): void => {
  client.release(BROKEN.has(client) || transactionStatus(client) !== 'I')
}

/** I idle, T in a transaction, E in a failed one. The driver has it, its published types do not yet. */
const transactionStatus = (client: object): string | null =>
  (client as { getTransactionStatus(): string | null }).getTransactionStatus()

/** Connections on which something other than a plain refusal of a command happened: never given out again. */
const BROKEN = new WeakSet<pg.ClientBase>()

/** Commands on one connection. `lossMeans`: what a lost reply says about the write. */
class ClientRunner implements DatabaseRunner {
  readonly #client: pg.ClientBase
  readonly #lossMeans: 'not-written' | 'unknown'
  readonly #replyTimeoutMs: number
  #ended = false

  constructor(client: pg.ClientBase, lossMeans: 'not-written' | 'unknown', replyTimeoutMs: number) {
    this.#client = client
    this.#lossMeans = lossMeans
    this.#replyTimeoutMs = replyTimeoutMs
  }

  get usable(): boolean {
    return !BROKEN.has(this.#client)
  }

  async query<Row>(statement: SqlStatement): Promise<readonly Row[]> {
    return (await this.run<Row>(statement)).rows
  }

  async run<Row>(statement: SqlStatement): Promise<SqlResult<Row>> {
    const query = {
      text: statement.text,
      values: encodeParameters(statement.values ?? []),
      // Always the extended protocol: one command a statement, on both databases.
      queryMode: 'extended',
      // The server's own limit does not help when the network swallows packets. 0 is no limit here too.
      query_timeout: this.#replyTimeoutMs,
      ...(statement.name === undefined ? {} : { name: statement.name }),
    }
    const result = await this.send(query)
    return result.command !== 'SELECT' && result.rowCount !== null
      ? { rows: result.rows as Row[], affectedRows: BigInt(result.rowCount) }
      : { rows: result.rows as Row[] }
  }

  async script(text: string): Promise<void> {
    await this.send({ text })
  }

  end(): void {
    this.#ended = true
  }

  async send(query: pg.QueryConfig): Promise<pg.QueryResult> {
    if (this.#ended) throw new Error('the transaction has ended; its `tx` cannot be used any more')
    if (BROKEN.has(this.#client)) {
      throw new ConnectionFailure('not-written', new Error('the connection was lost before'))
    }
    try {
      return await this.#client.query(query)
    } catch (error) {
      if (isServerReport(error) && !isFatal(error)) throw error
      BROKEN.add(this.#client)
      throw isOurMistake(error) ? error : new ConnectionFailure(this.#lossMeans, error)
    }
  }
}

/** The server said it, so the connection worked at least until then. */
const isServerReport = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && !UNAVAILABLE.test(codeOf(error) ?? '')

/** The server is starting, stopping, crashed or full: not about the command. Classes 08, 57P and 53300. */
const UNAVAILABLE = /^(08...|57P0[1-5]|53300)$/

const isFatal = (error: pg.DatabaseError): boolean => error.severity !== 'ERROR'

/** Thrown by the driver before anything was sent, such as one statement name for two texts. */
const isOurMistake = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  (error instanceof Error && error.message.startsWith('Prepared statements must be unique'))

const clientConfig = (options: ServerDatabaseOptions) => ({
  connectionString: options.url,
  application_name: options.applicationName ?? 'writ',
  connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  keepAlive: true,
  types: { getTypeParser: columnParser as typeof pg.types.getTypeParser },
})

/** Runs before the pool hands the connection out: no command can come before the role and the limits. */
const settle = async (client: pg.PoolClient, options: ServerDatabaseOptions): Promise<void> => {
  // The pool listens for errors on idle connections only; between two commands of a transaction nobody would.
  client.on('error', () => BROKEN.add(client))
  const settings = {
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    lock_timeout: options.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout:
      options.idleInTransactionTimeoutMs ?? IDLE_IN_TRANSACTION_TIMEOUT_MS,
    TimeZone: 'UTC',
    // Our statements are short and asked often: compiling one costs a hundred times what it saves (measured: 800 ms).
    jit: 'off',
    ...(options.role === undefined || options.role === OWNER ? {} : { role: options.role }),
  }
  const calls = Object.keys(settings).map((name, i) => `set_config('${name}', $${i + 1}, false)`)
  await client.query(`select ${calls.join(', ')}`, Object.values(settings).map(String))
}

const columnParser = (oid: number, format?: string): ((text: string) => unknown) => {
  if (format === 'binary') throw new Error('columns are asked for in text form')
  return PARSERS.get(oid) ?? asText
}

const asText = (text: string): unknown => text

const PARSERS = columnParsers()
