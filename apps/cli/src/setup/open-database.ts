import {
  APP_ROLE,
  type Database,
  migrateCheck,
  migrateUp,
  OWNER,
  openEmbeddedDatabase,
  openServerDatabase,
} from '@writ/database'
import { BadConfig, type Config } from './config.ts'

/** Connections of one process. The committers need one a busy ledger; reads share the rest. */
const POOL_MAX = 16

/** The database under the app role, which may execute and select and nothing more. */
export const openDatabase = (config: Config): Promise<Database> => open(config, APP_ROLE)

/** The database under the role that owns the tables; for migrations only, closed before anything else runs. */
export const openAsOwner = (config: Config): Promise<Database> => open(config, OWNER)

const open = (config: Config, role: string): Promise<Database> => {
  const url = role === OWNER ? (config.ownerUrl ?? config.databaseUrl) : config.databaseUrl
  return url === undefined
    ? openEmbeddedDatabase({
        home: config.home,
        role,
        ...(config.cache === undefined ? {} : { cache: config.cache }),
      })
    : openServerDatabase({ url, role, poolMax: POOL_MAX })
}

/**
 * Brings the schema up to date where this process may: always on the embedded database, on a server in development or
 * with DATABASE_OWNER_URL. Elsewhere pending migrations stop the start.
 */
export const migrateBeforeStart = async (config: Config): Promise<readonly string[]> => {
  const mayMigrate = config.profile === 'development' || config.ownerUrl !== undefined
  const owner = await openAsOwner(config)
  try {
    if (mayMigrate) return await migrateUp(owner)
    const findings = await migrateCheck(owner)
    if (findings.length > 0) {
      throw new BadConfig([
        `the schema is not the one of this release (${findings.length} findings): run writ migrate up with DATABASE_OWNER_URL`,
      ])
    }
    return []
  } finally {
    await owner.close()
  }
}
