import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { schemaSnapshot } from '@writ/database'
import type { SqlRunner } from '@writ/kernel'

/** The schema of this release as text, one fact a line; made by its test with UPDATE_SNAPSHOT=1. */
export const SCHEMA_SNAPSHOT = fileURLToPath(
  new URL('../../../../migrations/schema.snapshot.sql', import.meta.url),
)

/**
 * What a live database has beyond its migrations: a partition a day, further ranges of positions, the builds of read
 * models, and pgvector where the server offers it.
 */
const OF_THE_LIVE_ONE = /\bappend_keys_\d{8}|\bentries_\d+_[1-9]|^extension vector$/
/** Everything in schema projection but the tables that the migrations made. */
const OF_A_BUILD = /\bprojection\.(?!(?:builds|checkpoints|effects|parked|workers)\b)/

/** What the schema of a database is, without what differs between two good ones; equals the committed snapshot. */
export const comparableSchema = async (runner: SqlRunner): Promise<string> => {
  const facts = (await schemaSnapshot(runner)).split('\n')
  return facts.filter((fact) => !OF_THE_LIVE_ONE.test(fact) && !OF_A_BUILD.test(fact)).join('\n')
}

export const committedSchema = (): string => readFileSync(SCHEMA_SNAPSHOT, 'utf8')
