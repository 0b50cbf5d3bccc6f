import { setTimeout as sleep } from 'node:timers/promises'
import { parkedEvents } from '@writ/projector'
import { expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { item, openTestLog } from './support/test-log.ts'
import { projectorOver, sales, totalsByHand, totalsOf } from './support/test-projections.ts'

/** Short, so that the test need not wait the ten seconds of production. Unit: ms. */
const LOCK_TIMEOUT_MS = 150

describeOnServer('a lock that others hold for long', (open) => {
  it('31: parks nothing: the event is not to blame', async () => {
    const test = await open()
    const log = await openTestLog(test.database)
    const database = await test.open('writ_app', { lockTimeoutMs: LOCK_TIMEOUT_MS })
    const { projector } = projectorOver(database, [sales()])
    await projector.catchUp()
    await log.append([item({ data: { cents: 5 } })])
    // As `verify` holds the live build while it compares; let go at each moment that a try may stand at.
    for (const tries of [1, 2, 3]) {
      const turn = test.owner.transaction(async (tx) => {
        await tx.query({ text: 'select from projection.checkpoints for update' })
        const folding = projector.turn().catch(() => {})
        await sleep((tries - 0.4) * LOCK_TIMEOUT_MS)
        return { folding }
      })
      await (await turn).folding
      await projector.catchUp().catch(() => {})
      expect({ tries, parked: await parkedEvents(test.owner) }).toEqual({ tries, parked: [] })
      await log.append([item({ data: { cents: tries } })])
    }
    await projector.catchUp()
    expect(await totalsOf(test.database, log.ledger)).toEqual(
      await totalsByHand(test.owner, log.ledger),
    )
    await projector.stop()
  })
})
