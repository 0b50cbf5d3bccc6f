import { setTimeout as sleep } from 'node:timers/promises'
import { PROJECTIONS } from '@writ/projections'
import {
  askReplay,
  cancelRebuild,
  type ParkedEvent,
  type Projection,
  type ProjectionStatus,
  type ProjectionVerification,
  parkedEvents,
  projectionStatus,
  startRebuild,
  verifyProjection,
} from '@writ/projector'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { type Progress, progress } from '../progress.ts'
import { projectorOf } from '../setup/projector.ts'
import type { Runtime } from '../setup/runtime.ts'
import { withRuntime } from '../setup/with-runtime.ts'

/** Lists every read model with its build, position and lag. */
export const projectionsStatus = (options: OutputOptions): Promise<void> =>
  withRuntime(async ({ database }) => {
    const status = await projectionStatus(database)
    if (options.json) printJson({ projections: status })
    else if (status.length === 0) print('No read model was built yet. Run writ start.')
    else for (const one of status) print(statusLine(one))
  })

const statusLine = (one: ProjectionStatus): string => {
  const lag =
    one.lagEvents === 0 ? 'level' : `${one.lagEvents} behind, ${one.lagSeconds.toFixed(1)} s`
  const parked = one.parked === 0 ? '' : `, ${one.parked} parked`
  return `${one.name} v${one.version} build ${one.build} (${one.state}) on ${one.ledger}: position ${one.position}, ${lag}${parked}`
}

export interface RebuildOptions extends OutputOptions {
  readonly cancel?: boolean
}

/** Rebuilds read models beside those that serve, or cancels what is being rebuilt. */
export const projectionsRebuild = (
  names: readonly string[],
  options: RebuildOptions,
): Promise<void> =>
  withRuntime(async (runtime) => {
    const chosen = chosenOf(names)
    if (options.cancel === true) {
      const cancelled: string[] = []
      for (const { name } of chosen) {
        if (await cancelRebuild(runtime.database, name)) cancelled.push(name)
      }
      if (options.json) printJson({ cancelled })
      else
        print(
          cancelled.length === 0
            ? 'Nothing was being rebuilt.'
            : `Cancelled: ${cancelled.join(', ')}`,
        )
      return
    }
    const swaps = await rebuild(runtime, chosen, progress('rebuild', options.json === true))
    if (options.json) printJson({ rebuilt: swaps })
    else
      for (const { name, build, seconds } of swaps)
        print(`${name}: build ${build} serves after ${seconds} s`)
  })

interface Rebuilt {
  readonly name: string
  readonly build: number
  readonly seconds: number
  /** How long readers could wait at the swap; absent where another worker made it. */
  readonly swapMs?: number
}

/**
 * This process folds as one worker among others, so it works with a server running and without. What is interrupted
 * goes on with the next call, from where it stood.
 */
const rebuild = async (
  runtime: Runtime,
  chosen: readonly Projection[],
  bar: Progress,
): Promise<readonly Rebuilt[]> => {
  const faults: unknown[] = []
  const swapMs = new Map<string, number>()
  const worker = projectorOf(runtime.database, {
    onFault: (fault) => faults.push(fault),
    onSwap: ({ name }, { ms }) => swapMs.set(name, Math.round(ms * 100) / 100),
  })
  const started = performance.now()
  const wanted = new Map<string, number>()
  for (const projection of chosen) {
    const { build, resumed } = await startRebuild(runtime.database, projection)
    if (resumed) process.stderr.write(`${projection.name}: goes on with build ${build}\n`)
    wanted.set(projection.name, build)
  }
  const done: Rebuilt[] = []
  worker.start()
  try {
    while (wanted.size > 0) {
      await sleep(100)
      const status = await projectionStatus(runtime.database)
      const building = status.filter(({ name, build }) => wanted.get(name) === build)
      for (const [name, build] of wanted) {
        const rows = building.filter((one) => one.name === name)
        if (rows.length === 0)
          throw new CommandFailed(EXIT.checkFailed, `The rebuild of ${name} was cancelled.`)
        if (rows.some(({ state }) => state !== 'live')) continue
        wanted.delete(name)
        const ms = swapMs.get(name)
        done.push({
          name,
          build,
          seconds: Math.round((performance.now() - started) / 100) / 10,
          ...(ms === undefined ? {} : { swapMs: ms }),
        })
      }
      bar.update(
        building.reduce((sum, { position }) => sum + position, 0),
        building.reduce((sum, { head }) => sum + head, 0),
      )
      if (faults.length > 0) throw faults[0]
    }
    return done
  } finally {
    bar.stop()
    await worker.stop()
  }
}

/** Folds read models from the first entry on and compares them with what serves; exit 1 when a row differs. */
export const projectionsVerify = (
  names: readonly string[],
  options: OutputOptions,
): Promise<void> =>
  withRuntime(async ({ database, deps }) => {
    const results: ProjectionVerification[] = []
    for (const projection of chosenOf(names)) {
      const bar = progress(`verify ${projection.name}`, options.json === true)
      try {
        const onProgress = (done: number, of: number): void => bar.update(done, of)
        results.push(
          await verifyProjection({ database, source: deps.reader, onProgress }, projection),
        )
      } finally {
        bar.stop()
      }
    }
    if (options.json) printJson({ projections: results })
    else for (const one of results) print(verificationLines(one))
    if (results.some(({ differenceCount }) => differenceCount > 0)) {
      throw new CommandFailed(EXIT.checkFailed, '')
    }
  })

const verificationLines = (one: ProjectionVerification): string =>
  one.differenceCount === 0
    ? `${one.name}: ${one.rows} rows equal a fold from the first entry on`
    : [
        `${one.name}: ${one.differenceCount} rows differ; run writ projections rebuild ${one.name}`,
        ...one.differences.map(
          ({ table, ledger, side, row }) =>
            `  ${side === 'live' ? 'served' : 'folded'} ${table} ${ledger} ${String(row)}`,
        ),
      ].join('\n')

export interface ParkedOptions extends OutputOptions {
  readonly replay?: string
}

/** Lists events that a fold refused, or asks for one to be folded again. */
export const projectionsParked = (options: ParkedOptions): Promise<void> =>
  withRuntime(async ({ database }) => {
    if (options.replay !== undefined) {
      const [name, position] = options.replay.split(':')
      const asked = await askReplay(database, { name: name ?? '', position: Number(position) })
      if (asked === 0) {
        throw new CommandFailed(
          EXIT.usage,
          `Nothing is parked as ${options.replay}. List what is: writ projections parked`,
        )
      }
      if (options.json) printJson({ asked })
      else print('Asked for. The worker that holds it folds it within a second; list again to see.')
      return
    }
    const parked = await parkedEvents(database)
    if (options.json) printJson({ parked })
    else if (parked.length === 0) print('Nothing is parked.')
    else for (const one of parked) print(parkedLine(one))
  })

const parkedLine = (one: ParkedEvent): string =>
  `${one.name}:${one.position} ${one.type} on ${one.ledger}, ${one.attempts} tries${one.replay ? ', replay asked' : ''}: ${one.reason}`

/** Read models by name; all when none is named. */
const chosenOf = (names: readonly string[]): readonly Projection[] => {
  const unknown = names.filter((name) => !PROJECTIONS.some((one) => one.name === name))
  if (unknown.length > 0) {
    const known = PROJECTIONS.map(({ name }) => name).join(', ')
    throw new CommandFailed(
      EXIT.usage,
      `There is no read model ${unknown.join(', ')}. Known: ${known}`,
    )
  }
  return names.length === 0 ? PROJECTIONS : PROJECTIONS.filter(({ name }) => names.includes(name))
}
