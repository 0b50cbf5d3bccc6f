import type { Unit } from './unit.ts'

/** Units that one page serves: those that stand within a page of the hindmost. A far rebuild reads pages of its own. */
export const unitGroups = (units: readonly Unit[], near: number): readonly (readonly Unit[])[] => {
  const sorted = [...units].sort((a, b) => a.position - b.position || order(a, b))
  const found: Unit[][] = []
  for (const unit of sorted) {
    const last = found.at(-1)
    if (last !== undefined && unit.position - (last[0] as Unit).position < near) last.push(unit)
    else found.push([unit])
  }
  // Rows of checkpoints are locked in one order everywhere.
  return found.map((group) => group.sort(order))
}

const order = (a: Unit, b: Unit): number =>
  a.projection.name < b.projection.name
    ? -1
    : a.projection.name > b.projection.name
      ? 1
      : a.build.build - b.build.build
