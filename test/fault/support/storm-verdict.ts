import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '@writ/database'
import { LogReader, type LogTables, verifyLedger } from '@writ/event-log'
import type { LedgerName } from '@writ/kernel'

export interface StormVerdict {
  readonly entries: number
  readonly head: string
  readonly acknowledged: number
  /** What is wrong, one sentence each; empty when the log kept every promise. */
  readonly faults: readonly string[]
}

/** Ids that were acknowledged, from every file of the directory. A line cut short by kill -9 was never counted. */
const acknowledgedIds = (directory: string): readonly string[] =>
  readdirSync(directory).flatMap((name) =>
    readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1),
  )

const PAGE = 5_000

/** How often each event id stands in the ledger. @throws LogGap where positions are not contiguous */
const storedIds = async (
  database: Database,
  ledger: LedgerName,
): Promise<ReadonlyMap<string, number>> => {
  const reader = new LogReader(database.kysely<LogTables>())
  const stored = new Map<string, number>()
  for (let after = 0; ; ) {
    const page = await reader.page(ledger, after, PAGE)
    for (const { text } of page) {
      const { id } = JSON.parse(text) as { id: string }
      stored.set(id, (stored.get(id) ?? 0) + 1)
    }
    after += page.length
    if (page.length < PAGE) return stored
  }
}

/** One linear chain, contiguous, with every acknowledged event in it exactly once. */
export const stormVerdict = async (
  database: Database,
  ledger: LedgerName,
  directory: string,
): Promise<StormVerdict> => {
  const { entries, head, findings, findingCount } = await verifyLedger(
    database.kysely<LogTables>(),
    ledger,
    { depth: 'full', now: () => performance.now() },
  )
  const stored = await storedIds(database, ledger)
  const acknowledged = acknowledgedIds(directory)
  const faults = findings
    .slice(0, 10)
    .map(({ code, position }) => `${code} at position ${position}, of ${findingCount} findings`)
  const lost = acknowledged.filter((id) => !stored.has(id))
  if (lost.length > 0) faults.push(`${lost.length} acknowledged events are lost: ${lost[0]}`)
  const doubled = [...stored].filter(([, count]) => count > 1)
  if (doubled.length > 0) faults.push(`${doubled.length} events stand twice: ${doubled[0]?.[0]}`)
  return { entries, head, acknowledged: acknowledged.length, faults }
}
