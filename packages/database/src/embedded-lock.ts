import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Who opened the data directory. PGlite itself would let a second process open it, and the two would diverge. */
export interface LockHolder {
  readonly pid: number
  readonly startedAt: string
  /** Where the holder answers. */
  readonly socket: string
  readonly hostname: string
  /** When the kernel started the process, in its own ticks; empty where it does not tell. Tells a reused pid. */
  readonly processStart: string
  /** Names this very lock, so that a stale one is replaced only by who has seen it. */
  readonly nonce: string
}

/** How often the holder touches its lock. Unit: ms. */
export const HEARTBEAT_MS = 5_000

/** A holder on another host (a container before this one) counts as gone after this silence. Unit: ms.
 *  Too short opens the directory twice after a long pause of the holder; too long only delays a start after a crash. */
const FOREIGN_SILENCE_MS_MAX = 30_000

export const lockPath = (home: string): string => join(home, 'lock')

export const readLock = (path: string): LockHolder | undefined => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    return JSON.parse(text) as LockHolder
  } catch {
    return unreadableLock(path)
  }
}

/** True unless the holder is certainly gone. */
export const isHeld = (path: string, holder: LockHolder): boolean => {
  if (holder.hostname !== hostname()) return ageMs(path) < FOREIGN_SILENCE_MS_MAX
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const { state, start } = processStat(holder.pid)
  // A zombie has released everything; its parent just has not looked yet.
  if (state === 'Z' || state === 'X') return false
  return holder.processStart === '' || start === '' || start === holder.processStart
}

export const newHolder = (socket: string): LockHolder => ({
  pid: process.pid,
  startedAt: new Date().toISOString(),
  socket,
  hostname: hostname(),
  processStart: processStat(process.pid).start,
  nonce: `${process.pid}-${process.hrtime.bigint().toString(36)}`,
})

/**
 * Takes the lock at `path`, also from a holder that is gone. Returns false when somebody lives who holds it.
 *
 * A stale lock is replaced by whoever holds the lock of its replacement, `<path>.<nonce>`, which is taken in the same
 * way (a taker may have crashed, too). Only that one may replace this very lock, and looks again before it does: so of
 * any number of processes that start together after a crash exactly one succeeds.
 */
export const takeLock = (path: string, holder: LockHolder): boolean => {
  if (createWhole(path, holder)) return true
  const current = readLock(path)
  // Released between the two looks: the next try decides.
  if (current === undefined) return createWhole(path, holder)
  if (isHeld(path, current)) return false
  const replacement = `${path}.${current.nonce}`
  if (!takeLock(replacement, holder)) return false
  try {
    if (readLock(path)?.nonce !== current.nonce) return false
    const candidate = writeCandidate(path, holder)
    renameSync(candidate, path)
    return true
  } finally {
    rmSync(replacement, { force: true })
  }
}

export const ownsLock = (path: string, holder: LockHolder): boolean =>
  readLock(path)?.nonce === holder.nonce

export const releaseLock = (path: string, holder: LockHolder): void => {
  if (ownsLock(path, holder)) rmSync(path, { force: true })
}

/** Tells hosts that cannot see our process that we live. */
export const touchLock = (path: string): void => {
  const now = new Date()
  utimesSync(path, now, now)
}

/** Creates the file with its whole content in one step, or finds it there. */
const createWhole = (path: string, holder: LockHolder): boolean => {
  const candidate = writeCandidate(path, holder)
  try {
    linkSync(candidate, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    return createWithoutLinks(path, holder)
  } finally {
    rmSync(candidate, { force: true })
  }
}

/** File systems without hard links: exclusive too, but a reader may see the file before its content. */
const createWithoutLinks = (path: string, holder: LockHolder): boolean => {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const writeCandidate = (path: string, holder: LockHolder): string => {
  const candidate = `${path}.candidate-${holder.nonce}`
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(candidate, JSON.stringify(holder))
  return candidate
}

/** Half written, or damaged: judged by its age, as a holder that nobody can ask. */
const unreadableLock = (path: string): LockHolder => ({
  pid: 0,
  startedAt: '',
  socket: '',
  hostname: '(unreadable)',
  processStart: '',
  nonce: `unreadable-${Math.trunc(modifiedMs(path))}`,
})

const ageMs = (path: string): number => Date.now() - modifiedMs(path)

const modifiedMs = (path: string): number => {
  try {
    return statSync(path).mtimeMs
  } catch {
    return Date.now()
  }
}

/** State and start time from /proc (Linux); empty elsewhere. The name before them may hold spaces and brackets. */
const processStat = (pid: number): { state: string; start: string } => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '' }
  } catch {
    return { state: '', start: '' }
  }
}
