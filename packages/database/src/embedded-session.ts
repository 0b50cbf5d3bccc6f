import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { columnParsers } from './column-parsers.ts'
import { OWNER } from './database.ts'
import type { HostResult } from './embedded-protocol.ts'
import { codeOf } from './sql-errors.ts'
import type { EncodedParameter } from './sql-parameter.ts'

/** PGlite failed in a way that is not an SQL error (out of memory, a trap in its code). The process must not go on. */
export class SessionBroken extends Error {
  constructor(cause: unknown) {
    super(`the embedded database broke: ${cause}`, { cause })
    this.name = 'SessionBroken'
  }
}

/**
 * The one session of the embedded database. Units of work take turns in the order of asking, each under its own role;
 * what one of them sets is gone before the next begins.
 */
export class EmbeddedSession {
  readonly #pglite: PGlite
  #lastTurn: Promise<void> = Promise.resolve()
  #role = OWNER
  /** Roles found in the database. Roles are never dropped, so a found one stays found. */
  readonly #knownRoles = new Set([OWNER])

  private constructor(pglite: PGlite) {
    this.#pglite = pglite
  }

  /**
   * Opens or creates the database below `home`. No option for relaxed durability: a commit is in the operating system's
   * hands before it is acknowledged, so it survives a killed process (not a power loss: PGlite never syncs).
   */
  static async open(home: string): Promise<EmbeddedSession> {
    const dataDir = join(home, 'pg')
    const complete = join(home, 'pg.complete')
    // A crash during creation leaves half a directory. Nobody was told of anything in it yet: begin again.
    if (!existsSync(complete)) rmSync(dataDir, { recursive: true, force: true })
    const pglite = await PGlite.create({ dataDir, extensions: { vector } })
    if (!existsSync(complete)) writeFileSync(complete, '')
    // Parameters arrive as text or bytes, encoded as for the server; columns leave by the server's parsers.
    pglite.serializers = new Proxy({}, { get: () => (value: unknown) => value })
    pglite.parsers = Object.fromEntries(columnParsers())
    // The start parameters of PGlite narrow it; the server's default is what the SQL is written for.
    await pglite.exec(`alter system set search_path = '"$user", public'`).catch(() => {})
    return new EmbeddedSession(pglite)
  }

  onNotification(hear: (channel: string, payload: string) => void): void {
    this.#pglite.onNotification(hear)
  }

  /** Waits for the session, then gives it exclusively until `release` is called. */
  async acquire(role: string): Promise<{ release: () => Promise<void> }> {
    const before = this.#lastTurn
    let done = (): void => {}
    this.#lastTurn = new Promise((resolve) => {
      done = resolve
    })
    await before
    try {
      await this.#take(role)
    } catch (error) {
      done()
      throw error
    }
    return {
      release: async () => {
        try {
          await this.#clean()
          // Let sockets be read and written between two units of work: PGlite itself never yields to them.
          await nextTurn()
        } finally {
          done()
        }
      },
    }
  }

  async run(text: string, values: readonly EncodedParameter[]): Promise<HostResult> {
    const result = await this.#guarded(() =>
      this.#pglite.query<unknown[]>(text, [...values], { rowMode: 'array' }),
    )
    const columns = result.fields.map(({ name }) => name)
    return result.rowCount === undefined || result.command === 'SELECT'
      ? { columns, rows: result.rows }
      : { columns, rows: result.rows, affectedRows: BigInt(result.rowCount) }
  }

  /** Runs several commands; returns the tag of the last one. */
  async script(text: string): Promise<string | undefined> {
    const results = await this.#guarded(() => this.#pglite.exec(text))
    return results.at(-1)?.command
  }

  /** True after a command that opened a transaction on its own account. */
  get inTransaction(): boolean {
    return this.#pglite.isInTransaction()
  }

  async close(): Promise<void> {
    await this.#lastTurn
    await this.#pglite.close()
  }

  async #take(wanted: string): Promise<void> {
    const role = (await this.#exists(wanted)) ? wanted : OWNER
    if (role === this.#role) return
    await this.script(role === OWNER ? 'reset role' : `set role ${quoted(role)}`)
    this.#role = role
  }

  /** Before the first migration there is no app role, and nothing yet to protect from the owner. */
  async #exists(role: string): Promise<boolean> {
    if (this.#knownRoles.has(role)) return true
    const { rows } = await this.run('select 1 from pg_roles where rolname = $1', [role])
    if (rows.length > 0) this.#knownRoles.add(role)
    return rows.length > 0
  }

  async #clean(): Promise<void> {
    if (this.inTransaction) await this.script('rollback')
    // Costs 30 µs. A role that the unit of work set by itself would not be reset by it: hence the second half.
    await this.script(`reset all; ${CLEAN_UP}`)
    const { rows } = await this.run("select current_setting('role')", [])
    const now = rows[0]?.[0] === 'none' ? OWNER : String(rows[0]?.[0])
    this.#role = now
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw /^[0-9A-Z]{5}$/.test(codeOf(error) ?? '') ? error : new SessionBroken(error)
    }
  }
}

const CLEAN_UP = 'close all; deallocate all; discard temp'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
