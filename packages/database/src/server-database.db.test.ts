import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '../../../test/support/postgres-server.ts'
import { describeOnServer, type TestDatabase } from '../../../test/support/test-databases.ts'
import type { Database } from './database.ts'
import { isConnectionFailure, openServerDatabase } from './index.ts'

const pidOf = async (database: Database): Promise<number> => {
  const [row] = await database.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })
  return row?.pid ?? 0
}

const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  return isConnectionFailure(error) ? error.outcome : `no connection failure: ${error}`
}

describeOnServer('a server database', (open) => {
  let opened: TestDatabase

  beforeAll(async () => {
    opened = await open()
  })

  const terminate = (pid: number) =>
    opened.owner.query({ text: 'select pg_terminate_backend($1)', values: [pid] })

  it('takes role, limits and name before the first command of every connection', async () => {
    const database = await opened.open('writ_app', {
      poolMax: 3,
      applicationName: 'writ test',
      statementTimeoutMs: 1_234,
      lockTimeoutMs: 567,
      idleInTransactionTimeoutMs: 8_900,
    })
    const look = `select current_user::text as me, current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock, current_setting('application_name') as name,
      current_setting('idle_in_transaction_session_timeout') as idle, pg_sleep(0.05)::text as slept`
    const rows = await Promise.all([1, 2, 3].map(() => database.query({ text: look })))
    for (const [row] of rows) {
      expect(row).toMatchObject({ me: 'writ_app', statement: '1234ms', lock: '567ms' })
      expect(row).toMatchObject({ name: 'writ test', idle: '8900ms' })
    }
  })

  it('refuses to open under a role that does not exist', async () => {
    await expect(opened.open('writ_nobody')).rejects.toMatchObject({ code: '22023' })
  })

  it('says that nothing was written when nobody answers', async () => {
    const nobody = openServerDatabase({ url: 'postgres://writ@127.0.0.1:1/writ' })
    expect(await outcomeOf(nobody)).toBe('not-written')
  })

  it('cancels a command that runs too long, and goes on', async () => {
    const database = await opened.open('writ_app', { poolMax: 1, statementTimeoutMs: 50 })
    const slow = database.query({ text: 'select pg_sleep(5)' })
    await expect(slow).rejects.toMatchObject({ code: '57014' })
    expect(await database.query({ text: 'select 1 as n' })).toEqual([{ n: 1 }])
  })

  it('survives the loss of an idle connection, and tells of it', async () => {
    const errors: Error[] = []
    const database = await opened.open('writ_app', {
      poolMax: 1,
      onIdleError: (error) => errors.push(error),
    })
    await terminate(await pidOf(database))
    await expect.poll(() => errors.length).toBeGreaterThan(0)
    expect(await database.query({ text: 'select 1 as n' })).toEqual([{ n: 1 }])
  })

  it('does not know whether a command was carried out whose connection was lost', async () => {
    const database = await opened.open('writ_app', { poolMax: 1 })
    const pid = await pidOf(database)
    const lost = outcomeOf(database.query({ text: 'select pg_sleep(5)' }))
    await expect
      .poll(async () => {
        const text = "select 1 from pg_stat_activity where pid = $1 and query like '%pg_sleep%'"
        return (await opened.owner.query({ text, values: [pid] })).length
      })
      .toBe(1)
    await terminate(pid)
    expect(await lost).toBe('unknown')
    expect(await pidOf(database)).not.toBe(pid)
  })

  it('knows that a transaction lost before COMMIT was not written, and never reuses its connection', async () => {
    const database = await opened.open('writ_app', { poolMax: 1 })
    let pid = 0
    const lost = database.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })
      pid = row?.pid ?? 0
      await terminate(pid)
      await tx.query({ text: 'select 1' })
    })
    expect(await outcomeOf(lost)).toBe('not-written')
    expect(await pidOf(database)).not.toBe(pid)
  })

  it('keeps a connection after an ordinary error, with its prepared statements', async () => {
    const database = await opened.open('writ_app', { poolMax: 1 })
    const pid = await pidOf(database)
    await expect(database.query({ text: 'select 1 / 0' })).rejects.toMatchObject({ code: '22012' })
    const failing = database.transaction((tx) => tx.query({ text: 'select 1 / 0' }))
    await expect(failing).rejects.toMatchObject({ code: '22012' })
    expect(await pidOf(database)).toBe(pid)
  })

  it('fails in time when the pool is exhausted', async () => {
    const database = await opened.open('writ_app', { poolMax: 1, connectTimeoutMs: 100 })
    const holding = database.query({ text: 'select pg_sleep(0.5)' })
    expect(await outcomeOf(database.query({ text: 'select 1' }))).toBe('not-written')
    await holding
  })

  it('listens again after its connection was lost', async () => {
    const database = await opened.open('writ_app')
    const heard: string[] = []
    await database.listen('wake', (payload) => heard.push(payload))
    const listeners =
      "select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen wake' or query = 'listen \"wake\"'"
    expect(await opened.owner.query({ text: listeners })).toHaveLength(1)
    await expect
      .poll(
        async () => {
          await database.notify('wake', 'again')
          return heard
        },
        { timeout: 5_000 },
      )
      .toContain('again')
  })

  it('runs two transactions at once, each with its own rows', async () => {
    const { owner } = opened
    await owner.script('create table public.counters (n integer); insert into counters values (0)')
    const add = () =>
      owner.transaction(async (tx) => {
        await tx.query({ text: 'select pg_advisory_xact_lock(1)' })
        const [row] = await tx.query<{ n: number }>({ text: 'select n from counters' })
        await tx.query({ text: 'update counters set n = $1', values: [(row?.n ?? 0) + 1] })
      })
    await Promise.all(Array.from({ length: 20 }, add))
    expect(await owner.query({ text: 'select n from counters' })).toEqual([{ n: 20 }])
  })
})

describe.skipIf(inject('testDatabases').serverUrl === undefined)('a server that crashes', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgresServer({ durable: true })
  })
  afterAll(() => server.stop())

  it('loses no acknowledged row, and the pool finds it again', async () => {
    const database = await openServerDatabase({ url: server.url() })
    await database.script('create table public.rows (n integer primary key)')
    let acknowledged = 0
    setTimeout(() => server.kill9(), 150)
    const failure = await (async () => {
      for (;;) {
        const values = [acknowledged + 1]
        await database.query({ text: 'insert into rows values ($1)', values })
        acknowledged += 1
      }
    })().catch((error: unknown) => error)
    expect(isConnectionFailure(failure)).toBe(true)
    await server.restart()
    const [row] = await database.query<{ n: bigint }>({ text: 'select count(*) as n from rows' })
    expect([acknowledged, acknowledged + 1]).toContain(Number(row?.n))
    expect(acknowledged).toBeGreaterThan(0)
    await database.close()
  })
})
