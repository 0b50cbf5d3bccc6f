import type { SqlDatabase } from '@writ/kernel'
import { asProjector } from './builds.ts'
import { moveCheckpoint } from './commit-steps.ts'
import { type EntrySource, foldedPage } from './page-folding.ts'
import type { Unit } from './unit.ts'

/** Asks for parked events of one position to be folded again. Returns how many there are. */
export const askReplay = (
  database: SqlDatabase,
  asked: { readonly name: string; readonly position: number },
): Promise<number> =>
  asProjector(database, async (tx) => {
    if (!Number.isSafeInteger(asked.position)) return 0
    const rows = await tx.query({
      text: 'update projection.parked set replay = true where name = $1 and position = $2 returning 1 as asked',
      values: [asked.name, asked.position],
    })
    return rows.length
  })

interface Asked {
  readonly name: string
  readonly build: number
  readonly ledger: string
  readonly position: bigint
}

/**
 * Folds parked events again, where somebody asked for it, into the rows as they are now. It is done by the worker that
 * holds the unit, in the transaction that takes the event off the list; one that fails again stays, with its reason.
 */
export const replayParked = async (
  deps: {
    readonly database: SqlDatabase
    readonly source: EntrySource
    readonly onFault: (fault: unknown, what: string) => void
  },
  units: readonly Unit[],
): Promise<void> => {
  const asked = await deps.database.query<Asked>({
    name: 'projection-replays',
    text: 'select name, build, ledger, position from projection.parked where replay order by position',
  })
  for (const { name, build, ledger, position } of asked) {
    const unit = units.find(
      (one) => one.projection.name === name && one.build.build === build && one.ledger === ledger,
    )
    if (unit === undefined) continue
    try {
      await replayOne(deps, unit, Number(position))
    } catch (fault) {
      unit.forget()
      deps.onFault(fault, `folding position ${position} again into ${unit.label}`)
    }
  }
}

const replayOne = async (
  { database, source }: { readonly database: SqlDatabase; readonly source: EntrySource },
  unit: Unit,
  position: number,
): Promise<void> => {
  const entry = await source.at(unit.ledger, position)
  if (entry === undefined) return
  const page = await foldedPage(source, unit.ledger, [entry], [unit.projection])
  const parked = await unit.foldAgain(database, page)
  const step = unit.seal()
  await asProjector(database, async (tx) => {
    // The checkpoint stays where it is; moving it there proves that the lease is ours.
    await moveCheckpoint(tx, unit, { from: unit.position, to: unit.position })
    await unit.write(tx, step)
    const where = 'where name = $1 and build = $2 and ledger = $3 and position = $4'
    const place = [unit.projection.name, unit.build.build, unit.ledger, position]
    const [failed] = parked
    await tx.query(
      failed === undefined
        ? { text: `delete from projection.parked ${where}`, values: place }
        : {
            text: `update projection.parked set replay = false, attempts = attempts + $5, reason = $6 ${where}`,
            values: [...place, failed.attempts, failed.reason],
          },
    )
  })
  unit.settle(step)
}
