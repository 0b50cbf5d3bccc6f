import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.api.close())

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
    expect(reply.json()).toMatchObject({
      status: 422,
      code: 'policy-unreadable',
      detail: 'The text is not UTF-8 at byte 1.',
    })
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
