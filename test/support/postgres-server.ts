import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A private PostgreSQL on a unix socket, gone with its directory after `stop`. */
export interface PostgresServer {
  readonly directory: string
  /** For the superuser `writ`, who owns everything. */
  url(database?: string): string
  query(text: string, database?: string): Promise<void>
  /** SIGINT: open transactions are rolled back, the directory is removed. */
  stop(): Promise<void>
  /** kill -9 of the server and its children, as a crash does. The data stays for `restart`. */
  kill9(): Promise<void>
  restart(): Promise<void>
}

export interface PostgresServerOptions {
  /** The server's own durability (fsync on). Needed by benches and durability tests; behaviour tests run without. */
  readonly durable?: boolean
  readonly settings?: Readonly<Record<string, string>>
}

/** No server binaries on this machine, or none that work. The lane is skipped, or fails where CI is set. */
export class NoPostgresServer extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'NoPostgresServer'
  }
}

const READY_MS_MAX = 20_000

export const startPostgresServer = async (
  options: PostgresServerOptions = {},
): Promise<PostgresServer> => {
  const bin = postgresBinaries()
  const user = serverUser()
  // Short: a unix socket path ends at 107 bytes. Below /tmp even where TMPDIR is a long or closed directory.
  const directory = mkdtempSync(join(tmpdir().length < 40 ? tmpdir() : '/tmp', 'writ-pg-'))
  chmodSync(directory, 0o755)
  if (user !== undefined) chownSync(directory, user.uid, user.gid)
  const server = new PrivateServer(bin, directory, user, options)
  try {
    server.initialise()
    await server.restart()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

class PrivateServer implements PostgresServer {
  readonly directory: string
  readonly #bin: string
  readonly #user: ServerUser | undefined
  readonly #options: PostgresServerOptions
  #process: ChildProcess | undefined

  constructor(
    bin: string,
    directory: string,
    user: ServerUser | undefined,
    options: PostgresServerOptions,
  ) {
    this.directory = directory
    this.#bin = bin
    this.#user = user
    this.#options = options
    // The tests' own end, however it comes, takes the server with it.
    process.once('exit', () => this.#process?.kill('SIGQUIT'))
  }

  initialise(): void {
    // The locale is fixed: initdb would take the machine's. `-N` skips the flush of 40 MB; a durable server flushes later.
    const made = spawnSync(
      join(this.#bin, 'initdb'),
      ['-D', this.#data, '-A', 'trust', '-U', 'writ', '-N', '--locale=C.UTF-8', '-E', 'UTF8'],
      { ...this.#user, cwd: this.directory, encoding: 'utf8' },
    )
    if (made.status !== 0) {
      throw new NoPostgresServer(`initdb failed: ${made.stderr ?? made.error?.message}`)
    }
  }

  url(database = 'postgres'): string {
    return `postgres://writ@localhost/${database}?host=${encodeURIComponent(this.directory)}`
  }

  async query(text: string, database = 'postgres'): Promise<void> {
    const client = new pg.Client({ connectionString: this.url(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      await client.query(text)
    } finally {
      await client.end()
    }
  }

  /** A backend that outlives its killed server by a moment still holds the shared memory: then it is tried again. */
  async restart(): Promise<void> {
    const until = Date.now() + READY_MS_MAX
    for (;;) {
      try {
        return await this.#startOnce()
      } catch (error) {
        if (!/shared memory block/.test(String(error)) || Date.now() > until) throw error
        await sleep(100)
      }
    }
  }

  async #startOnce(): Promise<void> {
    await this.#signal('SIGINT')
    const settings = {
      listen_addresses: '',
      max_connections: '200',
      ...(this.#options.durable === true
        ? {}
        : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
      ...this.#options.settings,
    }
    this.#process = spawn(
      join(this.#bin, 'postgres'),
      [
        ...['-D', this.#data, '-k', this.directory],
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...this.#user, cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let log = ''
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = `${log}${text}`.slice(-4_000)
    })
    await this.#ready(() => log)
  }

  async stop(): Promise<void> {
    await this.#signal('SIGINT')
    rmSync(this.directory, { recursive: true, force: true })
  }

  async kill9(): Promise<void> {
    const main = this.#process?.pid
    if (main === undefined) return
    const children = childrenOf(main)
    const gone = this.#gone()
    process.kill(main, 'SIGKILL')
    for (const child of children) killQuietly(child)
    await gone
    this.#process = undefined
  }

  get #data(): string {
    return join(this.directory, 'data')
  }

  async #ready(log: () => string): Promise<void> {
    const until = Date.now() + READY_MS_MAX
    for (;;) {
      try {
        return await this.query('select 1')
      } catch (error) {
        if (this.#process?.exitCode !== null || Date.now() > until) {
          throw new NoPostgresServer(`the server does not start: ${log() || error}`)
        }
        await sleep(10)
      }
    }
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#process === undefined || this.#process.exitCode !== null) return
    const gone = this.#gone()
    this.#process.kill(signal)
    await gone
    this.#process = undefined
  }

  #gone(): Promise<void> {
    const process = this.#process
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) {
      return Promise.resolve()
    }
    return new Promise((resolve) => process.once('exit', () => resolve()))
  }
}

/**
 * The directory with `initdb` and `postgres`: named by WRIT_TEST_PG_BIN, else the cached prefix with pgvector, else
 * `postgres` on PATH, else the newest of the distribution.
 *
 * @throws NoPostgresServer
 */
export const postgresBinaries = (): string => {
  const named = process.env.WRIT_TEST_PG_BIN
  if (named !== undefined && named !== '') {
    if (isServer(named)) return named
    throw new NoPostgresServer(`WRIT_TEST_PG_BIN=${named} has no initdb and postgres`)
  }
  const found = [...cachedBinaries(), ...binariesOnPath(), ...distributionBinaries('/')].filter(
    isServer,
  )
  const chosen = found.find(hasVector) ?? found[0]
  if (chosen !== undefined) return chosen
  throw new NoPostgresServer(
    'no PostgreSQL server binaries found; install the package postgresql or run .ci/install-postgres',
  )
}

/** Whether `create extension vector` will work on the server that the tests start. */
export const hasVector = (bin: string): boolean => {
  const major = /\/postgresql\/(\d+)\/bin$/.exec(bin)?.[1]
  const shares = [
    ...(major === undefined ? [] : [join(bin, `../../../../share/postgresql/${major}`)]),
    join(bin, '../share'),
    join(bin, '../share/postgresql'),
  ]
  return shares.some((share) => existsSync(join(share, 'extension/vector.control')))
}

const isServer = (bin: string): boolean =>
  existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb'))

/** Where .ci/install-postgres builds: a place that the unprivileged user can read. */
const cachedBinaries = (): readonly string[] => {
  const caches = [
    '/var/cache/writ',
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'writ'),
  ]
  return caches.flatMap((cache) =>
    entries(cache)
      .filter((name) => /^pg\d+$/.test(name))
      .sort(newestFirst)
      .flatMap((name) => distributionBinaries(join(cache, name))),
  )
}

const binariesOnPath = (): readonly string[] =>
  (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => folder !== '' && existsSync(join(folder, 'postgres')))
    .map((folder) => dirname(realpathSync(join(folder, 'postgres'))))

const distributionBinaries = (root: string): readonly string[] => {
  const versions = join(root, 'usr/lib/postgresql')
  return entries(versions)
    .sort(newestFirst)
    .map((version) => join(versions, version, 'bin'))
}

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const newestFirst = (a: string, b: string): number =>
  Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, ''))

interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root: then it runs as the user postgres, or as nobody where there is none. */
const serverUser = (): ServerUser | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) }
}

const childrenOf = (parent: number): readonly number[] =>
  entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
