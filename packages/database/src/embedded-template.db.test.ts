import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { emptyHome } from '../../../test/support/test-databases.ts'
import type { Database } from './database.ts'
import { keepTemplate, templatePath } from './embedded-template.ts'
import { OWNER, openEmbeddedDatabase, stopEmbeddedHost } from './index.ts'

/** A template is written within a tenth of a second, on a loaded machine many times that. */
const PATIENT = { timeout: 20_000 }

const opened: Database[] = []
const homes = new Set<string>()

const open = async (home: string, cache: string): Promise<Database> => {
  homes.add(home)
  const database = await openEmbeddedDatabase({ home, cache, role: OWNER })
  opened.push(database)
  return database
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()))
  await Promise.all([...homes].map(stopEmbeddedHost))
  homes.clear()
})

const works = async (database: Database): Promise<void> => {
  await database.script('create table public.rows (n integer primary key)')
  await database.query({ text: 'insert into rows values (1)' })
  expect(await database.query({ text: 'select n from rows' })).toEqual([{ n: 1 }])
}

const tables = (database: Database): Promise<readonly unknown[]> =>
  database.query({ text: "select 1 from pg_tables where schemaname = 'public'" })

/** Taken once, by the first start of all. */
let kept: string
let cache: string
const scratch = mkdtempSync(join(tmpdir(), 'writ-templates-'))

beforeAll(async () => {
  cache = join(scratch, 'first')
  kept = templatePath(cache)
  const database = await open(emptyHome(), cache)
  await works(database)
  await vi.waitFor(() => statSync(kept), PATIENT)
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('a first start', () => {
  it('takes the template that an earlier one left, and finds nothing of that one in it', async () => {
    const before = statSync(kept).mtimeMs
    const database = await open(emptyHome(), cache)
    expect(await tables(database)).toEqual([])
    await works(database)
    expect(statSync(kept).mtimeMs).toBe(before)
  })

  it('replaces a damaged template', async () => {
    const own = join(scratch, 'damaged')
    const whole = readFileSync(kept)
    mkdirSync(own)
    writeFileSync(templatePath(own), whole.subarray(0, whole.length / 2), { mode: 0o600 })
    await works(await open(emptyHome(), own))
    await expect
      .poll(() => statSync(templatePath(own)).size, PATIENT)
      .toBeGreaterThan(whole.length * 0.9)
    await works(await open(emptyHome(), own))
  })

  it('replaces a template that is whole and no database', async () => {
    const own = join(scratch, 'no-database')
    const nothing = join(scratch, 'nothing')
    mkdirSync(join(nothing, 'global'), { recursive: true })
    writeFileSync(join(nothing, 'PG_VERSION'), '18\n')
    writeFileSync(join(nothing, 'global', 'pg_control'), 'nonsense')
    keepTemplate(templatePath(own), nothing)
    await expect.poll(() => existsSync(templatePath(own)), PATIENT).toBe(true)
    await works(await open(emptyHome(), own))
    await expect.poll(() => statSync(templatePath(own)).size, PATIENT).toBeGreaterThan(1_000_000)
  })

  it('does without where nothing can be kept', async () => {
    const own = join(scratch, 'a-file')
    writeFileSync(own, '')
    await works(await open(emptyHome(), own))
    expect(readFileSync(own, 'utf8')).toBe('')
  })

  it('beside another leaves one whole template, and each its own database', async () => {
    const own = join(scratch, 'two')
    const both = await Promise.all([open(emptyHome(), own), open(emptyHome(), own)])
    for (const database of both) await works(database)
    await expect.poll(() => readdirSync(own), PATIENT).toHaveLength(1)
    await works(await open(emptyHome(), own))
  })
})

describe('a host that was killed while it unpacked or created', () => {
  it.each([
    ['from a template', () => cache],
    ['from nothing', () => join(scratch, 'killed')],
  ])('%s left nothing that the next one takes for a database', async (_, place) => {
    for (const delayMs of [0, 60, 250, 500]) {
      const home = emptyHome()
      homes.add(home)
      // It may go on with another host, or tell that its own ended without a word.
      const starting = openEmbeddedDatabase({ home, cache: place(), role: OWNER }).then(
        (database) => database.close(),
        () => {},
      )
      await killed(home, delayMs)
      await starting
      await works(await open(home, place()))
    }
  })
})

/** kill -9 of the first host of a home, so long after it took the lock. */
const killed = async (home: string, delayMs: number): Promise<void> => {
  const lock = join(home, 'lock')
  await expect.poll(() => existsSync(lock), { ...PATIENT, interval: 2 }).toBe(true)
  await sleep(delayMs)
  process.kill((JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid, 'SIGKILL')
}
