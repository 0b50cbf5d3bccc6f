import { resolve } from 'node:path'
import type { SqlRunner, SqlStatement } from '@writ/kernel'
import type { Kysely } from 'kysely'
import { APP_ROLE, type Database, type DatabaseRunner, type SqlResult } from './database.ts'
import type { HostClient } from './embedded-client.ts'
import type { HostResult } from './embedded-protocol.ts'
import { connectToHost } from './embedded-start.ts'
import { kyselyOver } from './kysely-over.ts'
import { ConnectionFailure } from './sql-errors.ts'
import { encodeParameters } from './sql-parameter.ts'
import { transactionGuard } from './transaction-guard.ts'

export interface EmbeddedDatabaseOptions {
  /** The directory, usually `.writ/`: data in `pg/`, beside it the lock, the socket and the host's log. */
  readonly home: string
  /** `owner` for migrations. Otherwise the app role, as soon as a migration has made it. */
  readonly role?: string
  /** How long the host stays after its last client, when this process starts it. Unit: ms. */
  readonly lingerMs?: number
  /** A directory of the user's, where an empty data directory is kept to start the next one from; absent: none is. */
  readonly cache?: string
  /** How long to wait for a holder of the lock that does not answer. Unit: ms. */
  readonly waitMs?: number
}

/** Two commands in a row share one host instead of opening the directory twice (0.5 s each). */
const LINGER_MS = 1_500

/** Longer than a clean close of the host takes, shorter than a person's patience. */
const WAIT_MS = 10_000

/** Between tries to find a new host for LISTEN after the old one has gone. Unit: ms. */
const RELISTEN_MS = 250

/**
 * PostgreSQL in a child process (PGlite with pgvector), shared by every process that opens the same home. Committed
 * work survives kill -9 of any of them; it does not survive a power loss, because PGlite never syncs.
 *
 * When the host dies, what was under way fails with ConnectionFailure and the next command starts another host.
 *
 * @throws DatabaseLocked       the holder of the lock does not answer
 * @throws EmbeddedStartFailed  the directory cannot be opened
 */
export const openEmbeddedDatabase = async (options: EmbeddedDatabaseOptions): Promise<Database> => {
  const database = new EmbeddedDatabase(options)
  await database.connected()
  return database
}

/** Makes the host of a home finish and exit, whoever is connected; does nothing where none runs. */
export const stopEmbeddedHost = async (home: string): Promise<void> => {
  const { stopHost } = await import('./embedded-stop.ts')
  await stopHost(resolve(home))
}

class EmbeddedDatabase implements Database {
  readonly kind = 'embedded'
  readonly #options: EmbeddedDatabaseOptions
  readonly #guard = transactionGuard()
  readonly #hearers = new Map<string, Set<(payload: string) => void>>()
  #client: Promise<HostClient> | undefined
  #lastTransaction = 0
  #kysely: Kysely<unknown> | undefined
  #closed = false

  constructor(options: EmbeddedDatabaseOptions) {
    this.#options = options
  }

  async query<Row>(statement: SqlStatement): Promise<readonly Row[]> {
    return (await this.run<Row>(statement)).rows
  }

  async run<Row>(statement: SqlStatement): Promise<SqlResult<Row>> {
    this.#guard.refuse('query')
    return runOn<Row>(await this.connected(), statement, undefined)
  }

  async script(text: string): Promise<void> {
    this.#guard.refuse('script')
    await (await this.connected()).request({ do: 'script', text }, 'unknown')
  }

  async transaction<T>(work: (tx: DatabaseRunner) => Promise<T>): Promise<T> {
    this.#guard.refuse('transaction')
    const client = await this.connected()
    const tx = ++this.#lastTransaction
    await client.request({ do: 'begin', tx }, 'not-written')
    const runner = new TransactionRunner(client, tx)
    let result: T
    try {
      result = await this.#guard.within(() => work(runner))
    } catch (error) {
      runner.end()
      // Refused only when the host has rolled back by itself.
      await client.request({ do: 'rollback', tx }, 'not-written').catch(() => {})
      throw error
    }
    runner.end()
    await client.request({ do: 'commit', tx }, 'unknown')
    return result
  }

  /** The one connection is a lane already: requests are answered in their order. */
  lane(): SqlRunner {
    return this
  }

  async notify(channel: string, payload: string): Promise<void> {
    await this.query({ text: 'select pg_notify($1, $2)', values: [channel, payload] })
  }

  async listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>> {
    this.#guard.refuse('listen')
    const hearers = this.#hearers.get(channel) ?? new Set()
    this.#hearers.set(channel, hearers)
    const hearer = (payload: string): void => onHint(payload)
    hearers.add(hearer)
    await (await this.connected()).request({ do: 'listen', channel }, 'not-written')
    return async () => {
      hearers.delete(hearer)
      if (hearers.size > 0 || !this.#hearers.delete(channel)) return
      const client = await this.#client?.catch(() => undefined)
      await client?.request({ do: 'unlisten', channel }, 'not-written').catch(() => {})
    }
  }

  kysely<Schema>(): Kysely<Schema> {
    this.#kysely ??= kyselyOver<unknown>(this)
    return this.#kysely as Kysely<Schema>
  }

  async close(): Promise<void> {
    this.#closed = true
    await (await this.#client?.catch(() => undefined))?.close()
  }

  /** The connection, opened again when the last one was lost. */
  async connected(): Promise<HostClient> {
    if (this.#closed)
      throw new ConnectionFailure('not-written', new Error('the database is closed'))
    const current = this.#client
    const client = await current?.catch(() => undefined)
    if (client !== undefined && !client.lost) return client
    // Of several callers that saw the same loss, the first connects for all.
    if (this.#client === current) this.#client = this.#connect()
    return this.#client as Promise<HostClient>
  }

  async #connect(): Promise<HostClient> {
    const { home, role = APP_ROLE, lingerMs = LINGER_MS, waitMs = WAIT_MS, cache } = this.#options
    const client = await connectToHost({
      home: resolve(home),
      role,
      lingerMs,
      waitMs,
      cache,
      onHint: (channel, payload) => {
        for (const hearer of this.#hearers.get(channel) ?? []) hearer(payload)
      },
      onLost: () => this.#listenAgain(),
    })
    for (const channel of this.#hearers.keys()) {
      await client.request({ do: 'listen', channel }, 'not-written')
    }
    return client
  }

  #listenAgain(): void {
    if (this.#closed || this.#hearers.size === 0) return
    setTimeout(() => {
      if (!this.#closed) this.connected().catch(() => this.#listenAgain())
    }, RELISTEN_MS).unref()
  }
}

/** Commands inside a transaction: a lost connection means a rollback, so nothing of them is written. */
class TransactionRunner implements DatabaseRunner {
  readonly #client: HostClient
  readonly #tx: number
  #ended = false

  constructor(client: HostClient, tx: number) {
    this.#client = client
    this.#tx = tx
  }

  async query<Row>(statement: SqlStatement): Promise<readonly Row[]> {
    return (await this.run<Row>(statement)).rows
  }

  async run<Row>(statement: SqlStatement): Promise<SqlResult<Row>> {
    this.#refuseWhenEnded()
    return runOn<Row>(this.#client, statement, this.#tx)
  }

  async script(text: string): Promise<void> {
    this.#refuseWhenEnded()
    await this.#client.request({ do: 'script', text, tx: this.#tx }, 'not-written')
  }

  end(): void {
    this.#ended = true
  }

  #refuseWhenEnded(): void {
    if (this.#ended) throw new Error('the transaction has ended; its `tx` cannot be used any more')
  }
}

const runOn = async <Row>(
  client: HostClient,
  statement: SqlStatement,
  tx: number | undefined,
): Promise<SqlResult<Row>> => {
  const request = {
    do: 'run',
    text: statement.text,
    values: encodeParameters(statement.values ?? []),
    ...(tx === undefined ? {} : { tx }),
  } as const
  const result = await client.request(request, tx === undefined ? 'unknown' : 'not-written')
  const rows = rowsOf<Row>(result)
  return result?.affectedRows === undefined ? { rows } : { rows, affectedRows: result.affectedRows }
}

const rowsOf = <Row>(result: HostResult | undefined): readonly Row[] => {
  if (result === undefined) return []
  const { columns, rows } = result
  return rows.map((values) => {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < columns.length; i++) row[columns[i] as string] = values[i]
    return row as Row
  })
}
