import { randomUUID } from 'node:crypto'
import { PROJECTIONS } from '@writ/projections'
import { Projector, type ProjectorDeps } from '@writ/projector'
import type { Runtime } from './runtime.ts'
import { monotonic } from './system-clock.ts'

/** A worker that folds the log into the read models, under a name of its own. */
export const projectorOf = (
  { database, deps }: Pick<Runtime, 'database' | 'deps'>,
  told: Pick<ProjectorDeps, 'onFault' | 'onSwap'>,
): Projector =>
  new Projector({
    database,
    source: deps.reader,
    projections: PROJECTIONS,
    holder: randomUUID(),
    monotonic,
    ...told,
  })
