import { APP_ROLE, type Database } from '@writ/database'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { codesOf, item, openTestLog, orders, type TestLog } from './support/test-log.ts'

const REFUSED = '42501'
const BESIDE = ['log.heads', 'log.ledgers', 'log.control_entries', 'log.attachments']

describeOnBothDatabases('who may change the log', (open) => {
  let opened: TestDatabase
  let log: TestLog
  let reader: Database
  let writOwner: Database
  beforeAll(async () => {
    opened = await open()
    reader = await opened.open('writ_reader')
    writOwner = await opened.open('writ_owner')
    log = await openTestLog(opened.database)
    await log.append(orders(3))
  })

  /** The table, its 8 hash partitions and each leaf below them. */
  const entryTables = async (): Promise<readonly string[]> => {
    const rows = await opened.owner.query<{ name: string }>({
      text: "select relid::regclass::text as name from pg_partition_tree('log.entries') order by 1",
    })
    return rows.map(({ name }) => name)
  }
  const changesOf = (table: string): readonly string[] => [
    `update ${table} set tenant = tenant`,
    `delete from ${table}`,
    `truncate ${table} cascade`,
  ]
  const codeOf = (database: Database, text: string): Promise<string> =>
    database.query({ text }).then(
      () => 'done',
      (fault: { code?: string }) => String(fault.code),
    )

  it('40: the app role and the reader can UPDATE, DELETE and TRUNCATE nothing of the evidence', async () => {
    const tables = [...(await entryTables()), ...BESIDE]
    expect(tables.length).toBeGreaterThanOrEqual(1 + 8 + 8 + BESIDE.length)
    for (const table of tables) {
      for (const change of changesOf(table)) {
        expect([change, await codeOf(opened.database, change)]).toEqual([change, REFUSED])
        expect([change, await codeOf(reader, change)]).toEqual([change, REFUSED])
      }
    }
  })

  it('40: the app role and the reader can insert no evidence, and drop or detach nothing', async () => {
    const changes = [
      'insert into log.entries select * from log.entries',
      'insert into log.heads select * from log.heads',
      'insert into log.control_entries select * from log.control_entries',
      'alter table log.entries_0 detach partition log.entries_0_0',
      'drop table log.entries_0_0',
      'alter table log.entries disable trigger all',
      'set session_replication_role = replica',
      'create table log.mine (n integer)',
    ]
    for (const change of changes) {
      expect([change, await codeOf(opened.database, change)]).toEqual([change, REFUSED])
      expect([change, await codeOf(reader, change)]).toEqual([change, REFUSED])
    }
  })

  it('40: the reader cannot append, nor read keys, sealed values and ids', async () => {
    const hidden = ['subject_keys', 'sealed_values', 'issued_ids', 'append_keys', 'external_ids']
    for (const table of [...hidden, 'append_keys_default']) {
      expect(await codeOf(reader, `select from log.${table}`)).toBe(REFUSED)
    }
    const readerLog = await openTestLog(reader).catch((fault: { code?: string }) => fault.code)
    expect(readerLog).toBe(REFUSED)
    expect(await codeOf(reader, 'select from log.entries')).toBe('done')
  })

  it('40: triggers refuse the owner too, on the table, on each hash partition and on each leaf', async () => {
    for (const table of await entryTables()) {
      for (const change of changesOf(table)) {
        expect([change, await codeOf(opened.owner, change)]).toEqual([change, REFUSED])
        expect([change, await codeOf(writOwner, change)]).toEqual([change, REFUSED])
      }
    }
    expect(codesOf(await log.verify())).toEqual([])
  })

  it('40: triggers refuse the owner beside the entries; only the head row may be updated', async () => {
    for (const table of BESIDE) {
      for (const change of changesOf(table)) {
        const allowed = change.startsWith('update log.heads')
        expect([change, await codeOf(writOwner, change)]).toEqual([
          change,
          allowed ? 'done' : REFUSED,
        ])
      }
    }
    expect(codesOf(await log.verify())).toEqual([])
  })

  it('40: an owner can detach or drop a leaf: appends stop, the copy stays guarded, verify finds it', async () => {
    const [leaf] = await opened.owner.query<{ leaf: string; parent: string }>({
      text: `select e.tableoid::regclass::text as leaf, i.inhparent::regclass::text as parent
        from log.entries e join log.ledgers l using (ledger_no) join pg_inherits i on i.inhrelid = e.tableoid
        where l.ledger = $1 limit 1`,
      values: [log.ledger],
    })
    if (leaf === undefined) throw new Error('the ledger has no entries')
    const anchor = await log.anchor()
    await writOwner.script(`alter table ${leaf.parent} detach partition ${leaf.leaf}`)
    for (const change of changesOf(leaf.leaf)) expect(await codeOf(writOwner, change)).toBe(REFUSED)
    expect(codesOf(await log.verify([anchor]))).toEqual([
      'HEAD_MISMATCH 4',
      'HEAD_MISMATCH 4',
      'SIZE_REGRESSION 0',
    ])
    await expect(log.append([item()])).rejects.toMatchObject({ code: 'XX001' })
    await writOwner.script(
      `alter table ${leaf.parent} attach partition ${leaf.leaf} for values from (0) to (67108864)`,
    )
    expect(codesOf(await log.verify([anchor]))).toEqual([])
    expect((await log.append([item()])).status).toBe('appended')
    await writOwner.script(`drop table ${leaf.leaf}`)
    expect(codesOf(await log.verify([anchor]))).toContain('SIZE_REGRESSION 0')
    await expect(log.append([item()])).rejects.toMatchObject({ code: 'XX001' })
  })

  it('39: a connection bound to one tenant appends to no ledger of another', async () => {
    const other = await openTestLog(await opened.open(APP_ROLE), 'other/main' as never)
    const bound = opened.database.query({
      text: `with bound as materialized (select set_config('writ.tenant', 'acme', true))
        select a.statuses from bound, log.append('other/main', '{1}', '{1}', '{null}', array[gen_random_uuid()],
          array[null::uuid], '{X}', '{a}', '{b}', array[null::bytea], '{order:1}', null, null, now(),
          '{null}', '{null}', '{null}') a`,
    })
    await expect(bound).rejects.toMatchObject({ code: REFUSED })
    expect((await other.reader.head(other.ledger))?.position).toBe(1)
  })
})
