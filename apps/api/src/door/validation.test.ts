import { PROBLEM_PLACES_MAX } from '@writ/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DECISION_ID } from '../testing/recorded-use-cases.ts'
import { type TestServer, testServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.api.close())

const DECISION = {
  action: 'discount',
  subject: { type: 'customer', id: 'c-42' },
  request: { discount: 0.04 },
}

const decide = (change: Record<string, unknown>) =>
  server.send({ method: 'POST', url: '/decisions/finance', payload: { ...DECISION, ...change } })

describe('a body that does not fit', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a text for an object', { subject: 'c-42' }, '/subject'],
    ['an unknown field (AS-034)', { policyVersion: '1.0.0' }, '/policyVersion'],
    [
      'an unknown field below',
      { subject: { type: 'customer', id: '1', tier: 'gold' } },
      '/subject/tier',
    ],
    ['a missing field below', { subject: { type: 'customer' } }, '/subject/id'],
    ['a number for a text', { action: 7 }, '/action'],
    ['null for a text', { action: null }, '/action'],
    ['a list for a text', { action: ['discount'] }, '/action'],
    ['a text for the request', { request: '{}' }, '/request'],
    ['a mode that is unknown', { mode: 'maybe' }, '/mode'],
    ['a correlation id that is no UUID', { correlationId: "abc'; drop" }, '/correlationId'],
    ['SQL for an action (AS-010)', { action: "x'; drop table log.entries; --" }, '/action'],
  ])('gets 422 with a pointer: %s', async (_what, change, pointer) => {
    const before = server.calls.length
    const reply = await decide(change)
    expect(reply.statusCode).toBe(422)
    expect(reply.json()).toMatchObject({ code: 'request-invalid', errors: [{ pointer }] })
    expect(server.calls).toHaveLength(before)
  })

  it('names every missing field by its own pointer', async () => {
    const reply = await server.send({ method: 'POST', url: '/decisions/finance', payload: {} })
    expect(reply.json().errors).toEqual([
      { pointer: '/action', message: 'is missing' },
      { pointer: '/subject', message: 'is missing' },
      { pointer: '/request', message: 'is missing' },
    ])
    expect(reply.json().detail).toBe('/action is missing (and 2 more).')
  })

  it('escapes a field name in its pointer', async () => {
    expect((await decide({ 'a/b~c': 1 })).json().errors[0].pointer).toBe('/a~1b~0c')
  })

  it('lists a bounded number of places', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i]))
    expect((await decide(unknown)).json().errors).toHaveLength(PROBLEM_PLACES_MAX)
  })

  it('of eighty thousand unknown fields is refused fast, with one place', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [`f${i}`, 1]))
    const started = performance.now()
    const reply = await server.send({ method: 'POST', url: '/decisions/finance', payload: unknown })
    expect(reply.json()).toMatchObject({ status: 422, errors: [{}] })
    expect(reply.json().errors).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('is passed on untouched when it fits: nothing coerced, nothing dropped (AS-032)', async () => {
    const request = { discount: '0.04', extra: { deep: [1, null, 'x'] }, flag: 'true' }
    await decide({ request })
    expect(server.calls.at(-1)?.args[2]).toEqual({ ...DECISION, request })
  })

  it('without any body is told what is missing', async () => {
    const reply = await server.send({ method: 'POST', url: '/decisions/finance' })
    expect(reply.json()).toMatchObject({
      status: 422,
      errors: [{ pointer: '', message: 'must be object' }],
    })
  })
})

describe('alternatives', () => {
  const halt = (scope: unknown) =>
    server.send({
      method: 'PUT',
      url: '/controls/kill-switch',
      payload: { state: 'halt', reason: 'r', scope },
      headers: { 'idempotency-key': 'k' },
    })

  it('are judged against the kind that was sent', async () => {
    expect((await halt({ domain: 'Finance' })).json().errors).toMatchObject([
      { pointer: '/scope/domain' },
    ])
    expect((await halt({ action: 'x' })).json().errors).toEqual([
      { pointer: '/scope/domain', message: 'is missing' },
    ])
    expect((await halt('everything')).statusCode).toBe(422)
    expect((await halt('tenant')).statusCode).toBe(200)
    expect((await halt({ domain: 'finance', action: 'discount' })).statusCode).toBe(200)
  })
})

describe('an outcome', () => {
  const record = (payload: object) =>
    server.send({ method: 'POST', url: `/outcomes/${DECISION_ID}`, payload })

  it('says something or takes something back', async () => {
    expect((await record({ values: { won: true } })).statusCode).toBe(201)
    expect((await record({ metric: 'won', retract: true })).statusCode).toBe(201)
    expect((await record({ metric: 'won' })).json().errors).toEqual([
      { pointer: '/values', message: 'is missing' },
      { pointer: '/retract', message: 'is missing' },
    ])
  })
})

describe('a query', () => {
  it('is converted from text', async () => {
    await server.send({ url: '/events?after=7&limit=5&type=T&stream=customer%3Ac-42' })
    expect(server.calls.at(-1)?.args[1]).toEqual({
      after: 7,
      limit: 5,
      type: 'T',
      stream: 'customer:c-42',
    })
  })

  it.each([
    ['limit=0', '/limit'],
    ['limit=1001', '/limit'],
    ['limit=many', '/limit'],
    ['limit=5&limit=6', '/limit'],
    ['after=-1', '/after'],
    ['after=1.5', '/after'],
    ["after=1' or '1'='1", '/after'],
    ['correlationId=abc', '/correlationId'],
    ['tenant=other', '/tenant'],
  ])('that does not fit gets 422: %s', async (query, pointer) => {
    const reply = await server.send({ url: `/events?${encodeURI(query)}` })
    expect(reply.statusCode).toBe(422)
    expect(reply.json().errors).toMatchObject([{ in: 'query', pointer }])
  })
})

describe('a path', () => {
  it.each([
    ['/events/not-a-uuid', '/id'],
    ["/decisions/1'%20or%20'1'='1", '/id'],
    ['/outcomes/00000000-0000-0000-0000-000000000000', '/decisionId'],
  ])('that does not fit gets 422: %s', async (url, pointer) => {
    const reply = await server.send({ url })
    expect(reply.statusCode).toBe(422)
    expect(reply.json().errors).toMatchObject([{ in: 'path', pointer }])
  })

  it('takes a UUID in capitals and hands it on in small letters', async () => {
    await server.send({ url: '/events/01920000-0000-7000-8000-0000000000AB' })
    expect(server.calls.at(-1)?.args[1]).toBe('01920000-0000-7000-8000-0000000000ab')
  })

  it('with an over-long segment is no route', async () => {
    expect((await server.send({ url: `/events/${'a'.repeat(300)}` })).statusCode).toBe(404)
  })
})
