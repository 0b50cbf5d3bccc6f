import { startRebuild } from '@writ/projector'
import { beforeEach, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { item, nextId, openTestLog, type TestLog } from './support/test-log.ts'
import { leasesRunOut, projectorOver, telling } from './support/test-projections.ts'

describeOnBothDatabases('effects across a swap', (open) => {
  let test: TestDatabase
  let log: TestLog
  beforeEach(async () => {
    test = await open()
    log = await openTestLog(test.database)
  })

  const told = async (): Promise<readonly number[]> => {
    const rows = await test.database.query<{ position: bigint }>({
      text: 'select position from projection.effects order by 1',
    })
    return rows.map(({ position }) => Number(position))
  }
  const order = (stream = 'order:1') => item({ stream, data: { cents: 1 } })

  it('33: what the live build had not come to is told by the build that takes its place', async () => {
    const first = projectorOver(test.database, [telling()])
    await log.append([order(), order()])
    await first.projector.catchUp()
    await first.projector.stop()
    expect(await told()).toEqual([2, 3])

    const { build } = await startRebuild(test.database, telling())
    // Somebody holds the live build and does nothing for it: dead, or of an older release.
    await test.owner.query({
      text: `update projection.checkpoints
        set holder = $1, held_until = clock_timestamp() + interval '1 hour'`,
      values: [nextId()],
    })
    await log.append([order(), order('customer:1'), order()])
    const second = projectorOver(test.database, [telling()])
    await second.projector.catchUp()
    const live = await test.owner.query({
      text: "select build from projection.builds where state = 'live'",
    })
    expect(live).toEqual([{ build }])
    expect(await told()).toEqual([2, 3, 4, 6])
    await log.append([order()])
    await second.projector.catchUp()
    expect(await told()).toEqual([2, 3, 4, 6, 7])
    await second.projector.stop()
  })

  it('33: a rebuild in strides that overtakes the live build loses nothing that the live one had to tell', async () => {
    const { projector, faults } = projectorOver(test.database, [telling()], {
      pages: { near: 3, far: 9 },
    })
    // The two stand further apart than a page: the rebuild strides by itself, the live build steps behind it.
    await log.append(Array.from({ length: 10 }, () => order()))
    await projector.catchUp()
    await startRebuild(test.database, telling())
    await log.append(Array.from({ length: 60 }, () => order()))
    await projector.catchUp()
    await projector.catchUp()
    expect(await told()).toEqual(Array.from({ length: 70 }, (_, i) => i + 2))
    expect(faults).toEqual([])
    await projector.stop()
    await leasesRunOut(test.owner)
  })
})
