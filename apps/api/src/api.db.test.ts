import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as contracts from '@writ/contracts'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeOnBothDatabases } from '../../../test/support/test-databases.ts'
import { judgeOf } from './door/validation.ts'
import { type RealServer, realServer, sender } from './testing/real-server.ts'

type Send = (request: InjectOptions) => Promise<LightMyRequestResponse>

const FINANCE = readFileSync(
  new URL('../../../examples/policies/finance-constitution-1.0.0.yaml', import.meta.url),
  'utf8',
)

const put = (url: string, payload: object): InjectOptions => ({
  method: 'PUT',
  url,
  payload,
  headers: { 'idempotency-key': randomUUID() },
})

const post = (
  url: string,
  payload: object,
  headers: Record<string, string> = {},
): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers,
})

const ask = (request: object) => ({
  action: 'discount',
  subject: { type: 'customer', id: 'ada-lovelace' },
  request,
})

const GOOD = { discount: 0.04, margin: 0.31 }

const expectContract = (schema: object, reply: LightMyRequestResponse) => {
  expect(judgeOf(schema)(reply.json())).toBeUndefined()
}

describeOnBothDatabases('Writ over HTTP', (open) => {
  let server: RealServer
  let ada: Send
  let bo: Send
  let other: Send

  beforeAll(async () => {
    server = await realServer((await open()).database)
    ada = sender(server.api, await server.token('acme'))
    bo = sender(server.api, await server.token('acme'))
    other = sender(server.api, await server.token('bmce'))
    const published = await ada({
      method: 'POST',
      url: '/policies',
      payload: FINANCE,
      headers: { 'content-type': 'text/yaml' },
    })
    expect([published.statusCode, published.json().code]).toEqual([201, undefined])
    expectContract(contracts.PolicySummary, published)
    const activate = (send: Send) =>
      send({
        method: 'POST',
        url: '/policies/finance-constitution/1.0.0/activate',
        headers: { 'idempotency-key': 'activate-1' },
      })
    const activated = await activate(bo)
    expect([activated.statusCode, activated.json().code]).toEqual([200, undefined])
    expectContract(contracts.PolicyActivation, activated)
    const flag = await ada(put('/controls/flags/finance/discount', { state: 'on', reason: 'live' }))
    expect(flag.statusCode).toBe(200)
    expectContract(contracts.ControlReceipt, flag)
  })
  afterAll(() => server.close())

  const events = async (send: Send): Promise<number> =>
    (await send({ url: '/events?limit=1' })).json().head

  describe('events', () => {
    it('go in, come out one by one and in pages, as the contracts say', async () => {
      const before = await events(ada)
      const one = await ada(post('/events', { type: 'T', data: { a: 1 }, stream: 'order:1' }))
      expect(one.statusCode).toBe(201)
      expectContract(contracts.AppendedOne, one)
      const many = await ada(
        post('/events', [
          { type: 'T', data: {} },
          { type: 'U', data: {} },
        ]),
      )
      expectContract(contracts.AppendedMany, many)
      const read = await ada({ url: String(one.headers.location) })
      expectContract(contracts.EventEntry, read)
      expect(read.json()).toMatchObject({
        data: { a: 1 },
        stream: 'order:1',
        hash: one.json().hash,
      })
      const page = await ada({ url: `/events?after=${before}&limit=2` })
      expectContract(contracts.EventList, page)
      expect(page.json().events).toHaveLength(2)
      expect(page.headers['writ-position']).toBe(String(before + 3))
      const next = /<([^>]+)>/.exec(String(page.headers.link))?.[1] as string
      expect((await ada({ url: next })).json().events).toHaveLength(1)
    })

    it('of two writers with one expected revision, one gets 201 and one 409 (AS-041)', async () => {
      const event = { type: 'T', data: {}, stream: `race:${randomUUID()}`, expectedRevision: 0 }
      const replies = await Promise.all([ada(post('/events', event)), bo(post('/events', event))])
      expect(replies.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409])
      expect(replies.find(({ statusCode }) => statusCode === 409)?.json().code).toBe(
        'revision-conflict',
      )
    })

    it('into a stream of Writ are refused', async () => {
      const reply = await ada(
        post('/events', { type: 'DecisionMade', data: {}, stream: 'decision:1' }),
      )
      expect([reply.statusCode, reply.json().code]).toEqual([403, 'reserved-stream'])
    })

    it('as a CloudEvent double nothing when delivered again', async () => {
      const event = {
        specversion: '1.0',
        id: 'placed/1',
        source: '/shop',
        type: 'com.acme.placed',
        time: '2026-03-01T12:00:00Z',
        data: {},
      }
      const deliver = () =>
        ada(post('/events', event, { 'content-type': 'application/cloudevents+json' }))
      const [first, again] = [await deliver(), await deliver()]
      expect([first.statusCode, again.statusCode]).toEqual([201, 201])
      expect(again.body).toBe(first.body)
      expect(again.headers['idempotency-replayed']).toBe('true')
    })

    it('with SQL in every text are stored as data or refused, and the tables stay (AS-010)', async () => {
      const sql = "'); drop table log.entries; --"
      const head = await events(ada)
      const stored = await ada(
        post('/events', { type: 'T', data: { [sql]: sql }, id: sql, source: sql }),
      )
      expect(stored.statusCode).toBe(201)
      const read = await ada({ url: `/events/${stored.json().id}` })
      expect(read.json().data).toEqual({ [sql]: sql })
      const text = encodeURIComponent(sql)
      for (const url of [
        `/events?type=${text}`,
        `/events?after=${text}`,
        `/events/${text}`,
        `/decisions/${text}`,
      ]) {
        expect([url, (await ada({ url })).statusCode]).toEqual([url, 422])
      }
      expect(await events(ada)).toBe(head + 1)
    })
  })

  describe('decisions', () => {
    it('are made, read and explained as the contracts say', async () => {
      const made = await ada(post('/decisions/finance', ask(GOOD)))
      expect(made.statusCode).toBe(201)
      expectContract(contracts.Decision, made)
      expect(made.json()).toMatchObject({ outcome: 'approved', autonomyLevel: 'AL1' })
      const read = await ada({ url: String(made.headers.location) })
      expectContract(contracts.Decision, read)
      expect(read.json()).toEqual(made.json())
      const why = await ada({ url: `${made.headers.location}/explanation` })
      expect(why.statusCode).toBe(200)
      expectContract(contracts.DecisionExplanation, why)
      const escalated = await ada(post('/decisions/finance', ask({ ...GOOD, discount: 0.2 })))
      for (const audience of contracts.AUDIENCES) {
        const url = `${escalated.headers.location}/explanation?audience=${audience}`
        const told = await ada({ url })
        expect(told.json()).toMatchObject({ audience, counterfactuals: [{ target: 'approved' }] })
        expectContract(contracts.DecisionExplanation, told)
      }
    })

    it.each([
      [0.05, 0.31, 'approved', 'AL1'],
      [0.05000000000000001, 0.31, 'approved', 'AL2'],
      [0.12, 0.31, 'approved', 'AL2'],
      [0.12000000000000001, 0.31, 'approved', 'AL3'],
      [0.15, 0.31, 'approved', 'AL3'],
      [0.15000000000000002, 0.31, 'escalated', 'AL0'],
    ])(
      'at discount %d and margin %d: %s at %s (AS-033)',
      async (discount, margin, outcome, level) => {
        const made = await ada(post('/decisions/finance', ask({ discount, margin })))
        expect(made.json()).toMatchObject({ outcome, autonomyLevel: level })
      },
    )

    it.each<[unknown]>([['abc'], [{}], [[]], [true], [null], [undefined], ['0.04'], [[0.01]]])(
      'on a discount of %j are refused with its pointer, and nothing is written (AS-031, AS-032)',
      async (discount) => {
        const before = await events(ada)
        const reply = await ada(post('/decisions/finance', ask({ margin: 0.31, discount })))
        expect(reply.statusCode).toBe(422)
        expect(reply.json()).toMatchObject({ code: 'request-invalid' })
        expect(reply.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toContain(
          '/request/discount',
        )
        expect(await events(ada)).toBe(before)
      },
    )

    it('as a dry run write nothing and have no place in the log', async () => {
      const before = await events(ada)
      const dry = await ada(post('/decisions/finance', { ...ask(GOOD), mode: 'dry-run' }))
      expect(dry.statusCode).toBe(200)
      expectContract(contracts.Decision, dry)
      expect(dry.json()).toMatchObject({ log: null, mode: 'dry-run', outcome: 'approved' })
      expect(await events(ada)).toBe(before)
    })

    it('of another tenant are 404 with the body of a random id (AS-013)', async () => {
      const { id } = (await ada(post('/decisions/finance', ask(GOOD)))).json()
      const bodies = await Promise.all(
        [id, randomUUID()].map(async (one) => {
          const reply = await other({ url: `/decisions/${one}` })
          const { errorId, instance, ...body } = reply.json()
          return { status: reply.statusCode, ...body }
        }),
      )
      expect(bodies[0]).toMatchObject({ status: 404, code: 'decision-not-found' })
      expect(bodies[1]).toEqual(bodies[0])
      const outcome = await other(post(`/outcomes/${id}`, { values: { won: true } }))
      expect([outcome.statusCode, outcome.json().code]).toEqual([404, 'decision-not-found'])
    })

    it('stop when the kill switch halts, with 503 and no write, while reading goes on (AS-089)', async () => {
      const scope = { domain: 'finance' }
      const { id } = (await ada(post('/decisions/finance', ask(GOOD)))).json()
      await ada(put('/controls/kill-switch', { state: 'halt', scope, reason: 'test' }))
      const before = await events(ada)
      const halted = await bo(post('/decisions/finance', ask(GOOD)))
      expect([halted.statusCode, halted.json().code]).toEqual([503, 'decisions-halted'])
      expect(await events(ada)).toBe(before)
      expect((await ada({ url: `/decisions/${id}` })).statusCode).toBe(200)
      const controls = await ada({ url: '/controls' })
      expectContract(contracts.Controls, controls)
      await ada(put('/controls/kill-switch', { state: 'off', scope, reason: 'test' }))
      await bo(put('/controls/kill-switch', { state: 'off', scope, reason: 'test' }))
      expect((await bo(post('/decisions/finance', ask(GOOD)))).statusCode).toBe(201)
    })

    it('without a flag are refused (AS-088)', async () => {
      const reply = await ada(post('/decisions/sales', ask(GOOD)))
      expect([reply.statusCode, reply.json().code]).toEqual([403, 'action-disabled'])
    })
  })

  describe('an Idempotency-Key', () => {
    const keyed = (send: Send, key: string, request = GOOD) =>
      send(post('/decisions/finance', ask(request), { 'idempotency-key': key }))

    it('gives the same body again, marked as a replay', async () => {
      const [first, again] = [await keyed(ada, 'k-1'), await keyed(ada, '"k-1"')]
      expect([first.statusCode, again.statusCode]).toEqual([201, 201])
      expect(again.body).toBe(first.body)
      expect(again.headers['idempotency-replayed']).toBe('true')
      expect(again.headers.location).toBe(first.headers.location)
    })

    it('sent twice at once makes one decision (AS-049)', async () => {
      const before = await events(ada)
      const replies = await Promise.all([keyed(ada, 'k-2'), keyed(ada, 'k-2')])
      for (const { statusCode } of replies) expect([201, 409]).toContain(statusCode)
      const answered = replies.filter(({ statusCode }) => statusCode === 201)
      expect(new Set(answered.map(({ body }) => body)).size).toBe(1)
      expect(await events(ada)).toBe(before + 1)
    })

    it('with another body is 422 (AS-050)', async () => {
      await keyed(ada, 'k-3')
      const reused = await keyed(ada, 'k-3', { discount: 0.03, margin: 0.31 })
      expect([reused.statusCode, reused.json().code]).toEqual([422, 'idempotency-key-reused'])
    })

    it('of one tenant is not that of another (AS-024)', async () => {
      const event = post('/events', { type: 'T', data: {} }, { 'idempotency-key': 'k-4' })
      const replies = [await ada(event), await other(event)]
      expect(replies.map(({ statusCode }) => statusCode)).toEqual([201, 201])
      expect(replies[1]?.headers['idempotency-replayed']).toBeUndefined()
      expect(replies[1]?.json().ledger).toBe('bmce/main')
    })
  })

  describe('outcomes', () => {
    it('are recorded, repeated without effect and read with their history', async () => {
      const { id } = (await ada(post('/decisions/finance', ask(GOOD)))).json()
      const occurredAt = '2026-03-20T09:00:00Z'
      const outcome = { metric: 'won', values: { won: true }, revision: 1, occurredAt }
      const won = post(`/outcomes/${id}`, outcome)
      const [first, again] = [await ada(won), await ada(won)]
      expect(first.statusCode).toBe(201)
      expectContract(contracts.OutcomeReceipt, first)
      expect(again.json().id).toBe(first.json().id)
      expect(again.headers['idempotency-replayed']).toBe('true')
      const read = await ada({ url: `/outcomes/${id}` })
      expectContract(contracts.Outcomes, read)
    })
  })

  describe('event types and policies', () => {
    it('register, publish, list and read as the contracts say', async () => {
      const schema = {
        type: 'object',
        additionalProperties: false,
        required: ['total'],
        properties: { total: { type: 'number' } },
      }
      const registered = await ada({
        method: 'PUT',
        url: '/event-types/com.acme.paid/1',
        payload: schema,
      })
      expect(registered.statusCode).toBe(201)
      expectContract(contracts.EventTypeReceipt, registered)
      const misfit = await ada(post('/events', { type: 'com.acme.paid', data: { total: '1' } }))
      expect(misfit.json()).toMatchObject({ status: 422, errors: [{ pointer: '/data/total' }] })
      const list = await ada({ url: '/policies' })
      expectContract(contracts.PolicyList, list)
      const detail = await ada({ url: '/policies/finance-constitution/1.0.0' })
      expectContract(contracts.PolicyDetail, detail)
      expect(detail.json().status).toBe('active')
      const report = await ada(post('/policies/validate', { source: FINANCE }))
      expectContract(contracts.PolicyReport, report)
    })

    it.each([
      ['x', '1@2'],
      ['x', '99.0.0'],
      ['@', '1.0.0'],
    ])('a reference %s %s is 400 or 404 (AS-036)', async (name, version) => {
      const reply = await ada({ url: `/policies/${encodeURIComponent(name)}/${version}` })
      expect([400, 404]).toContain(reply.statusCode)
    })

    it('a broken policy is 422 with its place, and deciding goes on (AS-037)', async () => {
      const reply = await ada({
        method: 'POST',
        url: '/policies',
        payload: 'policy: [unclosed\nversion: 1.0.0',
        headers: { 'content-type': 'text/yaml' },
      })
      expect([reply.statusCode, reply.json().code]).toEqual([422, 'policy-unreadable'])
      expect((await ada(post('/decisions/finance', ask(GOOD)))).statusCode).toBe(201)
    })
  })

  it('no line of the log holds a token or the id of a person', () => {
    const lines = server.lines.join('')
    expect(lines).not.toMatch(/writ_test_[0-9a-f]{24}_/)
    expect(lines).not.toContain('ada-lovelace')
  })
})
