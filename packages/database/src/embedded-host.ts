/**
 * The process that owns the embedded database. Started by `openEmbeddedDatabase`, never by hand:
 * `node embedded-host.ts <home> <lingerMs> [<cache>]`. It says `listening` or `locked` on stdout, then nothing more.
 *
 * It outlives the process that started it, because others may be connected, and ends by itself soon after its last
 * client. kill -9 at any moment loses no acknowledged row; the next host recovers from the write-ahead log.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HostConnection } from './embedded-connection.ts'
import {
  HEARTBEAT_MS,
  type LockHolder,
  lockPath,
  newHolder,
  ownsLock,
  releaseLock,
  takeLock,
  touchLock,
} from './embedded-lock.ts'
import { EmbeddedSession } from './embedded-session.ts'

/** How long the starter has to connect before the host gives up on it. Unit: ms. */
const FIRST_CLIENT_MS = 10_000

/** How long a host that cannot open the directory stays to say so. Unit: ms. */
const FAILED_LINGER_MS = 500

/** A unix socket path ends here, the closing zero included. Unit: bytes. */
const SOCKET_PATH_BYTES_MAX = 107

interface HostOptions {
  readonly lingerMs: number
  /** Where templates of an empty data directory are kept; absent: nowhere. */
  readonly cache: string | undefined
}

class Host {
  readonly #home: string
  readonly #lingerMs: number
  readonly #lock: string
  readonly #holder: LockHolder
  readonly #server: Server
  readonly #connections = new Set<HostConnection>()
  readonly #session: Promise<EmbeddedSession>
  #idle: NodeJS.Timeout | undefined
  #stopping = false
  #opened: EmbeddedSession | undefined

  /** The lock is held. Listens at once: clients wait in the socket while the database opens. */
  constructor(home: string, holder: LockHolder, options: HostOptions) {
    this.#home = home
    this.#lingerMs = options.lingerMs
    this.#lock = lockPath(home)
    this.#holder = holder
    this.#server = createServer((socket) => this.#accept(socket))
    this.#session = EmbeddedSession.open(home, options.cache)
    this.#session.then(
      (session) => {
        this.#opened = session
        session.onNotification((channel, payload) => this.#tell(channel, payload))
      },
      (error) => {
        log(this.#home, error)
        // Long enough for those who wait to hear why.
        this.#leaveAfter(FAILED_LINGER_MS)
      },
    )
  }

  async listen(): Promise<void> {
    const { socket } = this.#holder
    rmSync(socket, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(socket, resolve)
    })
    chmodSync(socket, 0o600)
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS)
    this.#leaveAfter(FIRST_CLIENT_MS)
    // A container or a terminal that ends signals everybody at once; clients still have work to finish.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (this.#connections.size === 0) this.#stop()
      })
    }
  }

  #accept(socket: Socket): void {
    clearTimeout(this.#idle)
    const connection = new HostConnection(socket, this.#session, {
      stop: () => this.#stop(),
      broken: (error) => this.#fail(error),
      closed: () => {
        this.#connections.delete(connection)
        if (this.#connections.size === 0) this.#leaveAfter(this.#lingerMs)
      },
    })
    this.#connections.add(connection)
  }

  #tell(channel: string, payload: string): void {
    for (const connection of this.#connections) connection.hint(channel, payload)
  }

  #leaveAfter(ms: number): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.#stop(), ms)
  }

  /** The directory was removed or taken over while we were suspended: whatever we would write now does harm. */
  #heartbeat(): void {
    if (!ownsLock(this.#lock, this.#holder)) process.exit(1)
    touchLock(this.#lock)
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    // No client can get in from here on: whoever tries finds the socket gone, and later the lock.
    this.#server.close()
    rmSync(this.#holder.socket, { force: true })
    for (const connection of this.#connections) connection.refuseMore()
    // While it still opens there is nothing to close: to stop here is a crash that nobody can lose anything by.
    await this.#opened?.close().catch((error) => log(this.#home, error))
    releaseLock(this.#lock, this.#holder)
    process.exit(0)
  }

  /** Replies are owed that nobody can give any more. The data directory is as after a crash, which is safe. */
  #fail(error: unknown): void {
    log(this.#home, error)
    rmSync(this.#holder.socket, { force: true })
    releaseLock(this.#lock, this.#holder)
    process.exit(1)
  }
}

const log = (home: string, error: unknown): void => {
  const text = error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${new Date().toISOString()} ${home}: ${text}\n`)
}

const socketPath = (home: string): string => {
  const beside = join(home, 'db.sock')
  if (Buffer.byteLength(beside) < SOCKET_PATH_BYTES_MAX) return beside
  const name = createHash('sha256').update(home).digest('hex').slice(0, 24)
  return join(tmpdir(), `writ-${name}.sock`)
}

const [home = '', lingerMs = '', cache] = process.argv.slice(2)
// Entries may be confidential: directories 0700, files and socket 0600.
process.umask(0o077)
mkdirSync(home, { recursive: true })
const holder = newHolder(socketPath(home))
if (takeLock(lockPath(home), holder)) {
  await new Host(home, holder, { lingerMs: Number(lingerMs), cache }).listen()
  process.stdout.write('listening\n')
} else {
  process.stdout.write('locked\n')
}
