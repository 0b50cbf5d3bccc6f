import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { keepTemplate, templatePath, unpackTemplate } from './embedded-template.ts'

let scratch: string
let source: string
let target: string
let path: string

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'writ-template-'))
  source = join(scratch, 'source')
  target = join(scratch, 'home', 'pg')
  path = join(scratch, 'cache', 'pglite.zst')
  mkdirSync(join(source, 'base', '5'), { recursive: true })
  mkdirSync(join(source, 'pg_notify'))
  writeFileSync(join(source, 'PG_VERSION'), '18\n')
  writeFileSync(join(source, 'base', '5', '112'), Buffer.alloc(16_384, 7))
  return () => rmSync(scratch, { recursive: true, force: true })
})

const kept = async (): Promise<void> => {
  keepTemplate(path, source)
  await vi.waitFor(() => expect(readdirSync(join(path, '..'))).toEqual(['pglite.zst']))
}

describe('a template', () => {
  it('brings back every file and directory, the empty ones too', async () => {
    await kept()
    expect(unpackTemplate(path, target)).toBe(true)
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(
      readdirSync(source, { recursive: true }).sort(),
    )
    expect(readFileSync(join(target, 'base', '5', '112'))).toEqual(Buffer.alloc(16_384, 7))
    expect(statSync(target).mode & 0o777).toBe(0o700)
  })

  it('holds what lay there at the call, whatever is written afterwards', async () => {
    keepTemplate(path, source)
    writeFileSync(join(source, 'PG_VERSION'), 'a secret of the first installation')
    await vi.waitFor(() => expect(existsSync(path)).toBe(true))
    expect(unpackTemplate(path, target)).toBe(true)
    expect(readFileSync(join(target, 'PG_VERSION'), 'utf8')).toBe('18\n')
  })

  it('is for its owner alone', async () => {
    await kept()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
  })

  it.each([
    ['cut short', (whole: Buffer) => whole.subarray(0, whole.length - 9)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in one byte', (whole: Buffer) => changed(whole, whole.length >> 1)],
    ['something else', () => Buffer.from('not a template')],
  ])('that is %s is not used, is removed and leaves nothing behind', async (_, damage) => {
    await kept()
    writeFileSync(path, damage(readFileSync(path)))
    expect(unpackTemplate(path, target)).toBe(false)
    expect([existsSync(path), existsSync(target)]).toEqual([false, false])
  })

  it('that others may write to is not used', async () => {
    await kept()
    chmodSync(path, 0o622)
    expect([unpackTemplate(path, target), existsSync(target)]).toEqual([false, false])
  })

  it('that is not there is not used', () => {
    expect(unpackTemplate(path, target)).toBe(false)
  })

  it('that cannot be kept hurts nobody', () => {
    writeFileSync(join(scratch, 'cache'), 'a file where the directory should be')
    expect(() => keepTemplate(path, source)).not.toThrow()
    rmSync(join(scratch, 'cache'))
    expect(() => keepTemplate(path, join(scratch, 'nothing'))).not.toThrow()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('is left to the one who is writing it, and taken over from one who died', async () => {
    mkdirSync(join(path, '..'), { recursive: true })
    const part = `${path}.part`
    writeFileSync(part, 'half')
    keepTemplate(path, source)
    expect(readFileSync(part, 'utf8')).toBe('half')
    const longAgo = new Date(Date.now() - 3_600_000)
    utimesSync(part, longAgo, longAgo)
    await kept()
    expect(unpackTemplate(path, target)).toBe(true)
  })

  it('is one of this very PGlite', () => {
    expect(templatePath('/cache')).toMatch(/^\/cache\/pglite-\d+\.\d+\.\d+-\d+\.zst$/)
  })
})

const changed = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] as number) ^ 0xff
  return copy
}
