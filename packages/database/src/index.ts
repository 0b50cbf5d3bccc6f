export { APP_ROLE, type Database, type DatabaseRunner, OWNER, type SqlResult } from './database.ts'
export {
  type EmbeddedDatabaseOptions,
  openEmbeddedDatabase,
  stopEmbeddedHost,
} from './embedded-database.ts'
export { DatabaseLocked, EmbeddedStartFailed } from './embedded-start.ts'
export { kyselyOver } from './kysely-over.ts'
export {
  MIGRATIONS_DIRECTORY,
  type Migration,
  MigrationUnreadable,
  readMigrations,
} from './migration-files.ts'
export {
  type MigrationFinding,
  type MigrationOptions,
  MigrationRefused,
  type MigrationStatus,
  migrateCheck,
  migrateDown,
  migrateUp,
  migrationStatus,
} from './migrations.ts'
export { type SnapshotOptions, schemaSnapshot } from './schema-snapshot.ts'
export { openServerDatabase, type ServerDatabaseOptions } from './server-database.ts'
export {
  ConnectionFailure,
  isConnectionFailure,
  isSqlError,
  type SqlError,
  TransactionRolledBack,
} from './sql-errors.ts'
export { encodeParameter } from './sql-parameter.ts'
export { UsedInsideTransaction } from './transaction-guard.ts'
