import { setTimeout as sleep } from 'node:timers/promises'
import { binaryArray } from '@writ/kernel'
import { sql } from 'kysely'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../../test/support/test-databases.ts'
import type { Database } from './database.ts'
import { isSqlError, kyselyOver, TransactionRolledBack } from './index.ts'

const A_UUID = '0192d3c4-5e6f-7000-8000-00000000002a'
const NOON = new Date('2026-03-01T12:00:00.123Z')

describeOnBothDatabases('the SQL port', (open) => {
  let opened: TestDatabase
  let owner: Database

  beforeAll(async () => {
    opened = await open()
    owner = opened.owner
    await owner.script(`
      create table public.things (id integer primary key, note text);
      grant all on public.things to writ_app;
    `)
  })

  const one = async (text: string, ...values: unknown[]): Promise<Record<string, unknown>> =>
    (await opened.database.query<Record<string, unknown>>({ text, values }))[0] ?? {}

  it('gives each type of column its one JavaScript form', async () => {
    const row =
      await one(`select 9007199254740993::int8 as big, 7::int4 as small, 1.50::numeric as exact,
      1.5::float8 as inexact, true as yes, '\\x00ff'::bytea as bytes, '{"a": [1, null]}'::jsonb as document,
      timestamptz '2026-03-01 12:00:00.123Z' as at, date '2026-03-01' as day, timestamp '2026-03-01 12:00' as local,
      interval '1 day' as span, null::int8 as nothing, '${A_UUID}'::uuid as id, 'text' as text`)
    expect(row).toEqual({
      big: 9007199254740993n,
      small: 7,
      exact: '1.50',
      inexact: 1.5,
      yes: true,
      bytes: Buffer.from([0, 255]),
      document: { a: [1, null] },
      at: NOON,
      day: '2026-03-01',
      local: '2026-03-01 12:00:00',
      span: '1 day',
      nothing: null,
      id: A_UUID,
      text: 'text',
    })
  })

  it('takes parameters of each type, null and undefined included', async () => {
    const row = await one(
      `select $1::int8 as big, $2::bytea as bytes, $3::jsonb as document, $4::timestamptz as at, $5::boolean as yes,
        $6::text as nothing, $7::text as missing, $8::uuid as id, $9::float8 as inexact, $10::bytea as empty`,
      ...[2n ** 62n, new Uint8Array([0, 255]), { a: 1 }, NOON, true, null, undefined, A_UUID, 0.1],
      new Uint8Array(0),
    )
    expect(row).toEqual({
      big: 2n ** 62n,
      bytes: Buffer.from([0, 255]),
      document: { a: 1 },
      at: NOON,
      yes: true,
      nothing: null,
      missing: null,
      id: A_UUID,
      inexact: 0.1,
      empty: Buffer.alloc(0),
    })
  })

  const AWKWARD = [
    '',
    'NULL',
    null,
    'a,b',
    '{}',
    '"quoted"',
    'back\\slash',
    ' space ',
    'Ελλάδα 🜁',
    '\n',
  ]
  const ARRAYS: readonly (readonly [type: string, values: readonly unknown[]])[] = [
    ['text[]', AWKWARD],
    ['int8[]', [1n, null, -(2n ** 63n)]],
    ['int4[]', [1, null, -2147483648]],
    ['bytea[]', [Buffer.from([0, 1, 255]), null, Buffer.alloc(0)]],
    ['uuid[]', [A_UUID, null]],
    ['boolean[]', [true, null, false]],
    ['timestamptz[]', [NOON, null]],
    ['jsonb[]', [{ a: 'x"y' }, null, 1]],
    ['text[]', []],
    ['int8[]', [null]],
  ]
  it.each(ARRAYS)('brings %s there and back', async (type, values) => {
    expect(await one(`select $1::${type} as back`, values)).toEqual({ back: values })
  })

  it.each([
    ['text', AWKWARD],
    ['int8', [1n, null, -(2n ** 63n)]],
    ['int4', [1, null, -2147483648]],
    ['bytea', [Buffer.from([0, 1, 255]), null, Buffer.alloc(0)]],
    ['uuid', [A_UUID, null]],
    ['bool', [true, null, false]],
    ['text', []],
    ['text', [null]],
  ] as const)('brings a binary array of %s there and back', async (type, values) => {
    const array = binaryArray(type, values as never)
    expect(await one(`select $1::${type}[] as back`, array)).toEqual({ back: values })
  })

  it('takes the arrays of a large batch: 3,000 texts and hashes', async () => {
    const texts = Array.from({ length: 3_000 }, (_, i) => `{"n":${i},"x":"${'é"\\'.repeat(400)}"}`)
    const hashes = texts.map((_, i) => Buffer.alloc(32, i))
    const query = `select count(*) as n, sum(octet_length(t)) as bytes, sum(octet_length(h)) as hash_bytes
      from unnest($1::text[], $2::bytea[]) as u(t, h)`
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    const expected = { n: 3_000n, bytes: BigInt(bytes), hash_bytes: 96_000n }
    expect(await one(query, texts, hashes)).toEqual(expected)
    const binary = [binaryArray('text', texts), binaryArray('bytea', hashes)]
    expect(await one(query, ...binary)).toEqual(expected)
  })

  it('answers many queries that are asked at once, each with its own rows', async () => {
    const asked = Array.from({ length: 200 }, (_, i) => one('select $1::int4 as n', i))
    expect(await Promise.all(asked)).toEqual(asked.map((_, n) => ({ n })))
  })

  it('keeps a named statement, however often it is used', async () => {
    const statement = { name: 'twice', text: 'select $1::int4 * 2 as n' }
    for (const n of [1, 2, 3]) {
      const rows = await opened.database.query({ ...statement, values: [n] })
      expect(rows).toEqual([{ n: n * 2 }])
    }
  })

  it('commits what a transaction wrote, and not what a rejected one wrote', async () => {
    const add = (id: number) => ({ text: 'insert into things (id) values ($1)', values: [id] })
    expect(await opened.database.transaction(async (tx) => (await tx.query(add(1))).length)).toBe(0)
    const failed = opened.database.transaction(async (tx) => {
      await tx.query(add(2))
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    expect(await one('select array_agg(id) as ids from things')).toEqual({ ids: [1] })
  })

  it('runs a transaction at READ COMMITTED', async () => {
    const rows = await opened.database.transaction((tx) =>
      tx.query({ text: "select current_setting('transaction_isolation') as level" }),
    )
    expect(rows).toEqual([{ level: 'read committed' }])
  })

  it('rejects a transaction whose failed command was swallowed, because COMMIT rolled back', async () => {
    const swallowed = opened.database.transaction(async (tx) => {
      await tx.query({ text: 'insert into things (id) values (3)' })
      await tx.query({ text: 'select 1 / 0' }).catch(() => {})
    })
    await expect(swallowed).rejects.toThrow(TransactionRolledBack)
    expect(await one('select id from things where id = 3')).toEqual({})
  })

  it('refuses a `tx` that is used after its transaction', async () => {
    let kept: { query(statement: { text: string }): Promise<unknown> } | undefined
    await opened.database.transaction(async (tx) => {
      kept = tx
    })
    await expect(kept?.query({ text: 'select 1' })).rejects.toThrow('transaction has ended')
  })

  it('keeps the SQLSTATE and the constraint of an error, and goes on', async () => {
    const twice = { text: 'insert into things (id) values (10), (10)' }
    const error = await opened.database.query(twice).catch((caught: unknown) => caught)
    expect(isSqlError(error)).toBe(true)
    expect(error).toMatchObject({ code: '23505', constraint: 'things_pkey' })
    await expect(opened.database.query({ text: 'selec 1' })).rejects.toMatchObject({
      code: '42601',
    })
    expect(await one('select 1 as n')).toEqual({ n: 1 })
  })

  it('runs one command a query, and several in a script', async () => {
    const two = 'insert into things (id) values (20); insert into things (id) values (21)'
    await expect(opened.database.query({ text: two })).rejects.toMatchObject({ code: '42601' })
    await opened.database.script(two)
    expect(await one('select count(*) as n from things where id in (20, 21)')).toEqual({ n: 2n })
  })

  it('runs under the app role, which cannot create anything', async () => {
    expect(await one('select current_user::text as me')).toEqual({ me: 'writ_app' })
    const attempt = opened.database.query({ text: 'create schema mine' })
    await expect(attempt).rejects.toMatchObject({ code: '42501' })
  })

  it.each([['begin', 'a command on the root opened a transaction']])(
    'refuses `%s` outside of `transaction`',
    async (text, message) => {
      await expect(opened.database.query({ text })).rejects.toThrow(message)
      expect(await one('select pg_current_xact_id_if_assigned() is null as clean')).toEqual({
        clean: true,
      })
    },
  )

  it.each([
    ['query', () => opened.database.query({ text: 'select 1' })],
    ['transaction', () => opened.database.transaction(async () => {})],
    ['notify', () => opened.database.notify('channel', '')],
    ['listen', () => opened.database.listen('channel', () => {})],
  ] as const)(
    'refuses %s on the root inside its own transaction, instead of waiting for ever',
    async (_, use) => {
      const inside = opened.database.transaction(async () => use())
      await expect(inside).rejects.toThrow('inside one of its own transactions')
    },
  )

  it('lets work go on that a transaction started and that outlived it', async () => {
    let later: Promise<unknown> | undefined
    await opened.database.transaction(async () => {
      later = sleep(50).then(() => one('select 1 as n'))
    })
    expect(await later).toEqual({ n: 1 })
  })

  it('brings hints to every connection that listens, until it stops', async () => {
    const other = await opened.open()
    const heard: string[] = []
    const stop = await opened.database.listen('A channel', (payload) =>
      heard.push(`own ${payload}`),
    )
    await other.listen('A channel', (payload) => heard.push(`other ${payload}`))
    await other.notify('A channel', '41')
    await expect.poll(() => heard.toSorted()).toEqual(['other 41', 'own 41'])
    await stop()
    await opened.database.notify('A channel', '42')
    await expect.poll(() => heard).toContain('other 42')
    expect(heard).not.toContain('own 42')
  })

  it('builds typed queries over the same port, transactions included', async () => {
    interface Schema {
      things: { id: number; note: string | null }
    }
    const db = opened.database.kysely<Schema>()
    await db.insertInto('things').values({ id: 30, note: 'a' }).execute()
    await opened.database.transaction(async (tx) => {
      const changed = await kyselyOver<Schema>(tx)
        .updateTable('things')
        .set({ note: 'b' })
        .where('id', '=', 30)
        .executeTakeFirst()
      expect(changed.numUpdatedRows).toBe(1n)
    })
    expect(await db.selectFrom('things').select('note').where('id', '=', 30).execute()).toEqual([
      { note: 'b' },
    ])
    expect((await sql<{ n: number }>`select ${5}::int4 as n`.execute(db)).rows).toEqual([{ n: 5 }])
    const refused = db.transaction().execute(async () => {})
    await expect(refused).rejects.toThrow('kyselyOver(tx)')
  })
})
