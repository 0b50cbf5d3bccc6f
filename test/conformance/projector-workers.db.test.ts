import { type ProjectionStatus, type Projector, projectionStatus } from '@writ/projector'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer, type TestDatabase } from '../support/test-databases.ts'
import { item, openTestLog, type TestLog } from './support/test-log.ts'
import { projectorOver, rowsOf, sales, telling } from './support/test-projections.ts'

const LEDGERS = 3

describeOnServer('workers side by side', (open) => {
  let test: TestDatabase
  let logs: TestLog[]

  beforeAll(async () => {
    test = await open()
    logs = await Promise.all(Array.from({ length: LEDGERS }, () => openTestLog(test.database)))
  })

  const append = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 50) {
      await Promise.all(
        logs.map((log) =>
          log.append(
            Array.from({ length: 50 }, (_, n) =>
              item({ stream: `order:${(i + n) % 11}`, data: { cents: i + n } }),
            ),
          ),
        ),
      )
    }
  }

  const level = async (): Promise<readonly ProjectionStatus[]> => {
    const until = performance.now() + 20_000
    for (;;) {
      const status = await projectionStatus(test.database)
      if (status.length === 2 * LEDGERS && status.every(({ lagEvents }) => lagEvents === 0))
        return status
      if (performance.now() > until) throw new Error(JSON.stringify(status))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  it('35: give the same rows, whether there are 1, 2, 4 or 8, while events arrive', async () => {
    const models = [sales(), telling()]
    const workers: Projector[] = []
    const faults: unknown[] = []
    for (const count of [1, 2, 4, 8]) {
      while (workers.length < count) {
        const database = await test.open('writ_app')
        const { projector } = projectorOver(database, models, {
          onFault: (fault) => faults.push(fault),
        })
        projector.start()
        workers.push(projector)
      }
      await append(500)
      await level()
    }
    // Eight workers and six units: the leases are held by several.
    const status = await level()
    expect(new Set(status.map(({ holder }) => holder)).size).toBeGreaterThan(1)
    await Promise.all(workers.map((worker) => worker.stop()))
    const together = {
      ...(await rowsOf(test.database, models[0] as never)),
      ...(await rowsOf(test.database, models[1] as never)),
    }

    await test.owner.query({ text: "update projection.builds set state = 'retired'" })
    await test.owner.query({ text: 'delete from projection.checkpoints' })
    const alone = projectorOver(test.database, models)
    await alone.projector.catchUp()
    await alone.projector.stop()
    expect({
      ...(await rowsOf(test.database, models[0] as never)),
      ...(await rowsOf(test.database, models[1] as never)),
    }).toEqual(together)
    expect(faults).toEqual([])
    expect(together.test_orders).toHaveLength(4 * 500 * LEDGERS)
  })
})
