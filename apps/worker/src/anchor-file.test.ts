import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Anchor, anchorLine, parseAnchors } from '@writ/event-log'
import { beforeEach, describe, expect, it } from 'vitest'
import { AnchorFile } from './anchor-file.ts'
import { LOCK_AGE_MS_MAX } from './file-lock.ts'

const of = (size: number, ledger = 'acme'): Anchor => ({
  origin: `writ.test/${ledger}/main`,
  size,
  root: 'ab'.repeat(32),
  time: '2026-03-02T12:00:00.000Z',
})

let path: string
beforeEach(() => {
  const scratch = mkdtempSync(join(tmpdir(), 'writ-anchor-file-'))
  path = join(scratch, 'anchors.ndjson')
  return () => rmSync(scratch, { recursive: true, force: true })
})

const tell = (file: AnchorFile, ...anchors: readonly Anchor[]): Promise<void> =>
  file.held(async (held) => {
    for (const anchor of anchors) if (!held.isTold(anchor)) held.tell(anchor)
  })
const told = (): readonly Anchor[] => parseAnchors(readFileSync(path, 'utf8'))

describe('an anchor file', () => {
  it('leaves out what it or another process told last, and only that', async () => {
    const [one, other] = [new AnchorFile(path), new AnchorFile(path)]
    await tell(one, of(1), of(4, 'bank'))
    await tell(other, of(1), of(4, 'bank'), of(2))
    await tell(one, of(2))
    await tell(new AnchorFile(path), of(2), of(4, 'bank'))
    expect(told()).toEqual([of(1), of(4, 'bank'), of(2)])
    // The same size under another root is what anchors are for.
    const forked = { ...of(2), root: 'cd'.repeat(32) }
    await tell(other, forked)
    expect(told().at(-1)).toEqual(forked)
  })

  it('begins anew when its file was moved away', async () => {
    const file = new AnchorFile(path)
    await tell(file, of(1), of(2))
    renameSync(path, `${path}.1`)
    await tell(file, of(3))
    expect(told()).toEqual([of(3)])
  })

  it('looks back over the end of a long file', async () => {
    const lines = Array.from({ length: 12_000 }, (_, i) => anchorLine(of(i + 1))).join('')
    expect(lines.length).toBeGreaterThan(1_500_000)
    writeFileSync(path, lines)
    await tell(new AnchorFile(path), of(12_000), of(12_001))
    expect(told()).toHaveLength(12_001)
  })

  it('cut short at any letter by a crash is mended before the next line', async () => {
    const line = anchorLine(of(2))
    for (let cut = 0; cut < line.length; cut++) {
      writeFileSync(path, anchorLine(of(1)) + line.slice(0, cut))
      await tell(new AnchorFile(path), of(3))
      // Without its end of line it is whole all the same.
      expect(told()).toEqual(cut === line.length - 1 ? [of(1), of(2), of(3)] : [of(1), of(3)])
    }
  })

  it('that is damaged takes new lines and keeps the bad one', async () => {
    writeFileSync(path, `nonsense\n${anchorLine(of(1))}`)
    const file = new AnchorFile(path)
    await tell(file, of(2))
    appendFileSync(path, 'more nonsense\n')
    await tell(file, of(3))
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.filter((line) => line.includes('nonsense'))).toHaveLength(2)
    expect(lines).toHaveLength(5)
  })

  it('waits for who holds it, and outlives who died holding it', async () => {
    const lock = `${path}.lock`
    writeFileSync(lock, '1')
    const waiting = tell(new AnchorFile(path), of(1))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(existsSync(path)).toBe(false)
    rmSync(lock)
    await waiting
    writeFileSync(lock, '1')
    const longAgo = new Date(Date.now() - LOCK_AGE_MS_MAX - 1_000)
    utimesSync(lock, longAgo, longAgo)
    await tell(new AnchorFile(path), of(2))
    expect([told(), existsSync(lock)]).toEqual([[of(1), of(2)], false])
  })
})
