import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isHeld, lockPath, newHolder, readLock, releaseLock, takeLock } from './embedded-lock.ts'

/** A process that has certainly ended. */
const DEAD_PID = spawnSync(process.execPath, ['--eval', '']).pid

describe('the lock of an embedded database', () => {
  let home: string
  let path: string

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'writ-l-'))
    path = lockPath(home)
  })
  afterEach(() => rmSync(home, { recursive: true }))

  const leave = (fields: object): void => {
    writeFileSync(path, JSON.stringify({ ...newHolder('socket'), nonce: 'left', ...fields }))
  }

  it('is taken by one, and free again after its release', () => {
    const [one, other] = [newHolder('a'), newHolder('b')]
    expect(takeLock(path, one)).toBe(true)
    expect(takeLock(path, other)).toBe(false)
    releaseLock(path, other)
    expect(readLock(path)).toEqual(one)
    releaseLock(path, one)
    expect(takeLock(path, other)).toBe(true)
    expect(readdirSync(home)).toEqual(['lock'])
  })

  it.each([
    ['a process that has ended', { pid: DEAD_PID, processStart: '' }],
    ['an earlier process of the same number', { processStart: '1' }],
  ])('is taken over from %s', (_, fields) => {
    leave(fields)
    const holder = newHolder('mine')
    expect(takeLock(path, holder)).toBe(true)
    expect(readLock(path)).toEqual(holder)
    expect(readdirSync(home)).toEqual(['lock'])
  })

  it('is taken over although an earlier taker crashed in the middle of it', () => {
    leave({ pid: DEAD_PID, processStart: '' })
    const crashed = { ...newHolder('x'), pid: DEAD_PID, processStart: '', nonce: 'crashed' }
    writeFileSync(`${path}.left`, JSON.stringify(crashed))
    expect(takeLock(path, newHolder('mine'))).toBe(true)
    expect(readdirSync(home)).toEqual(['lock'])
  })

  it('is left to the taker that is at it', () => {
    leave({ pid: DEAD_PID, processStart: '' })
    writeFileSync(`${path}.left`, JSON.stringify(newHolder('the other')))
    expect(takeLock(path, newHolder('mine'))).toBe(false)
    expect(readLock(path)?.nonce).toBe('left')
  })

  it.each([
    ['a host that cannot be asked', JSON.stringify({ ...newHolder('s'), hostname: 'elsewhere' })],
    ['a writer that has not finished', '{"pid":'],
  ])('held by %s counts as held until it has been silent for half a minute', (_, text) => {
    writeFileSync(path, text)
    const holder = readLock(path)
    expect(holder && isHeld(path, holder)).toBe(true)
    expect(takeLock(path, newHolder('mine'))).toBe(false)
    const longAgo = new Date(Date.now() - 31_000)
    utimesSync(path, longAgo, longAgo)
    expect(takeLock(path, newHolder('mine'))).toBe(true)
  })
})
