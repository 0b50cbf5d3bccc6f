import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, type Decision, decide, decided } from './support/client.ts'
import { ACME, connect, decisionsIn, entriesOf } from './support/ledger.ts'
import {
  type Environment,
  newHome,
  onEmbedded,
  onServer,
  secrets,
  startWrit,
} from './support/writ.ts'

/** The way of one request through the started process: event, decision, outcome, each read back. */
const walk = async (acme: Client): Promise<void> => {
  const event = await acme.post('/events', {
    type: 'DiscountRequested',
    data: { discount: 0.08 },
    stream: `deal:${randomUUID()}`,
  })
  expect(event.status).toBe(201)
  const { id, position } = event.json<{ id: string; position: number }>()
  expect(position).toBeGreaterThan(1)
  const listed = await acme.get('/events?type=DiscountRequested')
  expect(listed.json<{ events: { id: string }[] }>().events.map((one) => one.id)).toEqual([id])

  const made = await decided(acme, { discount: 0.08, margin: 0.31 })
  expect(made).toMatchObject({
    outcome: 'approved',
    autonomyLevel: 'AL2',
    subject: { type: 'customer', id: 'ada-lovelace' },
    policy: {
      ref: 'finance-constitution@1.0.0',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    },
    log: { ledger: 'acme/main', position: position + 1 },
  })
  expect(made.log.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(made.log.prev).not.toBe(made.log.hash)
  expect((await acme.get(`/decisions/${made.id}`)).json()).toEqual(made)

  const outcome = await acme.post(`/outcomes/${made.id}`, { values: { won: true, margin: 0.24 } })
  expect(outcome.status).toBe(201)
  const read = await acme.get(`/outcomes/${made.id}`)
  expect(read.json()).toMatchObject({
    decisionId: made.id,
    effective: [{ values: { won: true, margin: 0.24 }, revision: 1 }],
  })
}

describe('a fresh embedded installation', () => {
  it('takes an event, decides, hears the outcome and reads all of it back (AS-001, AS-002, AS-003)', async () => {
    const writ = await startWrit(onEmbedded())
    await walk(writ.client())
    expect((await writ.stop()).code).toBe(0)
  })
})

describeOnServer('the core loop', () => {
  let environment: Environment
  let acme: Client
  let other: Client

  beforeAll(async () => {
    environment = await onServer(secrets())
    acme = (await startWrit(environment)).client()
    // Another tenant's process over the same database and under the same secrets.
    const second = { ...environment, WRIT_HOME: newHome(), WRIT_TENANT: 'bmce' }
    other = (await startWrit(second)).client()
  })

  it('takes an event, decides, hears the outcome and reads all of it back (AS-001, AS-002, AS-003)', () =>
    walk(acme))

  it('escalates a discount over every band to a person (AS-004)', async () => {
    expect(await decided(acme, { discount: 0.2, margin: 0.31 })).toMatchObject({
      outcome: 'escalated',
      autonomyLevel: 'AL0',
      neededLevel: null,
      codes: ['NO_BAND', 'OUTSIDE_BAND'],
    })
  })

  it('explains a decision and replays it to the same verdict', async () => {
    const { id } = await decided(acme)
    const explained = await acme.get(`/decisions/${id}/explanation`)
    expect(explained.json()).toMatchObject({ decision: id, replay: { verdict: 'same' } })
  })

  it('knows the tenant from the credential alone (AS-012)', async () => {
    const named = await acme.post(
      '/events?tenant=bmce',
      { type: 'Tried', data: {} },
      { 'x-tenant-id': 'bmce' },
    )
    expect([201, 400, 422]).toContain(named.status)
    if (named.status === 201) expect(named.json().ledger).toBe('acme/main')
    const header = await acme.post(
      '/events',
      { type: 'Tried', data: {} },
      { 'x-tenant-id': 'bmce' },
    )
    expect([header.status, header.json().ledger]).toEqual([201, 'acme/main'])
    const body = await acme.post('/events', { type: 'Tried', data: {}, tenant: 'bmce' })
    expect([body.status, body.json().code]).toEqual([422, 'request-invalid'])
    const decision = await decided(acme, undefined, { 'x-tenant-id': 'bmce' })
    expect(decision.log.ledger).toBe('acme/main')
    const theirs = await other.get('/events?type=Tried')
    expect(theirs.json().events).toEqual([])
  })

  it('hides the decisions of another tenant as if they were not there (AS-013, AS-063)', async () => {
    const { id } = await decided(other)
    const before = await entriesOf(await connect(environment))
    for (const path of ['/decisions/ID', '/decisions/ID/explanation', '/outcomes/ID']) {
      const [theirs, nobodys] = await Promise.all(
        [id, randomUUID()].map((one) => acme.get(path.replace('ID', one))),
      )
      expect([theirs?.status, theirs?.json().code]).toEqual([404, 'decision-not-found'])
      expect(withoutErrorId(theirs?.json())).toEqual(withoutErrorId(nobodys?.json()))
    }
    const outcome = await acme.post(`/outcomes/${id}`, { values: { won: true } })
    expect([outcome.status, outcome.json().code]).toEqual([404, 'decision-not-found'])
    expect(await entriesOf(await connect(environment))).toHaveLength(before.length)
  })

  it('gives each of two tenants its own answer under one Idempotency-Key (AS-024)', async () => {
    const headers = { 'idempotency-key': 'the-same-for-both' }
    const [own, theirs] = await Promise.all(
      [acme, other].map((caller) => decide(caller, undefined, headers)),
    )
    expect([own?.status, theirs?.status]).toEqual([201, 201])
    expect(own?.json<Decision>().log.ledger).toBe('acme/main')
    expect(theirs?.json<Decision>().log.ledger).toBe('bmce/main')
    expect(own?.headers.get('idempotency-replayed')).toBeNull()
    expect(theirs?.headers.get('idempotency-replayed')).toBeNull()
  })

  it('refuses an action that nobody switched on, and writes nothing (AS-088)', async () => {
    const database = await connect(environment)
    const before = await entriesOf(database)
    const reply = await acme.post('/decisions/finance', {
      action: 'credit-note',
      subject: { type: 'invoice', id: 'i-1' },
      request: {},
    })
    expect([reply.status, reply.json().code]).toEqual([403, 'action-disabled'])
    expect(decisionsIn(await entriesOf(database, ACME, before.length))).toEqual([])
  })
})

const withoutErrorId = (body: Readonly<Record<string, unknown>> | undefined): object => {
  const { errorId: _, instance: __, ...rest } = body ?? {}
  return rest
}
