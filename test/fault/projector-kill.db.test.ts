import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LogReader, type LogTables } from '@writ/event-log'
import { PROJECTIONS } from '@writ/projections'
import {
  type Projection,
  parkedEvents,
  projectionStatus,
  startRebuild,
  verifyProjection,
} from '@writ/projector'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { decisionMade, outcomeRecorded } from '../../projections/shared/history.fixture.ts'
import { item, nextId, openTestLog, type TestLog } from '../conformance/support/test-log.ts'
import {
  leasesRunOut,
  sales,
  telling,
  totalsByHand,
  totalsOf,
} from '../conformance/support/test-projections.ts'
import { appendTold } from '../conformance/support/told-history.ts'
import { exitOf } from '../support/child-process.ts'
import { describeOnServer, type TestDatabase } from '../support/test-databases.ts'

const PROGRAM = join(import.meta.dirname, 'support/projector-worker.ts')
const KILLS = 12
/** From a worker's first turn to its death: in the middle of catching up, of a rebuild, of idling. Unit: ms. */
const LIFE_MS = { least: 20, most: 1_200 }
const PAUSES = 6
const MODELS: readonly Projection[] = [sales(), telling(), ...PROJECTIONS]
/** Rebuilt again and again, so that a kill finds a rebuild at some point of its way. */
const REBUILT = MODELS.filter(({ name }) =>
  ['test-sales', 'test-telling', 'decisions'].includes(name),
)
/** A dozen workers start, in half a second each, several times that on a loaded machine. Unit: ms. */
const PATIENCE_MS = 120_000

interface Worker {
  readonly child: ChildProcess
  readonly lines: { readonly holder: string; readonly fault?: string; readonly swapped?: string }[]
}

describeOnServer('workers that are killed or sleep', (open) => {
  let test: TestDatabase
  let log: TestLog
  let workers: Worker[]
  /** Of the last order: as many were placed. */
  let no: number
  beforeEach(async () => {
    test = await open()
    log = await openTestLog(test.database)
    workers = []
    no = 0
  })
  afterEach(() => {
    for (const { child } of workers) child.kill('SIGKILL')
  })

  const startWorker = async (): Promise<Worker> => {
    const child = spawn(process.execPath, [PROGRAM], {
      env: { ...process.env, ...test.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const worker: Worker = { child, lines: [] }
    workers.push(worker)
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() as string
      for (const line of lines) worker.lines.push(JSON.parse(line))
    })
    await expect.poll(() => worker.lines.length, { timeout: 20_000 }).toBeGreaterThan(0)
    return worker
  }

  const holderOf = ({ lines }: Worker): string => lines[0]?.holder as string

  const kill = async ({ child }: Worker): Promise<void> => {
    const ended = exitOf(child)
    child.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
  }

  const appendSome = async (count: number): Promise<void> => {
    await log.append(
      Array.from({ length: count }, () =>
        item({ stream: `order:${++no % 7}`, data: { cents: no } }),
      ),
    )
    const id = nextId()
    await appendTold(log, [decisionMade({ id, domain: `d${no % 3}` })])
    await appendTold(log, [outcomeRecorded({ decisionId: id })])
  }

  /** Appends, and rebuilds whatever is not being rebuilt, until it is told to stop. */
  const keepBusy = (): { readonly stop: () => Promise<number> } => {
    let stopped = false
    let rebuilds = 0
    const busy = (async () => {
      for (let turn = 0; !stopped; turn++) {
        await appendSome(15)
        if (turn > 10 && turn % 10 === 0) {
          for (const model of REBUILT) {
            if (!(await startRebuild(test.owner, model)).resumed) rebuilds++
          }
        }
        await sleep(60)
      }
    })()
    return {
      stop: async () => {
        stopped = true
        await busy
        return rebuilds
      },
    }
  }

  /** One live build of each read model, at the head, and nothing else. */
  const level = () =>
    expect
      .poll(
        async () => {
          const status = await projectionStatus(test.owner)
          const late = status.filter(({ state, lagEvents }) => state !== 'live' || lagEvents > 0)
          return { units: status.length, late }
        },
        { timeout: 40_000, interval: 100 },
      )
      .toEqual({ units: MODELS.length, late: [] })

  const salesLevel = () =>
    expect
      .poll(
        async () => {
          const status = await projectionStatus(test.owner)
          return status.find(({ name }) => name === 'test-sales')
        },
        { timeout: 20_000 },
      )
      .toMatchObject({ lagEvents: 0, holder: expect.any(String) })

  const eachEventOnce = async (): Promise<void> => {
    expect(await parkedEvents(test.owner)).toEqual([])
    const totals = await totalsByHand(test.owner, log.ledger)
    expect(await totalsOf(test.owner, log.ledger)).toEqual(totals)
    const placed = totals.reduce((sum, { orders }) => sum + orders, 0)
    expect(placed).toBe(no)
    const [told] = await test.owner.query({
      text: `select count(*)::int as effects, count(distinct payload)::int as ids,
          (select count(*)::int from projection.test_orders) as orders from projection.effects`,
    })
    expect(told).toEqual({ effects: placed, ids: placed, orders: placed })
    const source = new LogReader(test.owner.kysely<LogTables>())
    for (const model of MODELS) {
      const { name, differenceCount, differences } = await verifyProjection(
        { database: test.owner, source },
        model,
      )
      expect({ name, differenceCount, differences }).toEqual({
        name,
        differenceCount: 0,
        differences: [],
      })
    }
  }

  const faultsOf = (of: readonly Worker[]): readonly string[] =>
    of.flatMap(({ lines }) => lines.flatMap(({ fault }) => (fault === undefined ? [] : [fault])))

  it(
    '28, 32: kill -9 at any moment loses nothing and doubles nothing, and rebuilds end all the same',
    async () => {
      await appendSome(500)
      const busy = keepBusy()
      const lives: number[] = []
      for (let kills = 0; kills < KILLS; kills++) {
        const worker = await startWorker()
        const life = LIFE_MS.least + Math.random() * (LIFE_MS.most - LIFE_MS.least)
        await sleep(life)
        await kill(worker)
        lives.push(Math.round(life))
        await leasesRunOut(test.owner)
      }
      const rebuilds = await busy.stop()
      expect(rebuilds, `lives of ${lives} ms`).toBeGreaterThanOrEqual(REBUILT.length)
      const last = await startWorker()
      await level()
      await kill(last)
      const builds = await test.owner.query<{ build: number }>({
        text: "select build from projection.builds where name = 'test-sales' and state = 'live'",
      })
      expect(builds[0]?.build, `lives of ${lives} ms`).toBeGreaterThan(1)
      await eachEventOnce()
      expect(faultsOf(workers)).toEqual([])
    },
    PATIENCE_MS,
  )

  /** Whether a transaction of some worker holds a checkpoint: nobody can take that one over until it ends. */
  const isHeldByTransaction = async (): Promise<boolean> => {
    const [row] = await test.owner.query<{ locked: boolean }>({
      text: `select (select count(*) from projection.checkpoints)
        > (select count(*) from (select from projection.checkpoints for update skip locked) f) as locked`,
    })
    return row?.locked === true
  }

  /** Stops the process at some moment, though not inside a transaction, which would only be waited for. */
  const pause = async ({ child }: Worker): Promise<void> => {
    for (;;) {
      await sleep(Math.random() * 40)
      child.kill('SIGSTOP')
      // The server goes on with what it was sent.
      await sleep(5)
      if (!(await isHeldByTransaction())) return
      child.kill('SIGCONT')
    }
  }

  /**
   * Stops the process between fold and commit, and takes everything from it: its first statement waits for us, and when
   * we let go, its leases have run out and another has raised the epochs. False: it had nothing to write just now.
   */
  const pauseAtCommit = ({ child }: Worker): Promise<boolean> =>
    test.owner.transaction(async (tx) => {
      await tx.query({
        text: 'select from projection.checkpoints order by name, build, ledger for update',
      })
      for (const until = performance.now() + 400; performance.now() < until; await sleep(5)) {
        const waiting = await tx.query({
          text: 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))',
        })
        if (waiting.length === 0) continue
        child.kill('SIGSTOP')
        await tx.query({
          text: 'update projection.checkpoints set epoch = epoch + 1, holder = null, held_until = null',
        })
        await tx.query({ text: 'delete from projection.workers' })
        return true
      }
      return false
    })

  const pauseSomehow = async (sleeper: Worker, atCommit: boolean): Promise<void> => {
    do {
      await expect.poll(holders, { timeout: 20_000 }).toEqual([holderOf(sleeper)])
      // Enough for several pages: it is stopped with some folded, and a few on their way.
      await appendSome(300)
      if (!atCommit) await pause(sleeper)
    } while (atCommit && !(await pauseAtCommit(sleeper)))
  }

  const holders = async (): Promise<readonly string[]> => {
    const rows = await test.owner.query<{ holder: string }>({
      text: `select distinct holder::text from projection.checkpoints where holder is not null order by 1`,
    })
    return rows.map(({ holder }) => holder)
  }

  it(
    '30: a process that slept through the end of its lease cannot commit, and goes on as one of two',
    async () => {
      let worker = await startWorker()
      await level()
      for (let pauses = 0; pauses < PAUSES; pauses++) {
        const sleeper = worker
        const atCommit = pauses % 2 === 0
        await pauseSomehow(sleeper, atCommit)
        await leasesRunOut(test.owner)
        worker = await startWorker()
        await appendSome(30)
        // The one row that the sleeper waits for stays locked by its transaction; all others are taken over.
        if (atCommit) await salesLevel()
        else await level()
        expect(await holders()).toEqual([holderOf(worker)])
        sleeper.child.kill('SIGCONT')
        await appendSome(30)
        await expect.poll(holders, { timeout: 20_000 }).toContain(holderOf(sleeper))
        await level()
        expect(sleeper.child.exitCode).toBe(null)
        await kill(sleeper)
        await leasesRunOut(test.owner)
      }
      await level()
      await kill(worker)
      await eachEventOnce()
      expect(faultsOf(workers)).toEqual([])
    },
    PATIENCE_MS,
  )
})
