import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { runModule } from '../../../test/support/child-process.ts'
import {
  cloneDatabase,
  describeOnBothDatabases,
  describeOnServer,
  type TestDatabase,
} from '../../../test/support/test-databases.ts'
import type { Database } from './database.ts'
import {
  MIGRATIONS_DIRECTORY,
  MigrationRefused,
  MigrationUnreadable,
  migrateCheck,
  migrateDown,
  migrateUp,
  migrationStatus,
  openServerDatabase,
  readMigrations,
  schemaSnapshot,
} from './index.ts'

const CREATE_NOTES = `-- why:   a first table
-- locks: none, new
-- up
create schema demo;
create table demo.notes (id integer not null, constraint notes_pk primary key (id));
-- include: functions/count.sql
-- down
drop function demo.count_notes();
drop table demo.notes;
drop schema demo;
`
const COUNT_FUNCTION = `create function demo.count_notes() returns bigint language sql as $$
  select count(*) from demo.notes; -- two commands; one text
$$;
`
const ADD_TEXT = `-- why:   notes want text
-- locks: short exclusive lock on demo.notes
-- breaking: code of 0001 inserts without text
-- up
alter table demo.notes add column text text not null default '';
insert into demo.notes (id, text) values (1, 'one');
-- down
delete from demo.notes;
alter table demo.notes drop column text;
`
const BROKEN = `-- why:   fails half way
-- locks: none
-- up
create table demo.half (id integer);
select 1 / 0;
-- down
drop table demo.half;
`

const migrationsOf = (files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(inject('testDatabases').scratch, 'migrations-'))
  mkdirSync(join(directory, 'functions'))
  for (const [name, text] of Object.entries({ 'functions/count.sql': COUNT_FUNCTION, ...files })) {
    writeFileSync(join(directory, name), text)
  }
  return directory
}

const TWO = { '0001_create_notes.sql': CREATE_NOTES, '0002_add_text.sql': ADD_TEXT }

describeOnBothDatabases('migrations', (open) => {
  let opened: TestDatabase
  let owner: Database
  let emptySchema: string

  beforeAll(async () => {
    opened = await open()
    owner = opened.owner
    await migrateDown(owner, { to: 0 })
    emptySchema = await schemaSnapshot(owner)
  })

  // Each test leaves the database as empty as it found it, whatever it did.
  afterEach(async () => {
    await owner.script('drop schema if exists demo cascade; drop table if exists writ_migration')
  })

  it('leaves nothing but roles behind when everything is taken back', () => {
    expect(emptySchema).toBe('schema public\n')
  })

  it('applies each migration once, in order, includes and several commands in one text', async () => {
    const directory = migrationsOf(TWO)
    expect(await migrationStatus(owner, { directory })).toMatchObject([
      { name: '0001_create_notes', state: 'pending', breaking: undefined },
      { name: '0002_add_text', state: 'pending', breaking: 'code of 0001 inserts without text' },
    ])
    expect(await migrateUp(owner, { directory })).toEqual(['0001_create_notes', '0002_add_text'])
    expect(await migrateUp(owner, { directory })).toEqual([])
    expect(await owner.query({ text: 'select demo.count_notes() as n' })).toEqual([{ n: 1n }])
    expect(await migrateCheck(opened.database, { directory })).toEqual([])
  })

  it('comes back to the same schema after down and up again', async () => {
    const directory = migrationsOf(TWO)
    await migrateUp(owner, { directory })
    const before = await schemaSnapshot(owner)
    expect(await migrateDown(owner, { directory, to: 1 })).toEqual(['0002_add_text'])
    expect(await schemaSnapshot(owner)).not.toBe(before)
    await migrateUp(owner, { directory })
    expect(await schemaSnapshot(owner)).toBe(before)
    await migrateDown(owner, { directory, to: 0 })
    expect(await schemaSnapshot(owner)).toBe(emptySchema)
  })

  it('applies a failing migration not at all, and keeps those before it', async () => {
    const directory = migrationsOf({ ...TWO, '0003_break_things.sql': BROKEN })
    await expect(migrateUp(owner, { directory })).rejects.toMatchObject({ code: '22012' })
    expect(await migrateCheck(owner, { directory })).toMatchObject([
      { code: 'migration-pending', name: '0003_break_things' },
    ])
    expect(await schemaSnapshot(owner)).not.toContain('demo.half')
  })

  it.each([
    ['the file', { ...TWO, '0001_create_notes.sql': CREATE_NOTES.replace('a first', 'the first') }],
    ['an included function', { ...TWO, 'functions/count.sql': `${COUNT_FUNCTION}-- changed\n` }],
  ])('refuses to go on when %s of an applied migration was changed', async (_, changed) => {
    await migrateUp(owner, { directory: migrationsOf({ '0001_create_notes.sql': CREATE_NOTES }) })
    const directory = migrationsOf(changed)
    await expect(migrateUp(owner, { directory })).rejects.toThrow(MigrationRefused)
    await expect(migrateDown(owner, { directory, to: 0 })).rejects.toThrow(MigrationRefused)
    expect(await migrateCheck(owner, { directory })).toMatchObject([
      { code: 'migration-changed', name: '0001_create_notes' },
      { code: 'migration-pending', name: '0002_add_text' },
    ])
  })

  it('refuses a database that a newer release has migrated', async () => {
    await migrateUp(owner, { directory: migrationsOf(TWO) })
    const directory = migrationsOf({ '0001_create_notes.sql': CREATE_NOTES })
    expect(await migrateCheck(owner, { directory })).toMatchObject([
      { code: 'migration-unknown', name: '0002_add_text' },
    ])
    await expect(migrateUp(owner, { directory })).rejects.toThrow('run a release that has it')
  })

  it("applies the repository's own migrations, takes them back, and gives the same schema again", async () => {
    await migrateUp(owner)
    const before = await schemaSnapshot(owner)
    await migrateDown(owner, { to: 0 })
    expect(await schemaSnapshot(owner)).toBe(emptySchema)
    await migrateUp(owner)
    expect(await schemaSnapshot(owner)).toBe(before)
    await migrateDown(owner, { to: 0 })
  })
})

describe('the schema on the two databases', () => {
  const snapshots: Record<string, string> = {}
  describeOnBothDatabases('a snapshot', (open, kind) => {
    it('tells tables, functions and grants', async () => {
      const { database } = await open()
      snapshots[kind] = await schemaSnapshot(database)
      expect(snapshots[kind]).toContain('table public.writ_migration')
      expect(snapshots[kind]).toContain('grant SELECT on public.writ_migration to public')
    })
  })
  afterAll(() => {
    const [one, other] = Object.values(snapshots)
    if (other !== undefined) expect(one).toBe(other)
  })
})

describeOnServer('two processes that migrate at once', (open) => {
  it('apply each migration once between them', async () => {
    await open()
    const url = await cloneDatabase('template1')
    const directory = migrationsOf({
      ...TWO,
      '0003_sleep_well.sql': BROKEN.replace('select 1 / 0', 'select pg_sleep(0.2)'),
    })
    const migrate = () =>
      runModule(`
        import { migrateUp, openServerDatabase } from '${new URL('./index.ts', import.meta.url)}'
        const database = await openServerDatabase({ url: ${JSON.stringify(url)} })
        console.log(JSON.stringify(await migrateUp(database, { directory: ${JSON.stringify(directory)} })))
        await database.close()
      `)
    const applied = (await Promise.all([migrate(), migrate(), migrate()])).flatMap((output) =>
      JSON.parse(output),
    )
    expect(applied.toSorted()).toEqual(['0001_create_notes', '0002_add_text', '0003_sleep_well'])
    const database = await openServerDatabase({ url })
    expect(await migrateCheck(database, { directory })).toEqual([])
    await database.close()
  })
})

describe('migration files', () => {
  it.each([
    ['0001_oops.sql', CREATE_NOTES, 'name it NNNN_verb_noun.sql'],
    ['0002_create_notes.sql', CREATE_NOTES, 'the number should be 0001'],
    ['0001_create_notes.sql', CREATE_NOTES.replace('-- why:', '-- because:'), '-- why: …'],
    ['0001_create_notes.sql', CREATE_NOTES.replace('-- locks:', '-- lock:'), '-- locks: …'],
    ['0001_create_notes.sql', CREATE_NOTES.replace('-- up\n', ''), 'a line `-- up` is missing'],
    [
      '0001_create_notes.sql',
      CREATE_NOTES.replace('-- down\n', '-- up\n'),
      'a line `-- down` is missing',
    ],
    ['0001_create_notes.sql', `${CREATE_NOTES}-- down\n`, 'stands there twice'],
    ['0001_create_notes.sql', `${CREATE_NOTES.split('drop')[0]}\n`, 'nothing stands under'],
    ['0001_create_notes.sql', CREATE_NOTES.replace('count.sql', 'gone.sql'), 'cannot be read'],
    ['0001_create_notes.sql', CREATE_NOTES.replace('functions/', '../'), 'lies outside'],
  ])('are refused with a reason: %s', async (name, text, reason) => {
    const reading = readMigrations(migrationsOf({ [name]: text }))
    await expect(reading).rejects.toThrow(MigrationUnreadable)
    await expect(reading).rejects.toThrow(reason)
  })

  it('of the repository can be read, and say why and what they lock', async () => {
    for (const migration of await readMigrations(MIGRATIONS_DIRECTORY)) {
      expect(migration.why, migration.name).not.toBe('')
      expect(migration.locks, migration.name).not.toBe('')
    }
  })
})
