import { type EventToAppend, recordRestore } from '@writ/event-log'
import { timestampOf } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { alter, attack } from './support/attacker.ts'
import {
  codesOf,
  dataOf,
  item,
  NOON,
  nextId,
  openTestLog,
  orders,
  placeOf,
  type TestLog,
} from './support/test-log.ts'

describeOnBothDatabases('a restore is recorded', (open) => {
  let opened: TestDatabase
  let log: TestLog
  beforeAll(async () => {
    opened = await open()
  })
  const fiveEntries = async (): Promise<void> => {
    log = await openTestLog(opened.database)
    await log.append(orders(4))
  }
  const restored = (database = opened.owner) =>
    recordRestore(database, log.ledger, {
      id: nextId(),
      actor: { type: 'system', id: 'local-operator' },
      at: timestampOf(NOON),
    })
  const decision = (): readonly EventToAppend[] => {
    const id = nextId()
    return [item({ id, type: 'DecisionMade', stream: `decision:${id}` }, { expectedRevision: 0 })]
  }
  const token = (epoch: number) => ({ control: { epoch, counter: 0, systemCounter: 0 } })

  it('as an entry of the ledger, with the epoch and where it goes on', async () => {
    await fiveEntries()
    expect(await restored(await opened.open('writ_owner'))).toEqual({ epoch: 1, fromPosition: 5 })
    const head = await log.reader.head(log.ledger)
    expect(head).toMatchObject({ position: 6, epoch: 1 })
    const entry = (await log.reader.at(log.ledger, 6)) ?? { text: '{}' }
    expect(dataOf(entry)).toEqual({ epoch: 1, fromPosition: 5 })
    expect(JSON.parse(entry.text)).toMatchObject({ type: 'LedgerRestored', revision: 2, v: 1 })
    expect(await restored()).toEqual({ epoch: 2, fromPosition: 6 })
    expect(placeOf(await log.append(orders(1))).position).toBe(8)
    expect(await log.verify()).toMatchObject({ findings: [], entries: 8 })
  })

  it('and what was decided before it is refused, what is decided after it is not', async () => {
    await fiveEntries()
    expect((await log.append(decision(), token(0))).status).toBe('appended')
    await restored()
    expect(await log.append(decision(), token(0))).toEqual({ status: 'stale-control' })
    expect((await log.append(decision(), token(1))).status).toBe('appended')
    expect(await log.append(decision(), token(2))).toEqual({ status: 'stale-control' })
  })

  it('by the owner alone', async () => {
    await fiveEntries()
    const reader = await opened.open('writ_reader')
    for (const database of [opened.database, reader])
      await expect(restored(database)).rejects.toMatchObject({ code: '42501' })
    expect(await log.reader.head(log.ledger)).toMatchObject({ position: 5, epoch: 0 })
  })

  it('never upon a head that does not match its entry', async () => {
    await fiveEntries()
    await attack(opened.owner, log, (target) => alter(target, 5, `hash = sha256('')`))
    await expect(restored()).rejects.toMatchObject({ code: 'XX001' })
    expect(codesOf(await log.verify())).toEqual(['ENTRY_HASH 5', 'HEAD_MISMATCH 5'])
  })

  it('between appends that go on all the time, at one place of one chain', async () => {
    await fiveEntries()
    let going = true
    const appending = Array.from({ length: 3 }, async () => {
      while (going) expect((await log.append(orders(1))).status).toBe('appended')
    })
    // Stopping Writ first is the rule; who does not may be told that the head never stands still, and nothing worse.
    const outcome = await restored().catch((fault: Error) => fault.message)
    going = false
    await Promise.all(appending)
    const epoch = (await log.reader.head(log.ledger))?.epoch
    expect(typeof outcome === 'string' ? [0, true] : [1, false]).toEqual([
      epoch,
      typeof outcome === 'string' && outcome.includes('never stood still'),
    ])
    expect(codesOf(await log.verify())).toEqual([])
  })
})
