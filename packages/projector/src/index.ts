export { type Build, type BuildState, cancelRebuild, type Swap, startRebuild } from './builds.ts'
export { LEASE_SECONDS } from './commit-steps.ts'
export { foldInMemory } from './fold-in-memory.ts'
export { foldsEvent } from './folds-event.ts'
export { type EntrySource, foldedPage } from './page-folding.ts'
export type {
  Cell,
  Column,
  ColumnType,
  Effect,
  FoldedEvent,
  Projection,
  Row,
  RowKey,
  Rows,
  TableSpec,
  Upcast,
} from './projection.ts'
export {
  type ParkedEvent,
  type ProjectionStatus,
  parkedEvents,
  projectionStatus,
} from './projection-status.ts'
export { Projector, type ProjectorDeps } from './projector.ts'
export { askReplay } from './replay-parked.ts'
export { FoldDefect } from './row-store.ts'
export {
  type Difference,
  type ProjectionVerification,
  verifyProjection,
} from './verify-projection.ts'
