import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { columnParsers } from './column-parsers.ts'
import { OWNER } from './database.ts'
import type { HostResult } from './embedded-protocol.ts'
import { keepTemplate, templatePath, unpackTemplate } from './embedded-template.ts'
import { codeOf } from './sql-errors.ts'
import type { EncodedParameter } from './sql-parameter.ts'

/** PGlite failed in a way that is not an SQL error (out of memory, a trap in its code). The process must not go on. */
export class SessionBroken extends Error {
  constructor(cause: unknown) {
    super(`the embedded database broke: ${cause}`, { cause })
    this.name = 'SessionBroken'
  }
}

/** The data directory cannot be opened or created. */
export class OpenFailed extends Error {
  constructor(cause: unknown, said: string) {
    super(`${cause instanceof Error ? cause.message : cause}: ${said}`, { cause })
    this.name = 'OpenFailed'
  }
}

/**
 * The one session of the embedded database. Units of work take turns in the order of asking, each under its own role;
 * what one of them sets is gone before the next begins.
 */
export class EmbeddedSession {
  readonly #pglite: PGlite
  #lastTurn: Promise<void> = Promise.resolve()
  /** The role in force, undefined when it is not known. */
  #role: string | undefined = OWNER
  #leavesTraces = false
  /** Roles found in the database. Roles are never dropped, so a found one stays found. */
  readonly #knownRoles = new Set([OWNER])

  private constructor(pglite: PGlite) {
    this.#pglite = pglite
  }

  /**
   * Opens or creates the database below `home`. No option for relaxed durability: a commit is in the operating system's
   * hands before it is acknowledged, so it survives a killed process (not a power loss: PGlite never syncs).
   */
  static async open(home: string, cache?: string): Promise<EmbeddedSession> {
    let said = ''
    const hear = (text: string): boolean => {
      said = `${said}${text}\n`.slice(-2_000)
      return false
    }
    try {
      return new EmbeddedSession(await openOrCreate({ home, cache, hear }))
    } catch (error) {
      throw new OpenFailed(error, said.trim())
    }
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
    this.#look(text)
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
    this.#look(text)
    const results = await this.#guarded(() => this.#pglite.exec(text))
    return results.at(-1)?.command
  }

  async listen(channel: string): Promise<void> {
    await this.#guarded(() => this.#pglite.exec(`listen ${quoted(channel)}`))
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
    this.#role = undefined
    const change = role === OWNER ? 'reset role' : `set role ${quoted(role)}`
    await this.#guarded(() => this.#pglite.exec(change))
    this.#role = role
  }

  /** Before the first migration there is no app role, and nothing yet to protect from the owner. */
  async #exists(role: string): Promise<boolean> {
    if (this.#knownRoles.has(role)) return true
    const { rows } = await this.run('select 1 from pg_roles where rolname = $1', [role])
    if (rows.length > 0) this.#knownRoles.add(role)
    return rows.length > 0
  }

  #look(text: string): void {
    this.#leavesTraces ||= LEAVES_TRACES.test(text)
  }

  async #clean(): Promise<void> {
    if (this.inTransaction) {
      this.#leavesTraces = true
      await this.#guarded(() => this.#pglite.exec('rollback'))
    }
    if (!this.#leavesTraces) return
    this.#leavesTraces = false
    await this.#guarded(() => this.#pglite.exec(WIPE))
    this.#role = OWNER
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw /^[0-9A-Z]{5}$/.test(codeOf(error) ?? '') ? error : new SessionBroken(error)
    }
  }
}

interface Opening {
  readonly home: string
  /** Where a template of an empty directory may lie; absent: none is used and none is kept. */
  readonly cache: string | undefined
  readonly hear: (text: string) => boolean
}

const openOrCreate = async (opening: Opening): Promise<PGlite> => {
  const { home, cache, hear } = opening
  const dataDir = join(home, 'pg')
  const complete = join(home, 'pg.complete')
  const open = () => PGlite.create({ dataDir, extensions: { vector }, onStderr: hear })
  let pglite: PGlite
  if (existsSync(complete)) pglite = await open()
  else {
    pglite = await create({ dataDir, open, template: cache && templatePath(cache) })
    writeFileSync(complete, '')
  }
  // Parameters arrive as text or bytes, encoded as for the server; columns leave by the server's parsers.
  pglite.serializers = new Proxy({}, { get: () => (value: unknown) => value })
  pglite.parsers = Object.fromEntries(columnParsers())
  return pglite
}

interface Creation {
  readonly dataDir: string
  readonly open: () => Promise<PGlite>
  readonly template: string | undefined
}

const create = async ({ dataDir, open, template }: Creation): Promise<PGlite> => {
  // A crash during creation leaves half a directory. Nobody was told of anything in it yet: begin again.
  rmSync(dataDir, { recursive: true, force: true })
  if (template !== undefined && unpackTemplate(template, dataDir)) {
    try {
      return await open()
    } catch {
      // Whole, but no database: the next creation makes a new template.
      rmSync(template, { force: true })
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
  const pglite = await open()
  if (template !== undefined) keepTemplate(template, dataDir)
  return pglite
}

/** Words of the commands that change a session beyond their own unit of work. An UPDATE has one, too: no harm. */
const LEAVES_TRACES =
  /\b(set|reset|set_config|role|authorization|temp|temporary|prepare|declare|listen)\b/i

/**
 * Like DISCARD ALL, but the plans of server functions and the host's own LISTENs stay. `reset session authorization` does
 * nothing in a server without a login, so the one user that PGlite starts with is named. Costs 0.1 ms.
 */
const WIPE =
  'set session authorization postgres; reset role; reset all; close all; deallocate all; discard temp'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
