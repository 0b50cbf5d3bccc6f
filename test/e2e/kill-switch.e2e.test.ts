import { setTimeout as sleep } from 'node:timers/promises'
import { buildRuntime, must, openDatabase, readConfig, systemOperator } from '@writ/cli'
import { expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, decide, decided } from './support/client.ts'
import { ACME, connect, decisionsIn, entriesOf, type Hashed, verdictOf } from './support/ledger.ts'
import { onServer, runWrit, startWrit, type WritProcess } from './support/writ.ts'

const CALLERS = 64

/** Keeps deciding from many callers over these processes until told to stop. */
const keepDeciding = (
  processes: readonly WritProcess[],
): { answered(more: number): Promise<void>; stop(): Promise<ReadonlyMap<number, number>> } => {
  const clients = processes.map((writ) => writ.client())
  const statuses = new Map<number, number>()
  let going = true
  const callers = Array.from({ length: CALLERS }, async (_, i) => {
    while (going) {
      const { status } = await decide(clients[i % clients.length] as Client)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  })
  const answers = (): number => [...statuses.values()].reduce((sum, count) => sum + count, 0)
  return {
    /** Until so many more requests are answered. */
    answered: async (more) => {
      const from = answers()
      while (answers() < from + more) await sleep(10)
    },
    stop: async () => {
      going = false
      await Promise.all(callers)
      return statuses
    },
  }
}

const set = async (operator: Client, state: string): Promise<number> => {
  const reply = await operator.put('/controls/kill-switch', { state, reason: 'drill' })
  expect(reply.status).toBe(200)
  return reply.json<{ position: number }>().position
}

const outcomesOf = (entries: readonly Hashed[]): ReadonlySet<string> =>
  new Set(entries.map((entry) => verdictOf(entry).outcome))

describeOnServer('the kill switch', () => {
  it('set in one process lets no approval commit after it in any other, however busy (AS-090, AS-091)', async () => {
    const environment = await onServer()
    const first = await startWrit(environment)
    const processes = [first, await startWrit(environment)]
    const operator = (await startWrit(environment)).client()
    const load = keepDeciding(processes)
    await load.answered(3 * CALLERS)
    const humanOnly = await set(operator, 'human-only')
    await load.answered(3 * CALLERS)
    const halt = await set(operator, 'halt')
    await load.answered(2 * CALLERS)
    const statuses = await load.stop()

    const entries = await entriesOf(await connect(environment))
    const switches = entries.filter(({ type }) => type === 'KillSwitchSet')
    expect(switches.map(({ position }) => position)).toEqual([humanOnly, halt])
    const made = decisionsIn(entries)
    const before = made.filter(({ position }) => position < humanOnly)
    const between = made.filter(({ position }) => position > humanOnly && position < halt)
    expect(before.length).toBeGreaterThan(CALLERS)
    expect(between.length).toBeGreaterThan(CALLERS)
    expect(outcomesOf(before)).toEqual(new Set(['approved']))
    expect(outcomesOf(between)).toEqual(new Set(['escalated']))
    expect(new Set(between.map((entry) => verdictOf(entry).autonomyLevel))).toEqual(
      new Set(['AL0']),
    )
    expect(made.filter(({ position }) => position > halt)).toEqual([])
    expect([...statuses.keys()].sort()).toEqual([201, 503])
    expect(statuses.get(201)).toBe(made.length)
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
  })

  it('is obeyed by another process at its very next decision, while all else works (AS-089, AS-091)', async () => {
    const environment = await onServer()
    const [a, b] = [
      (await startWrit(environment)).client(),
      (await startWrit(environment)).client(),
    ] as const
    const { id } = await decided(b)
    for (let round = 0; round < 5; round++) {
      await set(a, 'halt')
      const refused = await decide(b)
      expect([refused.status, refused.json().code]).toEqual([503, 'decisions-halted'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      await set(a, 'off')
      expect((await decided(b)).outcome).toBe('approved')
    }
    const halt = await set(a, 'halt')
    expect((await b.get(`/decisions/${id}`)).status).toBe(200)
    expect((await b.post(`/outcomes/${id}`, { values: { won: true } })).status).toBe(201)
    expect((await b.post('/events', { type: 'StillHeard', data: {} })).status).toBe(201)
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
    const later = await entriesOf(await connect(environment), ACME, halt)
    expect(later.map(({ type }) => type)).toEqual(['OutcomeRecorded', 'StillHeard'])
  })

  it('of the whole system is obeyed by the process of a tenant that knows nothing of it', async () => {
    const environment = await onServer()
    const tenant = (await startWrit(environment)).client()
    expect((await decided(tenant)).outcome).toBe('approved')
    const config = readConfig(environment)
    const runtime = buildRuntime(config, await openDatabase(config))
    const setForAll = async (state: 'human-only' | 'halt' | 'off'): Promise<void> => {
      must(
        await runtime.useCases.setKillSwitch(
          { caller: systemOperator() },
          { state, reason: 'drill' },
        ),
      )
    }
    try {
      await setForAll('human-only')
      expect(await decided(tenant)).toMatchObject({ outcome: 'escalated', autonomyLevel: 'AL0' })
      await setForAll('halt')
      expect((await decide(tenant)).json().code).toBe('decisions-halted')
      await setForAll('off')
      expect((await decided(tenant)).outcome).toBe('approved')
    } finally {
      await runtime.close()
    }
    const own = await entriesOf(await connect(environment))
    expect(own.filter(({ type }) => type === 'KillSwitchSet')).toEqual([])
  })

  it('and its release are events that name who did it and why (AS-093, for one person)', async () => {
    const environment = await onServer()
    const operator = (await startWrit(environment)).client()
    const halt = await set(operator, 'halt')
    const off = await set(operator, 'off')
    const unreasoned = await operator.put('/controls/kill-switch', { state: 'halt' })
    expect([unreasoned.status, unreasoned.json().code]).toEqual([422, 'request-invalid'])
    const [first, second, ...more] = await entriesOf(await connect(environment), ACME, halt - 1)
    expect([first?.position, second?.position]).toEqual([halt, off])
    expect(more).toEqual([])
    for (const [entry, state] of [
      [first, 'halt'],
      [second, 'off'],
    ] as const) {
      expect(entry).toMatchObject({
        stream: 'control:kill-switch',
        actor: { type: 'key' },
        data: { state, scope: { kind: 'ledger' }, reason: 'drill' },
      })
    }
  })
})
