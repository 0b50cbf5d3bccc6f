import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, client, type Decision, decided } from './support/client.ts'
import { ACME, connect, entriesOf } from './support/ledger.ts'
import { type Environment, onServer, runWrit, startWrit, writJson } from './support/writ.ts'

const AT_ONCE = 32
const AL1 = { discount: 0.04, margin: 0.31 }
const AL2 = { discount: 0.08, margin: 0.31 }
const AL3 = { discount: 0.14, margin: 0.31 }

/** Ten decisions of each mix: the second has 20 points more at AL2. */
const BEFORE = [AL1, AL1, AL1, AL1, AL1, AL2, AL2, AL2, AL2, AL3]
const AFTER = [AL1, AL1, AL1, AL2, AL2, AL2, AL2, AL2, AL2, AL3]

/** Makes so many decisions of a mix; returns the position of the last. */
const decideMany = async (
  caller: Client,
  mix: readonly object[],
  count: number,
): Promise<number> => {
  let [next, last] = [0, 0]
  const worker = async (): Promise<void> => {
    while (next < count) {
      const { log } = await decided(caller, mix[next++ % mix.length])
      last = Math.max(last, log.position)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return last
}

interface Alarm {
  readonly id: string
  readonly state: string
  readonly loweredTo: string | null
  readonly raised: { readonly by: string }
  readonly cleared: { readonly reason: string } | null
  readonly measures: readonly { readonly mix: string; readonly alarm: boolean }[]
}

/** Alarms of the domain once the read model has folded a position. */
const alarmsOf = async (caller: Client, position: number): Promise<readonly Alarm[]> => {
  for (;;) {
    const reply = await caller.get('/drift?domain=finance', {
      'writ-min-position': String(position),
    })
    if (reply.status === 200) return reply.json<{ items: Alarm[] }>().items
    expect(reply.json().code).toBe('read-model-behind')
  }
}

describeOnServer('drift', () => {
  let environment: Environment
  let shop: Client
  let ada: Client
  let adasKey: string

  beforeAll(async () => {
    environment = await onServer()
    const writ = await startWrit(environment)
    shop = writ.client()
    const { token } = await writJson<{ token: string }>(
      ['keys', 'create', '--name', 'ada', '--person', '--roles', 'clerk'],
      environment,
    )
    adasKey = token
    ada = client(writ.url, token)
  })

  const check = (...args: readonly string[]) =>
    runWrit(['drift', 'check', '--domain', 'finance', ...args], environment)
  const headOf = async (): Promise<number> => (await entriesOf(await connect(environment))).length
  let alarm: string

  it('is too early to judge with few decisions, and none where they stay what they were', async () => {
    await alarmsOf(shop, await decideMany(shop, BEFORE, 100))
    const early = await check('--last', '50', '--before', '50')
    expect([early.code, early.stdout]).toEqual([3, expect.stringContaining('too few to judge')])
    await alarmsOf(shop, await decideMany(shop, BEFORE, 500))
    const steady = await check('--last', '300', '--before', '300')
    expect([steady.code, steady.stderr]).toEqual([0, ''])
    expect(steady.stdout).toContain('steady')
  })

  it('is found where 20 points have moved, shown with both shares, and nothing is written', async () => {
    await alarmsOf(shop, await decideMany(shop, AFTER, 600))
    const before = await headOf()
    const found = await check('--last', '600', '--before', '600')
    expect(found.code).toBe(1)
    expect(found.stdout).toMatch(/level +600 +600 .* ALARM/)
    expect(found.stdout).toMatch(/AL2 +before █{16}·+ 40\.0 %\n +now {4}█{24}·+ 60\.0 %/)
    expect(found.stdout).toContain('Nothing was written.')
    expect(await headOf()).toBe(before)
    const json = JSON.parse((await check('--last', '600', '--before', '600', '--json')).stdout)
    expect(json).toMatchObject({ raised: false, open: null, judgement: { verdict: 'alarm' } })
    // Windows by time: everything was decided just now, so there is nothing before it.
    expect((await check()).code).toBe(3)
  })

  it('raised lowers the ceiling in the same append, and what needs more goes to people', async () => {
    const before = await headOf()
    const raised = await check('--last', '600', '--before', '600', '--raise')
    expect(raised.code).toBe(1)
    expect(raised.stdout).toContain('the ceiling was lowered to AL2')
    const [told, set] = await entriesOf(await connect(environment), ACME, before)
    expect(told).toMatchObject({ type: 'DriftAlarmRaised', stream: 'drift:finance' })
    expect(set).toMatchObject({
      ...{ type: 'CeilingSet', stream: 'control:ceiling.finance', causationId: told?.id },
      data: { level: 'AL2', source: 'drift', reviewId: null, scope: { domain: 'finance' } },
    })
    alarm = told?.id as string
    const made = await decided(shop, AL3)
    expect(made).toMatchObject({ outcome: 'escalated', codes: ['ABOVE_CEILING'] })
    const reasons = (made as Decision & { reasons: { id: string }[] }).reasons
    expect(reasons.map(({ id }) => id)).toEqual(['ceiling:drift'])
    expect(await decided(shop, AL2)).toMatchObject({ outcome: 'approved', autonomyLevel: 'AL2' })
  })

  it('is raised once: while the alarm is open a check writes nothing more', async () => {
    // Enough of another mix after the ceiling for an alarm of its own.
    await decideMany(shop, [AL1], 300)
    await alarmsOf(shop, await decideMany(shop, [AL2], 300))
    const before = await headOf()
    const again = await check('--last', '300', '--before', '300', '--raise', '--json')
    expect(again.code).toBe(1)
    expect(JSON.parse(again.stdout)).toMatchObject({
      ...{ raised: false, open: { alarmId: alarm }, judgement: { verdict: 'alarm' } },
    })
    expect(await headOf()).toBe(before)
  })

  it('is cleared by a person with a reason, once, and the ceiling stays', async () => {
    const path = `/drift/${alarm}/clear`
    const body = { reason: 'the new price list' }
    const byProgram = await shop.post(path, body, { 'idempotency-key': 'c-1' })
    expect([byProgram.status, byProgram.json().code]).toEqual([403, 'person-required'])
    const unkeyed = await ada.post(path, body)
    expect(unkeyed.json().code).toBe('idempotency-key-required')
    const cleared = await ada.post(path, body, { 'idempotency-key': 'c-2' })
    expect([cleared.status, cleared.json()]).toMatchObject([
      200,
      { alarmId: alarm, domain: 'finance', status: 'cleared' },
    ])
    const repeated = await ada.post(path, body, { 'idempotency-key': 'c-2' })
    expect([repeated.status, repeated.text]).toEqual([200, cleared.text])
    const late = await runWrit(['drift', 'clear', alarm, '--reason', 'again'], {
      ...environment,
      WRIT_API_KEY: adasKey,
    })
    expect(late.code).not.toBe(0)
    expect(`${late.stdout}${late.stderr}`).toContain('cleared before')
    const unknown = await ada.post(
      `/drift/${'0'.repeat(8)}-0000-7000-8000-000000000000/clear`,
      body,
      {
        'idempotency-key': 'c-3',
      },
    )
    expect([unknown.status, unknown.json().code]).toEqual([404, 'drift-alarm-not-found'])

    const [listed] = await alarmsOf(shop, cleared.json<{ position: number }>().position)
    expect(listed).toMatchObject({
      ...{ id: alarm, state: 'cleared', loweredTo: 'AL2', cleared: { reason: body.reason } },
    })
    expect(await decided(shop, AL3)).toMatchObject({ outcome: 'escalated' })
    const asked = await ada.put('/controls/ceilings', {
      ...{ level: 'AL3', scope: { domain: 'finance' }, reason: 'all is well' },
    })
    expect([asked.status, asked.json().code]).toEqual([409, 'approval-needed'])
    // What was decided before the clearing is not compared any more.
    expect((await check('--last', '300', '--before', '300')).code).toBe(3)
  })

  it('refuses windows it cannot understand', async () => {
    for (const args of [
      ['--current', '7'],
      ['--before', '5'],
      ['--last', '5', '--current', '7d'],
      ['--last', '0'],
      ['--alpha', '2'],
    ]) {
      expect([args, (await check(...args)).code]).toEqual([args, 2])
    }
  })
})

describeOnServer('the drift job', () => {
  it('raises what it finds in whole blocks by itself, once', async () => {
    const environment = await onServer({ WRIT_DRIFT_INTERVAL: '1' })
    const writ = await startWrit(environment)
    const shop = writ.client()
    await decideMany(shop, BEFORE, 1_000)
    const steady = await decideMany(shop, BEFORE, 1_000)
    await wait(3_000)
    expect(await alarmsOf(shop, steady)).toEqual([])
    // The job may look as soon as the block is whole, so the ceiling may reach the last few of these.
    const shifted = await decideMany(shop, AFTER, 1_020)
    let alarms: readonly Alarm[] = []
    for (let i = 0; i < 40 && alarms.length === 0; i++) {
      await wait(500)
      alarms = await alarmsOf(shop, shifted)
    }
    expect(alarms).toMatchObject([{ state: 'open', loweredTo: 'AL2', raised: { by: 'drift-job' } }])
    expect(alarms[0]?.measures.find(({ mix }) => mix === 'level')?.alarm).toBe(true)
    expect(writ.said()).toContain('drift alarm')
    await wait(2_500)
    expect(await alarmsOf(shop, shifted)).toHaveLength(1)
  })

  it('only tells where it is told to', async () => {
    const environment = await onServer({ WRIT_DRIFT_INTERVAL: '1', WRIT_DRIFT: 'alarm' })
    const writ = await startWrit(environment)
    await decideMany(writ.client(), [AL1], 1_000)
    const last = await decideMany(writ.client(), [AL3], 1_000)
    await wait(4_000)
    const alarms = await alarmsOf(writ.client(), last)
    expect(alarms.map((one) => one.loweredTo)).toEqual([null])
    await writ.stop()
  })
})
