import { randomBytes } from 'node:crypto'
import { constants, cpSync } from 'node:fs'
import { join } from 'node:path'
import {
  APP_ROLE,
  type Database,
  OWNER,
  openEmbeddedDatabase,
  openServerDatabase,
  type ServerDatabaseOptions,
  stopEmbeddedHost,
} from '@writ/database'
import pg from 'pg'
import { afterAll, describe, inject } from 'vitest'
import { TEMPLATE_DATABASE } from './test-databases.setup.ts'

/** A database of a test's own, migrated and otherwise empty. */
export interface TestDatabase {
  readonly kind: 'embedded' | 'server'
  /** As the running process has it: under the app role. */
  readonly database: Database
  /** As the superuser, who alone can tamper with evidence. */
  readonly owner: Database
  /** One more way in, such as another process would have. Closed with the others. */
  open(role?: string, options?: Partial<ServerDatabaseOptions>): Promise<Database>
  /** For a child process: `DATABASE_URL`, or `WRIT_HOME`. */
  readonly environment: Readonly<Record<string, string>>
}

export type OpenTestDatabase = () => Promise<TestDatabase>

/**
 * Defines the same tests on the embedded database and on a real server. `open` gives a fresh migrated database (half a
 * second embedded, a tenth on the server): call it in `beforeAll` and let tests use ledgers of their own.
 */
export const describeOnBothDatabases = (
  title: string,
  define: (open: OpenTestDatabase, kind: 'embedded' | 'server') => void,
): void => {
  describeOnEmbedded(title, (open) => define(open, 'embedded'))
  describeOnServer(title, (open) => define(open, 'server'))
}

/** What concurrency promises. Skipped, with one line that says why, where no server is found; a failure under CI. */
export const describeOnServer = (title: string, define: (open: OpenTestDatabase) => void): void => {
  describe.skipIf(inject('testDatabases').serverUrl === undefined)(`${title} (server)`, () => {
    define(closedAfterwards(openOnServer))
  })
}

export const describeOnEmbedded = (
  title: string,
  define: (open: OpenTestDatabase) => void,
): void => {
  describe(`${title} (embedded)`, () => define(closedAfterwards(openEmbedded)))
}

/** A clone of the migrated template, or of nothing at all. Returns its URL for the superuser. */
export const cloneDatabase = async (template: string = TEMPLATE_DATABASE): Promise<string> => {
  const name = `t_${randomBytes(6).toString('hex')}`
  const client = new pg.Client({ connectionString: serverUrl('postgres') })
  await client.connect()
  try {
    await client.query(`create database ${name} template ${template}`)
  } finally {
    await client.end()
  }
  return serverUrl(name)
}

/** A home of its own that holds nothing yet. Removed at the end of the run, its host stopped. */
export const emptyHome = (): string =>
  join(inject('testDatabases').scratch, randomBytes(6).toString('hex'))

/** A home with a migrated embedded database. */
export const migratedHome = (home: string = emptyHome()): string => {
  // Copied on write where the file system can.
  const options = { recursive: true, mode: constants.COPYFILE_FICLONE }
  cpSync(inject('testDatabases').embeddedTemplate, home, options)
  return home
}

const serverUrl = (database: string): string => {
  const { serverUrl: url, noServer } = inject('testDatabases')
  if (url === undefined) throw new Error(noServer)
  return url.replace(encodeURIComponent('{database}'), database).replace('{database}', database)
}

type Closing = TestDatabase & { close(): Promise<void> }

const closedAfterwards = (open: () => Promise<Closing>): OpenTestDatabase => {
  const opened: Closing[] = []
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()))
  })
  return async () => {
    const database = await open()
    opened.push(database)
    return database
  }
}

const openOnServer = async (): Promise<Closing> => {
  const url = await cloneDatabase()
  return openAll('server', { DATABASE_URL: url }, async (role, options) =>
    openServerDatabase({ url, ...(role === undefined ? {} : { role }), ...options }),
  )
}

const openEmbedded = async (): Promise<Closing> => {
  const home = migratedHome()
  const opened = await openAll('embedded', { WRIT_HOME: home }, async (role) =>
    openEmbeddedDatabase({ home, ...(role === undefined ? {} : { role }) }),
  )
  return {
    ...opened,
    close: async () => {
      await opened.close()
      await stopEmbeddedHost(home)
    },
  }
}

const openAll = async (
  kind: 'embedded' | 'server',
  environment: Readonly<Record<string, string>>,
  openOne: TestDatabase['open'],
): Promise<Closing> => {
  const all: Database[] = []
  const open: TestDatabase['open'] = async (role, options) => {
    const database = await openOne(role, options)
    all.push(database)
    return database
  }
  return {
    kind,
    database: await open(APP_ROLE),
    owner: await open(OWNER),
    open,
    environment,
    close: async () => {
      await Promise.all(all.map((database) => database.close()))
    },
  }
}
