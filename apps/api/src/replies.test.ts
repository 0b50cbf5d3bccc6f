import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DECISION, DECISION_ID } from './testing/recorded-use-cases.ts'
import { type TestServer, testServer } from './testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.api.close())

describe('replies', () => {
  const decide = (payload: object = {}) => ({
    method: 'POST' as const,
    url: '/decisions/finance',
    payload: {
      action: 'discount',
      subject: { type: 'customer', id: 'c-42' },
      request: {},
      ...payload,
    },
  })

  it('a live decision is 201 with Location, never cached, exactly as the use case gave it', async () => {
    const reply = await server.send(decide())
    expect(reply.statusCode).toBe(201)
    expect(reply.headers.location).toBe(`/decisions/${DECISION_ID}`)
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.headers['server-timing']).toMatch(/^command;dur=2\.5, total;dur=\d+\.\d$/)
    expect(reply.body).toBe(JSON.stringify(DECISION))
  })

  it('a dry run is 200 without Location', async () => {
    const reply = await server.send(decide({ mode: 'dry-run' }))
    expect(reply.statusCode).toBe(200)
    expect(reply.headers.location).toBeUndefined()
  })

  it('a field that the contract does not know is sent, not dropped', async () => {
    const decision = { ...DECISION, obligations: [{ id: 'tell-cfo' }] }
    const { send, api } = await testServer({
      replies: { makeDecision: { decision, replayed: true, totalMs: 1 } },
    })
    const reply = await send(decide())
    expect(reply.json().obligations).toEqual(decision.obligations)
    expect(reply.headers['idempotency-replayed']).toBe('true')
    await api.close()
  })

  it('a replay is marked in the header and its body is the first body', async () => {
    const { send, api } = await testServer({
      replies: {
        recordOutcome: { decisionId: DECISION_ID, metric: 'won', replayed: true },
        setKillSwitch: { status: 'release-requested', position: 11, counter: 3, replayed: false },
      },
    })
    const outcome = {
      method: 'POST' as const,
      url: `/outcomes/${DECISION_ID}`,
      payload: { values: { won: true } },
    }
    const [first, repeat] = [await server.send(outcome), await send(outcome)]
    expect([first.statusCode, repeat.statusCode]).toEqual([201, 201])
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(repeat.headers['idempotency-replayed']).toBe('true')
    expect(repeat.body).toBe(first.body)
    expect(first.json()).not.toHaveProperty('replayed')
    const release = await send({
      method: 'PUT',
      url: '/controls/kill-switch',
      payload: { state: 'off', reason: 'mended' },
      headers: { 'idempotency-key': 'k' },
    })
    expect(release.statusCode).toBe(202)
    await api.close()
  })

  it('a page of events tells the head and the way to the next page', async () => {
    const { send, api } = await testServer({
      replies: { listEvents: { events: [], next: 7, head: 42 } },
    })
    const reply = await send({ url: '/events?type=T&after=2&limit=5' })
    expect(reply.headers['writ-position']).toBe('42')
    expect(reply.headers.link).toBe('</events?type=T&limit=5&after=7>; rel="next"')
    expect((await server.send({ url: '/events' })).headers.link).toBeUndefined()
    await api.close()
  })

  it('ready is 200 or 503 with each check', async () => {
    const checks = { database: { ok: false, detail: 'does not answer' } }
    const { api } = await testServer({ replies: { ready: { ready: false, checks } } })
    const reply = await api.inject({ url: '/ready' })
    expect([reply.statusCode, reply.json()]).toEqual([503, { ready: false, checks }])
    expect((await server.api.inject({ url: '/ready' })).statusCode).toBe(200)
    expect((await server.api.inject({ url: '/health' })).json()).toEqual({ ok: true })
    await api.close()
  })
})
