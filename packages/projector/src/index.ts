export { foldInMemory } from './fold-in-memory.ts'
export { foldsEvent } from './folds-event.ts'
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
} from './projection.ts'
export { FoldDefect } from './row-store.ts'
