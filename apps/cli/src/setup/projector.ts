import { randomUUID } from 'node:crypto'
import type { Database } from '@writ/database'
import { LogReader, type LogTables } from '@writ/event-log'
import { PROJECTIONS } from '@writ/projections'
import { Projector, type ProjectorDeps } from '@writ/projector'
import { monotonic } from './system-clock.ts'

/** A worker that folds the log into the read models, under a name of its own. It needs nothing of the runtime. */
export const projectorOf = (
  database: Database,
  told: Pick<ProjectorDeps, 'onFault' | 'onSwap'>,
): Projector =>
  new Projector({
    database,
    source: new LogReader(database.kysely<LogTables>()),
    projections: PROJECTIONS,
    holder: randomUUID(),
    monotonic,
    ...told,
  })
