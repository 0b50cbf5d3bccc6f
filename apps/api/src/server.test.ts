import { SCOPES } from '@writ/commands'
import { Problem, StoreUnavailable } from '@writ/kernel'
import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DECISION, DECISION_ID } from './testing/recorded-use-cases.ts'
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

describe('a policy', () => {
  const yaml = 'policy: p\nversion: 1.0.0\n'
  const publish = (payload: string | object, type: string, url = '/policies') =>
    server.send({ method: 'POST', url, payload, headers: { 'content-type': type } })

  it.each(['text/yaml', 'application/yaml', 'application/x-yaml', 'text/yaml; charset=utf-8'])(
    'is taken as %s, byte for byte',
    async (type) => {
      const reply = await publish(yaml, type)
      expect(reply.statusCode).toBe(201)
      expect(reply.headers.location).toBe('/policies/finance-constitution/1.1.0')
      expect(server.calls.at(-1)?.args[1]).toBe(yaml)
    },
  )

  it('is taken as YAML inside JSON and as a JSON document', async () => {
    await publish({ source: yaml }, 'application/json')
    expect(server.calls.at(-1)?.args[1]).toBe(yaml)
    await publish({ version: '1.0.0', policy: 'p' }, 'application/json', '/policies/validate')
    expect(server.calls.at(-1)?.args[1]).toBe('{"policy":"p","version":"1.0.0"}')
  })

  it('that is neither is refused', async () => {
    expect((await publish({ version: '1.0.0' }, 'application/json')).statusCode).toBe(422)
    expect((await publish({ source: 5 }, 'application/json')).statusCode).toBe(422)
    expect((await publish(Buffer.of(0xff).toString('latin1'), 'text/plain')).statusCode).toBe(415)
  })

  it('of invalid UTF-8 is refused', async () => {
    const reply = await server.send({
      method: 'POST',
      url: '/policies',
      payload: Buffer.of(0x70, 0xff),
      headers: { 'content-type': 'text/yaml' },
    })
    expect(reply.json()).toMatchObject({ status: 400, code: 'malformed-json' })
  })

  it('of 5 MB is refused within a second (AS-039)', async () => {
    const started = performance.now()
    const reply = await publish('x'.repeat(5_000_000), 'text/yaml')
    expect(reply.json()).toMatchObject({ status: 413, code: 'body-too-large' })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('is asked for by reference, so that a strange version is judged as one (AS-036)', async () => {
    await server.send({ url: '/policies/x/1@2' })
    expect(server.calls.at(-1)?.args[1]).toBe('x@1@2')
  })
})
