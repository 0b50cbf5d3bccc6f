import type { ReadyReport } from '@writ/commands'
import { type Database, migrateCheck } from '@writ/database'
import type { LogReader } from '@writ/event-log'
import { SYSTEM_CONTROL } from '@writ/kernel'

/** What `/ready` looks at: the database answers, its schema is this release's, and the log's head can be read. */
export const readiness =
  (database: Database, reader: LogReader) => async (): Promise<ReadyReport> => {
    const checks = {
      database: await check(async () => {
        await database.query({ text: 'select 1' })
        return `${database.kind} answers`
      }),
      migrations: await check(async () => {
        const findings = await migrateCheck(database)
        if (findings.length > 0) throw new Error(`${findings[0]?.message}; run writ migrate check`)
        return 'the schema is the one of this release'
      }),
      head: await check(async () => {
        const head = await reader.head(SYSTEM_CONTROL)
        if (head === undefined) throw new Error('system/control is not opened: run writ start')
        return `system/control at ${head.position}`
      }),
      vector: await vectorCheck(database),
    }
    return { ready: Object.values(checks).every((one) => one.ok), checks }
  }

const check = async (look: () => Promise<string>): Promise<{ ok: boolean; detail: string }> => {
  try {
    return { ok: true, detail: await look() }
  } catch (fault) {
    // Messages of drivers may hold a URL; the name of the fault is enough for a probe, the log has the rest.
    const own = fault instanceof Error && fault.constructor === Error
    return { ok: false, detail: own ? (fault as Error).message : (fault as Error).name }
  }
}

/** Optional: similar cases then go by brute force. Said, never a reason not to be ready. */
const vectorCheck = (database: Database): Promise<{ ok: boolean; detail: string }> =>
  check(async () => {
    const rows = await database.query({
      text: "select 1 from pg_extension where extname = 'vector'",
    })
    return rows.length > 0
      ? 'pgvector is installed'
      : 'pgvector is not installed; similar cases go by brute force'
  }).then((result) => ({ ...result, ok: true }))
