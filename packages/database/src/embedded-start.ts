import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HostClient } from './embedded-client.ts'
import { isHeld, type LockHolder, lockPath, readLock } from './embedded-lock.ts'
import { PROTOCOL_VERSION } from './embedded-protocol.ts'

/**
 * Somebody else holds the embedded database and does not answer. The command line shows the message and exits 2; it
 * never opens the directory beside the holder, because the two would diverge.
 */
export class DatabaseLocked extends Error {
  readonly home: string
  readonly pid: number
  readonly since: string

  constructor(home: string, holder: LockHolder) {
    super(
      `the embedded database in ${home} is held by process ${holder.pid} on ${holder.hostname} ` +
        `since ${holder.startedAt}, which does not answer; stop that process, or use another ` +
        'directory (WRIT_HOME) or a server (DATABASE_URL)',
    )
    this.name = 'DatabaseLocked'
    this.home = home
    this.pid = holder.pid
    this.since = holder.startedAt
  }
}

/** The host started and failed: a damaged directory, no disk space, no right to write. */
export class EmbeddedStartFailed extends Error {
  constructor(home: string, why: string) {
    super(`the embedded database in ${home} does not open: ${why}`)
    this.name = 'EmbeddedStartFailed'
  }
}

export interface HostAddress {
  readonly home: string
  readonly role: string
  readonly lingerMs: number
  readonly cache: string | undefined
  /** How long a holder may stay silent before it counts as locked for good. Unit: ms. */
  readonly waitMs: number
  readonly onHint: (channel: string, payload: string) => void
  readonly onLost: () => void
}

/** Pause between two tries while another process starts or stops. Unit: ms. */
const RETRY_MS = 25

/** Creating a database takes 2 to 5 s, recovery after a crash up to 1 s; a loaded machine several times that. */
const START_MS_MAX = 60_000

/**
 * A connection to the host of this home, started if nobody runs one. Any number of processes may do this at once: the
 * lock decides whose host stays, and the others connect to it.
 *
 * @throws DatabaseLocked       the holder does not answer
 * @throws EmbeddedStartFailed  the host cannot open the directory
 */
export const connectToHost = async (address: HostAddress): Promise<HostClient> => {
  const path = lockPath(address.home)
  const until = Date.now() + address.waitMs
  const startUntil = Date.now() + START_MS_MAX
  for (;;) {
    const holder = readLock(path)
    if (holder !== undefined && isHeld(path, holder)) {
      const client = await hello(address, holder)
      if (client !== undefined) return client
      if (Date.now() > until) throw new DatabaseLocked(address.home, holder)
      await sleep(RETRY_MS)
    } else {
      if (Date.now() > startUntil) {
        throw new EmbeddedStartFailed(address.home, 'its host ends again and again')
      }
      await startHost(address)
    }
  }
}

/** Undefined when there is nobody to talk to (yet, or any more): look at the lock again. */
const hello = async (address: HostAddress, holder: LockHolder): Promise<HostClient | undefined> => {
  let client: HostClient
  let greeted = false
  try {
    client = await HostClient.open(holder.socket, address.onHint, () => {
      if (greeted) address.onLost()
    })
  } catch {
    return undefined
  }
  // A host that neither opens nor fails is as good as one that does not answer.
  const patience = setTimeout(() => client.destroy(), START_MS_MAX)
  const request = { do: 'hello', version: PROTOCOL_VERSION, role: address.role } as const
  try {
    await client.request(request, 'not-written')
    greeted = true
    return client
  } catch (error) {
    if (client.lost) return undefined
    await client.close()
    throw new EmbeddedStartFailed(address.home, error instanceof Error ? error.message : `${error}`)
  } finally {
    clearTimeout(patience)
  }
}

/** Starts a host in a session of its own: it outlives us, and a Ctrl-C in our terminal does not reach it. */
const startHost = async ({ home, lingerMs, cache }: HostAddress): Promise<void> => {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const log = openSync(logPath(home), 'w', 0o600)
  const file = fileURLToPath(new URL('./embedded-host.ts', import.meta.url))
  const compiled = getCompileCacheDir()
  const host = spawn(process.execPath, [file, home, String(lingerMs), ...(cache ? [cache] : [])], {
    detached: true,
    stdio: ['ignore', 'pipe', log],
    cwd: home,
    // Not inherited otherwise: the host is half of what a start waits for.
    env: { ...process.env, ...(compiled ? { NODE_COMPILE_CACHE: compiled } : {}) },
  })
  closeSync(log)
  const said = await firstLine(host)
  host.unref()
  if (said === '') throw new EmbeddedStartFailed(home, readFileSync(logPath(home), 'utf8').trim())
}

/** What the host says on stdout; empty when it ended without a word. */
const firstLine = (host: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const output = host.stdout as Readable
    const finish = (line: string): void => {
      resolve(line)
      output.destroy()
    }
    host.once('error', reject)
    createInterface({ input: output })
      .once('line', finish)
      .once('close', () => finish(''))
  })

const logPath = (home: string): string => join(home, 'host.log')
