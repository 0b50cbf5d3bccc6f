import type { AppendResult, EventToAppend } from '@writ/event-log'
import { Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  type OpenTestDatabase,
  type TestDatabase,
} from '../support/test-databases.ts'
import { event, nextId, openTestLog, type TestLog } from './support/test-log.ts'

/** The first range ends before this position; migrations/functions/add_entry_partition.sql. */
const SPAN = 67_108_864

describeOnBothDatabases('ranges of positions', (open: OpenTestDatabase) => {
  let opened: TestDatabase
  let log: TestLog

  beforeAll(async () => {
    opened = await open()
    log = await openTestLog(opened.database)
  })

  const append = (one: EventToAppend): Promise<AppendResult | Problem> =>
    log.log.append(log.ledger, { caller: 'ada', events: [one] })

  /** An event that opens a stream of its own. */
  const fresh = (): EventToAppend => {
    const id = nextId()
    return { event: event({ id, stream: `order:${id}` }), expectedRevision: 0 }
  }

  /** Puts the last entry, and with it the head, close to the end of the first range. */
  const moveHeadTo = async (position: number): Promise<void> => {
    await opened.owner.script(`set session_replication_role = replica;
      update log.entries e set position = ${position} from log.heads h
        where h.ledger_no = e.ledger_no and h.position = e.position and e.ledger_no =
          (select ledger_no from log.ledgers where ledger = '${log.ledger}');
      update log.heads set position = ${position} where ledger_no =
        (select ledger_no from log.ledgers where ledger = '${log.ledger}');
      set session_replication_role = origin;`)
  }

  it('adds none while every ledger is in the first half of its range', async () => {
    const [row] = await opened.database.query<{ added: number }>({
      text: 'select log.add_entry_ranges() as added',
    })
    expect(row?.added).toBe(0)
  })

  it('adds the next range past the middle, and ids and revisions hold across the border', async () => {
    const first = event({ stream: 'order:1' })
    const mac = Buffer.alloc(16, 1)
    const stored = await append({ event: first, expectedRevision: 0, mac })
    expect(stored).toMatchObject({ status: 'appended' })
    await moveHeadTo(SPAN - 2)
    const [row] = await opened.database.query<{ added: number }>({
      text: 'select log.add_entry_ranges() as added',
    })
    expect(row?.added).toBe(1)

    const before = await append(fresh())
    const after = await append(fresh())
    expect(before).toMatchObject({ places: [{ position: SPAN - 1 }] })
    expect(after).toMatchObject({ places: [{ position: SPAN }] })

    // Both stand in the leaf before: no unique index of this leaf knows them.
    const again = await append({ event: first, expectedRevision: 0, mac })
    expect(again).toEqual({ status: 'duplicate', firstPosition: SPAN - 2 })
    const late = await append({ event: event({ stream: 'order:1' }), expectedRevision: 0 })
    expect(late).toEqual({ status: 'conflict', actual: [1] })
    const next = await append({ event: event({ stream: 'order:1' }), expectedRevision: 1 })
    if (next instanceof Problem || next.status !== 'appended') throw new Error('not appended')
    expect(next.places[0]).toMatchObject({ position: SPAN + 1, revision: 2 })
  })
})
