import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  migrateUp,
  OWNER,
  openEmbeddedDatabase,
  openServerDatabase,
  readMigrations,
  stopEmbeddedHost,
} from '@writ/database'
import type { TestProject } from 'vitest/node'
import { NoPostgresServer, type PostgresServer, startPostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the tests find their databases; `noServer` says why the server lane is skipped. */
    testDatabases: TestDatabases
  }
}

export interface TestDatabases {
  /** For the superuser, with `{database}` in the place of the name. Undefined: no server. */
  readonly serverUrl: string | undefined
  readonly noServer: string | undefined
  /** The home of an embedded database, migrated and closed, to be copied. */
  readonly embeddedTemplate: string
  /** Where the tests put their homes. Short, and removed afterwards. */
  readonly scratch: string
}

/** Clones of this one get the migrated schema. Nobody is connected to it. */
export const TEMPLATE_DATABASE = 'writ_template'

/** Migrates one database of each kind, once for all test files of the project. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const scratch = mkdtempSync(join(tmpdir(), 'writ-t-'))
  const starting = serverLane()
  starting.catch(() => {})
  const embeddedTemplate = await migratedEmbeddedHome().catch(async (error) => {
    const server = await starting
    if (!(server instanceof NoPostgresServer)) await server.stop()
    throw error
  })
  const server = await starting
  const running = server instanceof NoPostgresServer ? undefined : server
  const noServer = server instanceof NoPostgresServer ? server.message : undefined
  if (noServer !== undefined) reportSkippedLane(noServer)
  project.provide('testDatabases', {
    serverUrl: running?.url('{database}'),
    noServer,
    embeddedTemplate,
    scratch,
  })
  return async () => {
    await running?.stop()
    for (const home of readdirSync(scratch)) await stopEmbeddedHost(join(scratch, home))
    rmSync(scratch, { recursive: true, force: true })
  }
}

const serverLane = async (): Promise<PostgresServer | NoPostgresServer> => {
  let server: PostgresServer
  try {
    server = await startPostgresServer()
  } catch (error) {
    if (error instanceof NoPostgresServer) return error
    throw error
  }
  try {
    await server.query(`create database ${TEMPLATE_DATABASE}`)
    const database = await openServerDatabase({ url: server.url(TEMPLATE_DATABASE) })
    await migrateUp(database)
    await database.close()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** What concurrency promises is proved on the server only: where CI runs, its absence is a failure. */
const reportSkippedLane = (why: string): void => {
  const line = `no real PostgreSQL, so its tests are skipped: ${why}`
  if (process.env.CI === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
}

/**
 * Creating an embedded database and migrating it costs seconds, copying it a tenth of one. The template is kept
 * between runs under a name made of everything it depends on, and appears there whole or not at all.
 */
const migratedEmbeddedHome = async (): Promise<string> => {
  const cache = join(import.meta.dirname, '../../.cache')
  const kept = join(cache, `embedded-${await templateDigest()}`)
  if (existsSync(kept)) return kept
  mkdirSync(cache, { recursive: true })
  const building = mkdtempSync(join(cache, 'building-'))
  try {
    const database = await openEmbeddedDatabase({ home: building, role: OWNER })
    await migrateUp(database).finally(() => database.close())
    await stopEmbeddedHost(building)
    if (!existsSync(kept)) renameSync(building, kept)
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return kept
}

const templateDigest = async (): Promise<string> => {
  const parts = [
    // Its exact pins name the engine.
    readFileSync(join(import.meta.dirname, '../../packages/database/package.json'), 'utf8'),
    ...(await readMigrations()).map(({ digest }) => digest),
  ]
  return createHash('sha256').update(parts.join()).digest('hex').slice(0, 16)
}
