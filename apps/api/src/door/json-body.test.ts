import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.api.close())

const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  server.send({
    method: 'POST',
    url: '/events',
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  })

const around = (value: string) => `{"type":"T","data":{"a":{"b":${value}}}}`

describe('a body that is not JSON as Writ takes it', () => {
  it.each<[string, string | Buffer, string]>([
    ['a byte order mark', `\ufeff${around('1')}`, ''],
    ['a duplicate key (AS-011)', '{"type":"T","data":{"a":1,"a":2}}', '/data/a'],
    ['1e400 (AS-011)', around('1e400'), '/data/a/b'],
    ['2^53+1 (AS-011)', around('9007199254740993'), '/data/a/b'],
    ['a lone surrogate (AS-007)', around('"\\ud800"'), '/data/a/b'],
    ['U+0000 (AS-007)', around('"\\u0000"'), '/data/a/b'],
    ['__proto__ (AS-009)', around('{"__proto__":{"polluted":true}}'), '/data/a/b/__proto__'],
    [
      'constructor.prototype (AS-009)',
      around('{"constructor":{"prototype":{}}}'),
      '/data/a/b/constructor',
    ],
    ['NaN', around('NaN'), '/data/a/b'],
    ['a trailing comma', '{"type":"T",}', ''],
    ['nothing', '', ''],
    ['two values', '{} {}', ''],
    [
      'invalid UTF-8 in a text (AS-007)',
      Buffer.concat([Buffer.from('{"type":"T","data":{"a":{"b":"x'), Buffer.of(0xff, 0x22)]),
      '/data/a/b',
    ],
    [
      'an overlong encoding',
      Buffer.concat([Buffer.from('{"type":"'), Buffer.of(0xc0, 0x80, 0x22, 0x7d)]),
      '/type',
    ],
    [
      'a character cut off at the end',
      Buffer.concat([Buffer.from('{"type":"'), Buffer.of(0xe2, 0x82)]),
      '/type',
    ],
    ['UTF-16', Buffer.from('{"type":"T","data":{}}', 'utf16le'), ''],
  ])('gets 400 with pointer and offset: %s', async (_what, payload, pointer) => {
    const before = server.calls.length
    const reply = await post(payload)
    expect(reply.statusCode).toBe(400)
    expect(reply.json()).toMatchObject({
      code: 'malformed-json',
      offset: expect.any(Number),
      errors: [{ pointer, message: expect.any(String) }],
    })
    expect(server.calls).toHaveLength(before)
  })

  it('names the first bad byte of invalid UTF-8', async () => {
    const good = Buffer.from('{"type":"TÄ€😀')
    const reply = await post(Buffer.concat([good, Buffer.of(0xfe), Buffer.from('"}')]))
    expect(reply.json().offset).toBe(good.length)
  })

  it('of 10,000 levels is refused within a second and the server stays up (AS-006)', async () => {
    const started = performance.now()
    const reply = await post(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)
    expect(reply.statusCode).toBe(400)
    expect(reply.json().code).toBe('malformed-json')
    expect(performance.now() - started).toBeLessThan(1_000)
    expect((await server.send({ url: '/health' })).statusCode).toBe(200)
  })

  it('leaves no polluted property behind (AS-009)', async () => {
    await post('{"__proto__":{"polluted":true}}')
    await post('{"constructor":{"prototype":{"polluted":true}}}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('a body of another kind', () => {
  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/yaml', 415],
    ['multipart/form-data; boundary=x', 415],
    ['no/slash/no', 415],
    ['application/json; charset=utf-8', 201],
    ['Application/JSON', 201],
  ])('%s gets %i', async (type, status) => {
    const reply = await post('{"type":"T","data":{}}', { 'content-type': type })
    expect(reply.statusCode).toBe(status)
    if (status === 415) expect(reply.json().code).toBe('content-type-unsupported')
  })

  it('compressed gets 415 instead of a riddle', async () => {
    const reply = await post('x', { 'content-encoding': 'gzip' })
    expect(reply.json()).toMatchObject({ status: 415, code: 'content-type-unsupported' })
  })

  it('CloudEvents go to /events only', async () => {
    const reply = await server.send({
      method: 'POST',
      url: '/decisions/finance',
      payload: '{}',
      headers: { 'content-type': 'application/cloudevents+json' },
    })
    expect(reply.statusCode).toBe(415)
  })

  it('is refused by a route that takes none, while an empty one passes', async () => {
    const activate = (payload: string) =>
      server.send({
        method: 'POST',
        url: '/policies/p/1.0.0/activate',
        payload,
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      })
    expect((await activate('{"force":true}')).json()).toMatchObject({
      status: 422,
      code: 'request-invalid',
    })
    expect((await activate('')).statusCode).toBe(200)
    expect((await activate('{}')).statusCode).toBe(200)
  })
})
