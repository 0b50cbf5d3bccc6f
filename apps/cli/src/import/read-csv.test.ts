import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readCsv } from './read-csv.ts'

const scratch = mkdtempSync(join(tmpdir(), 'writ-csv-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Digits that hardly compress, so that the gzipped file takes many reads, too. */
const rows = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${i},${Math.sin(i) * 1e15}`).join('\n')

describe.each([
  ['plain', (text: string) => Buffer.from(text)],
  ['gzipped', (text: string) => gzipSync(text)],
])('what has been read of a %s file', (name, packed) => {
  it.each([1, 1_000, 60_000])('rises to its size on disk, with %i rows', async (count) => {
    const file = join(scratch, `${name}-${count}`)
    writeFileSync(file, packed(`n,x\n${rows(count)}\n`))
    const shares: number[] = []
    let read = 0
    for await (const _ of readCsv(file, ['n'], (bytes, of) => {
      expect(of).toBe(statSync(file).size)
      shares.push(bytes / of)
    }))
      read++
    expect(read).toBe(count)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
    if (count === 60_000) expect(shares.length).toBeGreaterThan(5)
  })
})
