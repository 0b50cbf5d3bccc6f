import { APP_ROLE, type Database, openServerDatabase } from '@writ/database'
import { type Entry, LogReader, type LogTables, parseEntry } from '@writ/event-log'
import { type LedgerName, mainLedger } from '@writ/kernel'
import { afterAll } from 'vitest'
import type { Environment } from './writ.ts'

export const ACME = mainLedger('acme')

/** An entry with its hash. */
export type Hashed = Entry & { readonly hash: string }

const opened: Database[] = []

afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()))
})

/** One more connection to an installation's server, as any other process would have. */
export const connect = async (
  { DATABASE_URL: url = '' }: Environment,
  role: string = APP_ROLE,
): Promise<Database> => {
  const database = await openServerDatabase({ url, role })
  opened.push(database)
  return database
}

/** Every entry of a ledger after a position, as the log has it: no process of Writ stands between. */
export const entriesOf = async (
  database: Database,
  ledger: LedgerName = ACME,
  after = 0,
): Promise<readonly Hashed[]> => {
  const reader = new LogReader(database.kysely<LogTables>())
  const entries: Hashed[] = []
  for (;;) {
    const page = await reader.page(ledger, after + entries.length, 5_000)
    entries.push(...page.map((stored) => ({ ...parseEntry(stored), hash: stored.hash })))
    if (page.length < 5_000) return entries
  }
}

export const decisionsIn = (entries: readonly Hashed[]): readonly Hashed[] =>
  entries.filter(({ type, stream }) => type === 'DecisionMade' && stream.startsWith('decision:'))

/** What a recorded decision came out as. */
export const verdictOf = ({ data }: Hashed): { outcome: string; autonomyLevel: string } =>
  (data as { decided: { outcome: string; autonomyLevel: string } }).decided
