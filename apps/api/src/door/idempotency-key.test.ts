import { IDEMPOTENCY_KEY_CHARS_MAX } from '@writ/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/test-server.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'

describe('the key inside an Idempotency-Key header', () => {
  it.each([
    ['k-1', 'k-1'],
    ['"k-1"', 'k-1'],
    ['"with \\"quotes\\" and \\\\"', 'with "quotes" and \\'],
    ['with a space', 'with a space'],
    ['x'.repeat(IDEMPOTENCY_KEY_CHARS_MAX), 'x'.repeat(IDEMPOTENCY_KEY_CHARS_MAX)],
  ])('of %j is %j', (sent, key) => {
    expect(idempotencyKeyOf(sent)).toBe(key)
  })

  it.each(['', '""', '"open', 'x'.repeat(IDEMPOTENCY_KEY_CHARS_MAX + 1), 'ä', 'a\tb', 'a\u0000b'])(
    'is refused in %j',
    (sent) => {
      expect(idempotencyKeyOf(sent)).toBeUndefined()
    },
  )
})

describe('a mutating route', () => {
  const servers: { development?: TestServer; production?: TestServer } = {}
  beforeAll(async () => {
    servers.development = await testServer()
    servers.production = await testServer({ config: { profile: 'production' } })
  })
  afterAll(async () => {
    await servers.development?.api.close()
    await servers.production?.api.close()
  })

  const decision = {
    method: 'POST',
    url: '/decisions/finance',
    payload: { action: 'discount', subject: { type: 'customer', id: 'c-42' }, request: {} },
  } as const
  const event = { method: 'POST', url: '/events', payload: { type: 'T', data: {} } } as const
  const controls = [
    { method: 'PUT', url: '/controls/kill-switch', payload: { state: 'halt', reason: 'r' } },
    {
      method: 'PUT',
      url: '/controls/flags/finance/discount',
      payload: { state: 'off', reason: 'r' },
    },
    { method: 'POST', url: '/policies/p/1.0.0/activate' },
  ] as const

  it.each(controls)('asks for a key always: $method $url', async (request) => {
    const without = await servers.development?.send(request)
    expect(without?.statusCode).toBe(400)
    expect(without?.json().code).toBe('idempotency-key-required')
    const withKey = await servers.development?.send({
      ...request,
      headers: { 'idempotency-key': 'k-1' },
    })
    expect(withKey?.statusCode).toBe(200)
  })

  it('asks for a key of decisions in production only', async () => {
    expect((await servers.development?.send(decision))?.statusCode).toBe(201)
    expect((await servers.production?.send(decision))?.json().code).toBe('idempotency-key-required')
    const withKey = await servers.production?.send({
      ...decision,
      headers: { 'idempotency-key': 'k-1' },
    })
    expect(withKey?.statusCode).toBe(201)
  })

  it('takes events without a key in both', async () => {
    expect((await servers.development?.send(event))?.statusCode).toBe(201)
    expect((await servers.production?.send(event))?.statusCode).toBe(201)
  })

  it('hands the bare key to the use case, however it was quoted', async () => {
    for (const sent of ['k-7', '"k-7"']) {
      await servers.development?.send({ ...event, headers: { 'idempotency-key': sent } })
      expect(servers.development?.calls.at(-1)?.args[0]).toMatchObject({ idempotencyKey: 'k-7' })
    }
  })

  it('refuses a key that is no key before it looks at the body', async () => {
    const reply = await servers.development?.send({
      ...event,
      payload: 'no json',
      headers: { 'idempotency-key': 'ä', 'content-type': 'application/json' },
    })
    expect(reply?.json()).toMatchObject({ status: 400, code: 'idempotency-key-invalid' })
  })
})
