import type { SqlRunner } from '@writ/kernel'
import type { Database, DatabaseRunner } from './database.ts'
import { MIGRATIONS_DIRECTORY, type Migration, readMigrations } from './migration-files.ts'

export interface MigrationOptions {
  /** Where the files lie; the repository's own `migrations/` when absent. */
  readonly directory?: string
}

export interface AppliedMigration {
  readonly name: string
  readonly digest: string
  readonly appliedAt: Date
}

export interface MigrationStatus {
  readonly name: string
  readonly state: 'applied' | 'pending' | 'changed' | 'unknown'
  readonly appliedAt: Date | undefined
  readonly breaking: string | undefined
}

/** Why the schema is not what the files say. */
export interface MigrationFinding {
  readonly code: 'migration-pending' | 'migration-changed' | 'migration-unknown'
  readonly name: string
  readonly message: string
}

/** The applied migrations are not the files. Nothing was changed. */
export class MigrationRefused extends Error {
  readonly findings: readonly MigrationFinding[]

  constructor(findings: readonly MigrationFinding[]) {
    super(findings.map((finding) => finding.message).join('\n'))
    this.name = 'MigrationRefused'
    this.findings = findings
  }
}

/** Any number that nothing else in this database locks by. "writ" in ASCII. */
const MIGRATION_LOCK = 0x77726974

/**
 * Applies what is pending, in order, each migration as a whole in a transaction of its own. Processes that start
 * together take turns under an advisory lock: each migration runs once, and the slower process finds nothing to do.
 *
 * @param database  of the owner: the app role may not create anything
 * @returns the names that this call applied
 * @throws MigrationRefused    an applied migration was changed or is unknown to this release
 * @throws MigrationUnreadable
 */
export const migrateUp = async (
  database: Database,
  options: MigrationOptions = {},
): Promise<readonly string[]> => {
  const migrations = await readMigrations(options.directory ?? MIGRATIONS_DIRECTORY)
  await database.transaction(async (tx) => {
    await takeTurn(tx)
    await createTableOnce(tx)
  })
  const done: string[] = []
  for (const migration of migrations) {
    if (await applyOnce(database, migrations, migration)) done.push(migration.name)
  }
  return done
}

/**
 * Takes back every migration above `to`, newest first. `to: 0` leaves an empty database: only the roles stay, because
 * they belong to the whole server.
 */
export const migrateDown = async (
  database: Database,
  options: MigrationOptions & { readonly to: number },
): Promise<readonly string[]> => {
  // Anything else compares as false with every number, and would take back all there is.
  if (!Number.isInteger(options.to) || options.to < 0) {
    throw new RangeError(
      `the last migration to keep must be a whole number from 0, not ${options.to}`,
    )
  }
  const migrations = await readMigrations(options.directory ?? MIGRATIONS_DIRECTORY)
  const done: string[] = []
  for (const migration of [...migrations].reverse()) {
    if (migration.number <= options.to) break
    if (await revertOnce(database, migrations, migration)) done.push(migration.name)
  }
  if (options.to === 0) {
    await database.transaction(async (tx) => {
      await takeTurn(tx)
      if (await hasTable(tx)) await tx.script('drop table public.writ_migration')
    })
  }
  return done
}

export const migrationStatus = async (
  database: SqlRunner,
  options: MigrationOptions = {},
): Promise<readonly MigrationStatus[]> => {
  const migrations = await readMigrations(options.directory ?? MIGRATIONS_DIRECTORY)
  return statusOf(migrations, await appliedMigrations(database))
}

/** Empty when the schema is exactly what the files say. */
export const migrateCheck = async (
  database: SqlRunner,
  options: MigrationOptions = {},
): Promise<readonly MigrationFinding[]> =>
  (await migrationStatus(database, options)).flatMap(findingsOf)

const applyOnce = (
  database: Database,
  migrations: readonly Migration[],
  migration: Migration,
): Promise<boolean> =>
  database.transaction(async (tx) => {
    await takeTurn(tx)
    const applied = await appliedMigrations(tx)
    refuseUnlessKnown(migrations, applied)
    if (applied.some(({ name }) => name === migration.name)) return false
    // The row first: a migration may end in another role. A crash before the commit leaves neither.
    await tx.query({
      text: 'insert into public.writ_migration (name, digest) values ($1, $2)',
      values: [migration.name, migration.digest],
    })
    await tx.script(migration.up)
    return true
  })

const revertOnce = (
  database: Database,
  migrations: readonly Migration[],
  migration: Migration,
): Promise<boolean> =>
  database.transaction(async (tx) => {
    await takeTurn(tx)
    const applied = await appliedMigrations(tx)
    refuseUnlessKnown(migrations, applied)
    if (!applied.some(({ name }) => name === migration.name)) return false
    await tx.query({
      text: 'delete from public.writ_migration where name = $1',
      values: [migration.name],
    })
    await tx.script(migration.down)
    return true
  })

/** Held until the transaction ends. Migrations may run long, so the limits of ordinary commands do not apply. */
const takeTurn = async (tx: DatabaseRunner): Promise<void> => {
  await tx.script("set local statement_timeout = '0'; set local lock_timeout = '0'")
  await tx.query({ text: 'select pg_advisory_xact_lock($1::bigint)', values: [MIGRATION_LOCK] })
  // A lock that a long query holds makes the migration fail, not the whole service queue up behind it.
  await tx.script("set local lock_timeout = '30s'")
}

const createTableOnce = async (tx: DatabaseRunner): Promise<void> => {
  if (await hasTable(tx)) return
  await tx.script(`
    create table public.writ_migration (
      name text not null,
      digest text not null,
      applied_at timestamptz not null default now(),
      applied_by text not null default current_user,
      constraint writ_migration_pkey primary key (name)
    );
    grant select on public.writ_migration to public;
  `)
}

const hasTable = async (runner: SqlRunner): Promise<boolean> => {
  const [row] = await runner.query<{ there: boolean }>({
    text: "select to_regclass('public.writ_migration') is not null as there",
  })
  return row?.there === true
}

const appliedMigrations = async (runner: SqlRunner): Promise<readonly AppliedMigration[]> =>
  (await hasTable(runner))
    ? runner.query<AppliedMigration>({
        text: 'select name, digest, applied_at as "appliedAt" from public.writ_migration order by name',
      })
    : []

const statusOf = (
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly MigrationStatus[] => {
  const known = migrations.map((migration): MigrationStatus => {
    const row = applied.find(({ name }) => name === migration.name)
    const state =
      row === undefined ? 'pending' : row.digest === migration.digest ? 'applied' : 'changed'
    const { name, breaking } = migration
    return { name, state, appliedAt: row?.appliedAt, breaking }
  })
  const unknown = applied
    .filter(({ name }) => !migrations.some((migration) => migration.name === name))
    .map(({ name, appliedAt }): MigrationStatus => {
      return { name, state: 'unknown', appliedAt, breaking: undefined }
    })
  return [...known, ...unknown]
}

const refuseUnlessKnown = (
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): void => {
  const findings = statusOf(migrations, applied)
    .flatMap(findingsOf)
    .filter(({ code }) => code !== 'migration-pending')
  if (findings.length > 0) throw new MigrationRefused(findings)
}

const findingsOf = ({ name, state }: MigrationStatus): readonly MigrationFinding[] => {
  switch (state) {
    case 'applied':
      return []
    case 'pending':
      return [
        {
          code: 'migration-pending',
          name,
          message: `migration ${name} is not applied; run: writ migrate up`,
        },
      ]
    case 'changed':
      return [
        {
          code: 'migration-changed',
          name,
          message: `migration ${name} was changed after it was applied; restore the file and write a new one`,
        },
      ]
    case 'unknown':
      return [
        {
          code: 'migration-unknown',
          name,
          message: `migration ${name} is applied but unknown here; run a release that has it`,
        },
      ]
  }
}
