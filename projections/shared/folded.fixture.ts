import { type Cell, foldInMemory, type Projection, type Row } from '@writ/projector'
import { historyOf, type Told } from './history.fixture.ts'

/** Folds told events, and gives the rows of a table in the order of its key. */
export const folding =
  (projection: Projection) =>
  (told: readonly Told[]): ((table: string) => readonly Row[]) => {
    const rows = foldInMemory(projection, historyOf(told))
    return (table) => {
      const key = projection.tables.find(({ name }) => name === table)?.key ?? []
      return [...rows(table)].sort((a, b) => {
        const differing = key.find((column) => a[column] !== b[column])
        return differing === undefined ? 0 : order(a[differing] as Cell, b[differing] as Cell)
      })
    }
  }

const order = (a: Cell, b: Cell): number => ((a as string) < (b as string) ? -1 : 1)
