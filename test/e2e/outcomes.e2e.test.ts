import { randomUUID } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, decide, decided, type Reply } from './support/client.ts'
import { ACME, connect, entriesOf } from './support/ledger.ts'
import { type Environment, onServer, startWrit } from './support/writ.ts'

interface Version {
  readonly values: object
  readonly revision: number
  readonly retracted: boolean
  readonly occurredAt: string
}
interface Outcomes {
  readonly effective: readonly Version[]
  readonly history: readonly Version[]
}

describeOnServer('an outcome', () => {
  let environment: Environment
  let acme: Client

  beforeAll(async () => {
    environment = await onServer()
    acme = (await startWrit(environment)).client()
  })

  const report = (id: string, outcome: object): Promise<Reply> =>
    acme.post(`/outcomes/${id}`, outcome, { 'idempotency-key': randomUUID() })
  const outcomes = async (id: string): Promise<Outcomes> =>
    (await acme.get(`/outcomes/${id}`)).json<Outcomes>()

  it('told five times under five keys is recorded once (AS-060)', async () => {
    const { id } = await decided(acme)
    const won = { values: { won: true, margin: 0.24 }, occurredAt: '2026-03-02T12:00:00Z' }
    for (let i = 0; i < 5; i++) expect((await report(id, won)).status).toBe(201)
    const both = await Promise.all(Array.from({ length: 5 }, () => report(id, won)))
    expect(new Set(both.map((reply) => reply.json().id)).size).toBe(1)
    expect((await outcomes(id)).history).toHaveLength(1)
  })

  it('that flips is a new version, and history keeps both (AS-061, its counters apart)', async () => {
    const { id } = await decided(acme)
    await report(id, { values: { won: true }, occurredAt: '2026-03-02T12:00:00Z' })
    await report(id, { values: { won: false }, occurredAt: '2026-03-03T12:00:00Z' })
    const { effective, history } = await outcomes(id)
    expect(effective).toMatchObject([{ values: { won: false }, revision: 2 }])
    expect(history).toMatchObject([{ values: { won: true } }, { values: { won: false } }])
  })

  it('of an older time that arrives late does not displace a newer one (AS-062)', async () => {
    const { id } = await decided(acme)
    await report(id, { values: { won: false }, occurredAt: '2026-03-03T12:00:00Z' })
    expect(
      (await report(id, { values: { won: true }, occurredAt: '2026-03-02T12:00:00Z' })).status,
    ).toBe(201)
    const { effective, history } = await outcomes(id)
    expect(effective).toMatchObject([
      { values: { won: false }, occurredAt: '2026-03-03T12:00:00.000Z' },
    ])
    expect(history).toHaveLength(2)
  })

  it('with a lower revision that arrives late does not displace a higher one (AS-062)', async () => {
    const { id } = await decided(acme)
    await report(id, { values: { won: false }, revision: 7 })
    await report(id, { values: { won: true }, revision: 3 })
    const { effective, history } = await outcomes(id)
    expect(effective).toMatchObject([{ values: { won: false }, revision: 7 }])
    expect(history.map(({ revision }) => revision)).toEqual([7, 3])
  })

  it('is retracted by a later version, and history still shows it', async () => {
    const { id } = await decided(acme)
    await report(id, { values: { won: true } })
    await report(id, { retract: true })
    const { effective, history } = await outcomes(id)
    expect(effective).toMatchObject([{ retracted: true, revision: 2 }])
    expect(history).toMatchObject([
      { values: { won: true }, retracted: false },
      { retracted: true },
    ])
  })

  it('of a decision that does not exist is 404, and nothing is written (AS-063)', async () => {
    const database = await connect(environment)
    const before = await entriesOf(database)
    const reply = await report(randomUUID(), { values: { won: true } })
    expect([reply.status, reply.json().code]).toEqual([404, 'decision-not-found'])
    expect(await entriesOf(database, ACME, before.length)).toEqual([])
  })

  it('of an hour ahead is 422, of a minute ahead is taken, and recordedAt is the log’s own (AS-064)', async () => {
    const { id } = await decided(acme)
    const ahead = (ms: number) => new Date(Date.now() + ms).toISOString()
    const reply = await report(id, { values: { won: true }, occurredAt: ahead(3_600_000) })
    expect([reply.status, reply.json().code]).toEqual([422, 'outcome-time-invalid'])
    const near = ahead(60_000)
    const taken = await report(id, { values: { won: true }, occurredAt: near })
    expect(taken.status).toBe(201)
    const [entry] = await entriesOf(
      await connect(environment),
      ACME,
      taken.json<{ position: number }>().position - 1,
    )
    expect(entry).toMatchObject({ type: 'OutcomeRecorded', occurredAt: near })
    expect(Date.parse(entry?.recordedAt ?? '')).toBeLessThan(Date.parse(near))
  })

  it('posted right behind its decision is never lost (AS-065)', async () => {
    const ids = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const { id } = (await decide(acme)).json<{ id: string }>()
        expect((await report(id, { values: { won: true } })).status).toBe(201)
        return id
      }),
    )
    for (const id of ids) expect((await outcomes(id)).effective).toHaveLength(1)
  })

  it('told with other values by ten callers at once keeps all ten versions', async () => {
    const { id } = await decided(acme)
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => report(id, { values: { n }, revision: n + 1 })),
    )
    const stored = replies.filter(({ status }) => status === 201).length
    for (const { status } of replies) expect([201, 409]).toContain(status)
    const { effective, history } = await outcomes(id)
    expect(history).toHaveLength(stored)
    const highest = Math.max(...history.map(({ revision }) => revision))
    expect(effective).toMatchObject([{ revision: highest }])
  })
})
