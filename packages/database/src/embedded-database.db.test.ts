import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exitOf, runModule, startModule } from '../../../test/support/child-process.ts'
import { emptyHome, migratedHome } from '../../../test/support/test-databases.ts'
import type { Database } from './database.ts'
import {
  ConnectionFailure,
  DatabaseLocked,
  EmbeddedStartFailed,
  isConnectionFailure,
  OWNER,
  openEmbeddedDatabase,
  stopEmbeddedHost,
} from './index.ts'

const INDEX = new URL('./index.ts', import.meta.url).href

/** Short, so that a test sees the host go. Unit: ms. */
const LINGER_MS = 150

/** A new host takes half a second, several times that on a loaded machine. */
const PATIENT = { timeout: 20_000 }

const opened: Database[] = []
const homes = new Set<string>()

const open = async (home: string, role: string = OWNER): Promise<Database> => {
  homes.add(home)
  const database = await openEmbeddedDatabase({ home, role, lingerMs: LINGER_MS })
  opened.push(database)
  return database
}

const closeAll = async (): Promise<void> => {
  await Promise.all(opened.splice(0).map((database) => database.close()))
  await Promise.all([...homes].map(stopEmbeddedHost))
  homes.clear()
}

const hostPid = (home: string): number =>
  JSON.parse(readFileSync(join(home, 'lock'), 'utf8')).pid as number

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Source of a process that opens `home` as the owner and then runs `body` with `database` at hand. */
const moduleWith = (home: string, body: string): string => `
  import { openEmbeddedDatabase } from '${INDEX}'
  const database = await openEmbeddedDatabase({
    home: ${JSON.stringify(home)}, role: 'owner', lingerMs: ${LINGER_MS},
  })
  ${body}
`

const nextLine = async (child: ChildProcess): Promise<string> => {
  const [chunk] = await once(child.stdout as NodeJS.ReadableStream, 'data')
  return String(chunk).trim()
}

describe('one embedded database in several processes', () => {
  let home: string
  let database: Database

  beforeAll(async () => {
    home = migratedHome()
    database = await open(home)
    await database.script(`
      create table public.rows (n integer primary key);
      grant all on public.rows to writ_app;
    `)
  })
  afterAll(closeAll)

  it('is shared: a second process works while the first one runs', async () => {
    await runModule(
      moduleWith(
        home,
        `await database.query({ text: 'insert into rows values (1)' }); await database.close()`,
      ),
    )
    expect(await database.query({ text: 'select n from rows' })).toEqual([{ n: 1 }])
  })

  it('rolls back what a killed client left open, and lets the others go on', async () => {
    const child = startModule(
      moduleWith(
        home,
        `await database.transaction(async (tx) => {
          await tx.query({ text: 'insert into rows values (2)' })
          console.log('inside')
          await new Promise((resolve) => setTimeout(resolve, 60_000))
        })`,
      ),
    )
    await nextLine(child)
    const waiting = database.query({ text: 'select n from rows where n = 2' })
    child.kill('SIGKILL')
    expect(await waiting).toEqual([])
  })

  it('gives each connection its own role, however their commands mix', async () => {
    const app = await open(home, 'writ_app')
    const who = { text: 'select current_user::text as me' }
    const asked = [database, app, app, database, app, database].map(
      async (one) => (await one.query<{ me: string }>(who))[0]?.me,
    )
    const me = ['postgres', 'writ_app', 'writ_app', 'postgres', 'writ_app', 'postgres']
    expect(await Promise.all(asked)).toEqual(me)
  })

  it.each([
    ["set work_mem = '7MB'", 'show work_mem', [{ work_mem: '4MB' }]],
    ["select set_config('work_mem', '7MB', false)", 'show work_mem', [{ work_mem: '4MB' }]],
    ['set role writ_app', 'select current_user::text as me', [{ me: 'postgres' }]],
    ['set session authorization writ_app', 'select session_user::text as me', [{ me: 'postgres' }]],
    [
      'create temp table scratch (n int)',
      "select to_regclass('scratch')::text as t",
      [{ t: null }],
    ],
    [
      'prepare p as select 1',
      'select count(*)::int as n from pg_prepared_statements where from_sql',
      [{ n: 0 }],
    ],
  ])('forgets `%s` before the next command', async (leaving, look, expected) => {
    await database.script(leaving)
    expect(await database.query({ text: look })).toEqual(expected)
    await database.transaction((tx) => tx.script(leaving))
    expect(await database.query({ text: look })).toEqual(expected)
  })

  it('keeps a setting within the transaction that made it', async () => {
    const inside = await database.transaction(async (tx) => {
      await tx.query({ text: "select set_config('writ.tenant', 'acme', true)" })
      return tx.query({ text: "select current_setting('writ.tenant', true) as tenant" })
    })
    expect(inside).toEqual([{ tenant: 'acme' }])
  })

  it('goes on listening after work that cleans up behind itself', async () => {
    const heard: string[] = []
    await database.listen('wake', (payload) => heard.push(payload))
    await database.script("set work_mem = '7MB'")
    const app = await open(home, 'writ_app')
    await app.notify('wake', '1')
    await expect.poll(() => heard).toEqual(['1'])
  })
})

describe('the host of an embedded database', () => {
  afterEach(closeAll)

  it('loses no acknowledged row to kill -9, and the next command starts another host', async () => {
    const home = migratedHome()
    const database = await open(home)
    await database.script('create table public.rows (n integer primary key)')
    const insert = (n: number) => ({ text: 'insert into rows values ($1)', values: [n] })
    let acknowledged = 0
    let next = 0
    for (let round = 0; round < 2; round++) {
      const pid = hostPid(home)
      setTimeout(() => process.kill(pid, 'SIGKILL'), 40 + 20 * round)
      const failure = await (async () => {
        for (;;) {
          await database.query(insert(++next))
          acknowledged = next
        }
      })().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ConnectionFailure)
      expect(failure).toMatchObject({ outcome: 'unknown' })
      const rows = await database.query<{ n: number }>({ text: 'select n from rows order by n' })
      // The last insert was asked for and not acknowledged: it may be there or not.
      expect([acknowledged, acknowledged + 1]).toContain(rows.length)
      expect(rows.map(({ n }) => n)).toEqual(rows.map((_, i) => i + 1))
      expect(hostPid(home)).not.toBe(pid)
      next = rows.length
    }
  })

  it('tells that a transaction it lost was not written', async () => {
    const home = migratedHome()
    const database = await open(home)
    const lost = database.transaction(async (tx) => {
      process.kill(hostPid(home), 'SIGKILL')
      await tx.query({ text: 'select 1' })
    })
    const error = await lost.catch((caught: unknown) => caught)
    expect(isConnectionFailure(error) && error.outcome).toBe('not-written')
  })

  it('hears hints again after the host was killed', async () => {
    const home = migratedHome()
    const database = await open(home)
    const heard: string[] = []
    await database.listen('wake', (payload) => heard.push(payload))
    process.kill(hostPid(home), 'SIGKILL')
    await expect
      .poll(async () => {
        await database.notify('wake', 'again').catch(() => {})
        return heard
      }, PATIENT)
      .toContain('again')
  })

  it('ends and unlocks soon after its last client was killed', async () => {
    const home = migratedHome()
    homes.add(home)
    const child = startModule(moduleWith(home, `console.log('open'); setInterval(() => {}, 1_000)`))
    await nextLine(child)
    const pid = hostPid(home)
    child.kill('SIGKILL')
    expect(await exitOf(child)).toBe('SIGKILL')
    await expect.poll(() => lives(pid), PATIENT).toBe(false)
    expect(readdirSync(home).toSorted()).toEqual(['host.log', 'pg', 'pg.complete'])
    expect(readFileSync(join(home, 'host.log'), 'utf8')).toBe('')
  })

  it('stays for a second process when the one that started it ends', async () => {
    const home = migratedHome()
    homes.add(home)
    const child = startModule(
      moduleWith(home, `console.log('open'); process.stdin.once('data', () => process.exit())`),
    )
    await nextLine(child)
    const pid = hostPid(home)
    const database = await open(home)
    child.stdin?.end('go\n')
    await exitOf(child)
    await new Promise((resolve) => setTimeout(resolve, 3 * LINGER_MS))
    expect(await database.query({ text: 'select 1 as n' })).toEqual([{ n: 1 }])
    expect(hostPid(home)).toBe(pid)
  })

  it('is one, however many processes start at once over the lock of a dead one', async () => {
    const home = migratedHome()
    homes.add(home)
    const first = await open(home)
    await first.script('create table public.rows (n integer, host integer)')
    const dead = hostPid(home)
    process.kill(dead, 'SIGKILL')
    const starters = [1, 2, 3, 4, 5].map((n) =>
      runModule(
        moduleWith(
          home,
          `await database.query({ text: 'insert into rows values (${n}, $1)', values: [
            JSON.parse((await import('node:fs')).readFileSync(${JSON.stringify(join(home, 'lock'))}, 'utf8')).pid
          ] })
          await new Promise((resolve) => setTimeout(resolve, 300))
          await database.close()`,
        ),
      ),
    )
    await Promise.all(starters)
    const [seen] = await first.query<{ rows: bigint }>({
      text: 'select count(*) as rows from rows',
    })
    expect(seen).toEqual({ rows: 5n })
  })

  it('says who holds the lock when the holder does not answer', async () => {
    const home = emptyHome()
    mkdirSync(home)
    const holder = {
      pid: process.pid,
      startedAt: '2026-03-01T12:00:00.000Z',
      socket: join(home, 'nobody.sock'),
      hostname: hostname(),
      processStart: '',
      nonce: 'test',
    }
    writeFileSync(join(home, 'lock'), JSON.stringify(holder))
    const error = await openEmbeddedDatabase({ home, waitMs: 100 }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toBeInstanceOf(DatabaseLocked)
    expect(error).toMatchObject({ pid: process.pid, since: holder.startedAt, home })
    expect(existsSync(join(home, 'pg'))).toBe(false)
  })

  it('begins again when a crash left half a directory before anybody was answered', async () => {
    const home = emptyHome()
    mkdirSync(join(home, 'pg'), { recursive: true })
    writeFileSync(join(home, 'pg/PG_VERSION'), '18\n')
    const database = await open(home)
    expect(await database.query({ text: 'select 1 as n' })).toEqual([{ n: 1 }])
  })

  it('fails with the reason when the directory cannot be opened', async () => {
    const home = emptyHome()
    mkdirSync(join(home, 'pg'), { recursive: true })
    writeFileSync(join(home, 'pg/PG_VERSION'), '18\n')
    writeFileSync(join(home, 'pg.complete'), '')
    homes.add(home)
    const error = await openEmbeddedDatabase({ home }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(EmbeddedStartFailed)
    expect(String(error)).toContain('could not access the server configuration file')
  })

  it('works in a home whose path is too long for a socket', async () => {
    const home = migratedHome(emptyHome().padEnd(130, 'g'))
    const database = await open(home)
    expect(await database.query({ text: 'select 1 as n' })).toEqual([{ n: 1 }])
    expect(JSON.parse(readFileSync(join(home, 'lock'), 'utf8')).socket.length).toBeLessThan(107)
  })

  it('refuses work after close', async () => {
    const home = migratedHome()
    const database = await open(home)
    await database.close()
    await expect(database.query({ text: 'select 1' })).rejects.toMatchObject({
      outcome: 'not-written',
    })
  })
})
