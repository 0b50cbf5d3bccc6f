import type { ControlToken } from '@writ/event-log'
import { type LedgerName, SYSTEM_CONTROL } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  describeOnServer,
  type TestDatabase,
} from '../support/test-databases.ts'
import { appendTo, item, logOver, openTestLog, placeOf, type TestLog } from './support/test-log.ts'

const KILL = { type: 'KillSwitchSet', stream: 'control:tenant', data: { on: true } }
const DECISION = { type: 'DecisionMade', stream: 'decision:1', data: { outcome: 'approved' } }
const AT_START: ControlToken = { epoch: 0, counter: 0, systemCounter: 0 }

describeOnBothDatabases('control tokens', (open) => {
  let opened: TestDatabase
  let system: TestLog
  beforeAll(async () => {
    opened = await open()
    system = await openTestLog(opened.database, SYSTEM_CONTROL)
  })
  const systemCounter = async (): Promise<number> =>
    (await system.reader.head(SYSTEM_CONTROL))?.controlCounter ?? 0
  /** What a decider would fold now. */
  const tokenOf = async ({ reader, ledger }: TestLog): Promise<ControlToken> => {
    const head = await reader.head(ledger)
    if (head === undefined) throw new Error(`${ledger} is not open`)
    return {
      epoch: head.epoch,
      counter: head.controlCounter,
      systemCounter: await systemCounter(),
    }
  }

  it('accepts a decision under the token of now', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    expect((await log.append([item(DECISION)], { control })).status).toBe('appended')
  })

  it('refuses a decision without a token, also when its append holds other events', async () => {
    const log = await openTestLog(opened.database)
    expect(await log.append([item(DECISION)])).toEqual({ status: 'stale-control' })
    expect(await log.append([item(), item(DECISION)])).toEqual({ status: 'stale-control' })
    expect((await log.reader.head(log.ledger))?.position).toBe(1)
  })

  it('takes what a shadow says of a decision without a token, for it decides nothing', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    await log.append([item(DECISION)], { control })
    await log.append([item(KILL)])
    const said = { type: 'ShadowEvaluated', stream: 'decision:1', data: { enforced: false } }
    expect((await log.append([item(said)])).status).toBe('appended')
    expect(await log.append([item(DECISION)])).toEqual({ status: 'stale-control' })
  })

  it('refuses a decision after a control of its ledger moved', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    await log.append([item(KILL)])
    expect(await log.append([item(DECISION)], { control })).toEqual({ status: 'stale-control' })
    const fresh = await tokenOf(log)
    expect(fresh.counter).toBe(control.counter + 1)
    expect((await log.append([item(DECISION)], { control: fresh })).status).toBe('appended')
  })

  it('refuses a decision after a control of the whole system moved', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    await system.append([item(KILL)])
    expect(await log.append([item(DECISION)], { control })).toEqual({ status: 'stale-control' })
    const fresh = await tokenOf(log)
    expect((await log.append([item(DECISION)], { control: fresh })).status).toBe('appended')
  })

  it('refuses a decision of before a restore: the epoch moved', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    await opened.owner.query({
      text: `update log.heads set epoch = epoch + 1
        where ledger_no = (select ledger_no from log.ledgers where ledger = $1)`,
      values: [log.ledger],
    })
    expect(await log.append([item(DECISION)], { control })).toEqual({ status: 'stale-control' })
    const fresh = await tokenOf(log)
    expect((await log.append([item(DECISION)], { control: fresh })).status).toBe('appended')
  })

  it('counts controls by category and type, never by type alone', async () => {
    const log = await openTestLog(opened.database)
    await log.append([
      item({ ...KILL, stream: 'order:1' }),
      item({ ...KILL, type: 'OrderPlaced' }),
      item({ ...KILL, type: 'CeilingSet' }),
      item({ type: 'PolicyVersionActivated', stream: 'policy:loans', data: {} }),
      item({ type: 'PolicyVersionActivated', stream: 'control:tenant', data: {} }),
    ])
    const controls = await log.reader.controls(log.ledger, 0)
    expect(controls.map(({ counter, position }) => [counter, position])).toEqual([
      [1, 4],
      [2, 5],
    ])
    expect((await tokenOf(log)).counter).toBe(2)
  })

  it('refuses a decision that stands behind a control in the same batch', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    const [before, set, after] = await Promise.all([
      log.append([item({ ...DECISION, stream: 'decision:1' })], { control }),
      log.append([item(KILL)], { control }),
      log.append([item({ ...DECISION, stream: 'decision:2' })], { control }),
    ])
    expect([before?.status, set?.status, after?.status]).toEqual([
      'appended',
      'appended',
      'stale-control',
    ])
  })

  it('lets one of two racing controls win', async () => {
    const log = await openTestLog(opened.database)
    const control = await tokenOf(log)
    const results = await Promise.all([1, 2].map(() => log.append([item(KILL)], { control })))
    expect(results.map(({ status }) => status)).toEqual(['appended', 'stale-control'])
    const own = await tokenOf(system)
    const both = await Promise.all([1, 2].map(() => system.append([item(KILL)], { control: own })))
    expect(both.map(({ status }) => status)).toEqual(['appended', 'stale-control'])
  })
})

describeOnServer('the kill switch of racing processes', (open) => {
  /** Sets a switch while others decide; no approval may stand behind it under a token from before it. */
  const race = async (switchLedger: (own: LedgerName) => LedgerName): Promise<void> => {
    const opened = await open()
    const log = await openTestLog(opened.database)
    const system = await openTestLog(opened.database, SYSTEM_CONTROL)
    const logs = await Promise.all(
      Array.from({ length: 4 }, async () => logOver(await opened.open('writ_app', { poolMax: 1 }))),
    )
    let acknowledged = false
    const late: string[] = []
    const deciding = logs.map(async (decider) => {
      for (let no = 0; no < 400; no++) {
        const wasAcknowledged = acknowledged
        const result = await appendTo(decider, log.ledger, {
          events: [item({ ...DECISION, stream: `decision:${no}` })],
          control: AT_START,
        })
        if (wasAcknowledged) late.push(result.status)
        if (result.status !== 'appended') return
      }
      throw new Error('the switch was never seen')
    })
    const setting = switchLedger(log.ledger) === SYSTEM_CONTROL ? system : log
    while (((await log.reader.head(log.ledger))?.position ?? 0) < 20);
    placeOf(await setting.append([item(KILL)]))
    acknowledged = true
    await Promise.all(deciding)
    expect(late).not.toContain('appended')
    expect(await log.verify()).toMatchObject({ findingCount: 0 })
  }

  it('lets no approval pass once it is acknowledged, in the ledger', () => race((own) => own))
  it('lets no approval pass once it is acknowledged, in all ledgers', () =>
    race(() => SYSTEM_CONTROL))
})
