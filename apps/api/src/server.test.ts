import { SCOPES } from '@writ/commands'
import { Problem, StoreUnavailable } from '@writ/kernel'
import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DECISION_ID } from './testing/recorded-use-cases.ts'
import { routesOf } from './testing/routes-of.ts'
import { ADA_KEY, type TestServer, testServer } from './testing/test-server.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const CORRELATION = '0b7c9c5e-3f5e-4c8e-9a43-0a6d3d3c1f11'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.api.close())

describe('every route', () => {
  it('names a scope, and only the service routes are public', async () => {
    const routes = await routesOf()
    expect(routes.length).toBeGreaterThan(18)
    for (const { url, scope } of routes) {
      if (['/health', '/ready'].includes(url)) expect([url, scope]).toEqual([url, 'public'])
      else expect([url, SCOPES.some((known) => known === scope)]).toEqual([url, true])
    }
  })

  it('answers 401 without a key and 403 with a key of every other scope (AS-019)', async () => {
    for (const { method, url, scope } of await routesOf()) {
      if (scope === 'public') continue
      const path = url.replace(/:\w+/g, 'x')
      const ask = (authorization: string | undefined) =>
        server.api.inject({
          method,
          url: path,
          headers: authorization === undefined ? {} : { authorization },
        } as InjectOptions)
      const others = SCOPES.filter((known) => known !== scope).join(',')
      expect([method, url, (await ask(undefined)).statusCode]).toEqual([method, url, 401])
      expect([method, url, (await ask('Bearer wrong')).statusCode]).toEqual([method, url, 401])
      expect([method, url, (await ask('Basic YTpi')).statusCode]).toEqual([method, url, 401])
      const forbidden = await ask(`Bearer with-${others}`)
      expect([method, url, forbidden.statusCode]).toEqual([method, url, 403])
      if (method !== 'HEAD') expect(forbidden.json()).toMatchObject({ code: 'forbidden', scope })
    }
  })

  it('that mutates takes an Idempotency-Key', async () => {
    const mutating = (await routesOf()).filter(
      ({ method }) => method === 'POST' || method === 'PUT',
    )
    for (const { url, idempotencyKey } of mutating) {
      expect([url, idempotencyKey !== undefined]).toEqual([url, url !== '/policies/validate'])
    }
  })
})

describe('a credential', () => {
  it('is told to be a bearer', async () => {
    const none = await server.api.inject({ url: '/controls' })
    expect(none.headers['www-authenticate']).toBe('Bearer realm="writ"')
    const wrong = await server.api.inject({
      url: '/controls',
      headers: { authorization: 'Bearer no' },
    })
    expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  it('alone says who asks: no header and no query does (AS-012)', async () => {
    await server.send({
      url: '/controls',
      headers: { 'x-tenant-id': 'other', 'x-writ-tenant': 'other' },
    })
    expect(server.calls.at(-1)?.args[0]).toMatchObject({ tenant: 'acme', ledger: 'acme/main' })
    expect((await server.send({ url: '/events?tenant=other' })).statusCode).toBe(422)
  })

  it('is never written to the log', async () => {
    await server.send({ url: '/controls' })
    await server.api.inject({
      url: '/controls',
      headers: { authorization: 'Bearer hush-hush-hush' },
    })
    expect(server.lines.join('')).not.toContain(ADA_KEY)
    expect(server.lines.join('')).not.toContain('hush')
  })
})

describe('x-correlation-id', () => {
  it('is echoed in small letters, handed on and written to the log', async () => {
    const reply = await server.send({
      method: 'POST',
      url: '/events',
      payload: { type: 'T', data: {} },
      headers: { 'x-correlation-id': CORRELATION.toUpperCase() },
    })
    expect(reply.headers['x-correlation-id']).toBe(CORRELATION)
    expect(server.calls.at(-1)?.args[0]).toMatchObject({ correlationId: CORRELATION })
    expect(server.lines.at(-1)).toContain(CORRELATION)
  })

  it('is made where none was sent', async () => {
    expect((await server.send({ url: '/health' })).headers['x-correlation-id']).toMatch(UUID)
  })

  it.each([
    "abc'; drop",
    '',
    'not-a-uuid',
    `${CORRELATION}, ${CORRELATION}`,
    '\u0001',
    'é'.repeat(40),
  ])(
    'that reads %j is refused before anything else, and its text goes nowhere (AS-008)',
    async (text) => {
      for (const url of ['/controls', '/health', '/nowhere', '/docs']) {
        const reply = await server.api.inject({ url, headers: { 'x-correlation-id': text } })
        expect([url, reply.statusCode, reply.json().code]).toEqual([
          url,
          400,
          'correlation-id-invalid',
        ])
        if (text !== '') expect(reply.body).not.toContain(text)
        expect(reply.headers['x-correlation-id']).toBeUndefined()
      }
      if (text !== '') expect(server.lines.join('')).not.toContain(text)
    },
  )
})

describe('traceparent', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const append = (traceparent: string) =>
    server.send({
      method: 'POST',
      url: '/events',
      payload: { type: 'T', data: {} },
      headers: { traceparent },
    })

  it('is handed on, and its trace id stands in problems and in the log', async () => {
    await append(trace)
    expect(server.calls.at(-1)?.args[0]).toMatchObject({ traceparent: trace })
    const lost = await server.send({ url: '/nowhere', headers: { traceparent: trace } })
    expect(lost.json().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(server.lines.at(-1)).toContain('0af7651916cd43dd8448eb211c80319c')
  })

  it('is ignored when it is not valid', async () => {
    expect((await append("'; drop")).statusCode).toBe(201)
    expect(server.calls.at(-1)?.args[0]).not.toHaveProperty('traceparent')
    expect(server.lines.join('')).not.toContain("'; drop")
  })
})

describe('a problem', () => {
  it('is RFC 9457 with code, errorId and instance, and is not stored by caches', async () => {
    const reply = await server.send({ url: '/nowhere' })
    const body = reply.json()
    expect(reply.headers['content-type']).toContain('application/problem+json')
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(body).toEqual({
      type: 'urn:writ:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'No such route. See /docs.',
      instance: `urn:uuid:${body.errorId}`,
      code: 'not-found',
      errorId: expect.stringMatching(UUID),
    })
  })

  it('never repeats the path, which may be hostile or name a person', async () => {
    const reply = await server.send({ url: '/nowhere/ada@acme.example' })
    expect(reply.body).not.toContain('ada@')
    expect(server.lines.at(-1)).not.toContain('ada@')
    expect(server.lines.at(-1)).toContain(reply.json().errorId)
  })

  it('of a use case keeps its sentence and its fields, which replace no member', async () => {
    const { send, api } = await testServer({
      replies: {
        appendEvents: new Problem('revision-conflict', 'The stream is at revision 3.', {
          actualRevision: 3,
          status: 200,
          code: 'x',
          retryAfterSeconds: 1.2,
        }),
      },
    })
    const reply = await send({ method: 'POST', url: '/events', payload: { type: 'T', data: {} } })
    expect(reply.statusCode).toBe(409)
    expect(reply.headers['retry-after']).toBe('2')
    expect(reply.json()).toMatchObject({
      status: 409,
      code: 'revision-conflict',
      detail: 'The stream is at revision 3.',
      actualRevision: 3,
    })
    expect(reply.json()).not.toHaveProperty('retryAfterSeconds')
    await api.close()
  })

  it('internal tells nothing but an errorId, under which the log tells all', async () => {
    const { send, api, lines } = await testServer({
      replies: { controls: new Error('password=hush at db.internal:5432') },
    })
    const reply = await send({ url: '/controls' })
    expect(reply.statusCode).toBe(500)
    expect(reply.json().code).toBe('internal')
    expect(reply.body).not.toMatch(/hush|db\.internal|at .*\.ts|stack/)
    const line = lines.find((text) => text.includes(reply.json().errorId))
    expect(line).toContain('db.internal')
    await api.close()
  })

  it.each([
    ['not-written', 'nothing was written'],
    ['unknown', 'may be durable'],
  ] as const)('of a lost store (%s) is 503 with Retry-After', async (outcome, words) => {
    const { send, api } = await testServer({
      replies: { appendEvents: new StoreUnavailable(outcome, new Error('connection lost')) },
    })
    const reply = await send({ method: 'POST', url: '/events', payload: { type: 'T', data: {} } })
    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('2')
    expect(reply.json()).toMatchObject({ code: 'store-unavailable' })
    expect(reply.json().detail).toContain(words)
    await api.close()
  })
})

describe('a method that a path does not have', () => {
  it.each([
    ['DELETE', '/events', 'GET, HEAD, POST'],
    ['GET', '/policies/p/1/activate', 'POST'],
    ['POST', '/controls', 'GET, HEAD'],
    ['OPTIONS', '/health', 'GET, HEAD'],
    ['PATCH', `/decisions/${DECISION_ID}`, 'GET, HEAD, POST'],
  ] as const)('%s %s gets 405 with Allow: %s', async (method, url, allow) => {
    const reply = await server.send({ method, url })
    expect(reply.statusCode).toBe(405)
    expect(reply.headers.allow).toBe(allow)
    expect(reply.json().code).toBe('method-not-allowed')
  })

  it('is 404 where there is no such path at all', async () => {
    for (const url of [
      '/',
      '/event',
      '/events/',
      '/events/a/b',
      '//events',
      '/controls/flags/finance',
    ]) {
      expect([url, (await server.send({ method: 'DELETE', url })).statusCode]).toEqual([url, 404])
    }
  })

  it('HEAD is answered wherever GET is', async () => {
    const reply = await server.send({ method: 'HEAD', url: '/controls' })
    expect(reply.statusCode).toBe(200)
    expect(reply.body).toBe('')
  })
})
