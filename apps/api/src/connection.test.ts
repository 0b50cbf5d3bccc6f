import { type AddressInfo, connect, type Socket } from 'node:net'
import { BODY_BYTES_MAX, HEADER_BYTES_MAX } from '@writ/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DRAIN_BYTES_MAX } from './http/keep-connection.ts'
import { ADA_KEY, type TestServer, testServer } from './testing/test-server.ts'

let server: TestServer
let port: number
beforeAll(async () => {
  server = await testServer()
  await server.api.listen({ port: 0, host: '127.0.0.1' })
  port = (server.api.server.address() as AddressInfo).port
})
afterAll(() => server.api.close())

interface Reply {
  readonly status: number
  readonly headers: string
  readonly body: string
}

/** One real connection: writes raw bytes, reads one reply at a time. */
const open = async () => {
  const socket: Socket = connect(port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  let received = ''
  let closed = false
  let wake: () => void = () => undefined
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    wake()
  })
  for (const end of ['close', 'error'] as const) {
    socket.on(end, () => {
      closed = true
      wake()
    })
  }
  const until = async (done: () => boolean) => {
    while (!done() && !closed) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    write: (bytes: string | Buffer) => socket.write(bytes),
    async reply(): Promise<Reply> {
      await until(() => received.includes('\r\n\r\n'))
      const [headers = ''] = received.split('\r\n\r\n', 1)
      const length = Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0)
      const from = headers.length + 4
      await until(() => received.length >= from + length)
      const reply = {
        status: Number(headers.slice(9, 12)),
        headers: headers.toLowerCase(),
        body: received.slice(from, from + length),
      }
      received = received.slice(from + length)
      return reply
    },
    async closed(): Promise<boolean> {
      await until(() => false)
      return closed
    },
    end: () => socket.destroy(),
  }
}

const head = (headers: string, auth = `authorization: Bearer ${ADA_KEY}\r\n`) =>
  `POST /events HTTP/1.1\r\nhost: x\r\n${auth}content-type: application/json\r\n${headers}\r\n\r\n`

const GOOD = '{"type":"T","data":{}}'
const good = `${head(`content-length: ${GOOD.length}`)}${GOOD}`

describe('a connection stays usable', () => {
  it.each<[string, () => (string | Buffer)[], number]>([
    [
      'after a 2 MiB body (AS-005)',
      () => [head(`content-length: ${2 * BODY_BYTES_MAX}`), Buffer.alloc(2 * BODY_BYTES_MAX, 0x20)],
      413,
    ],
    [
      'after a body in chunks that is over the limit',
      () => [
        head('transfer-encoding: chunked'),
        `${(2 * BODY_BYTES_MAX).toString(16)}\r\n`,
        Buffer.alloc(2 * BODY_BYTES_MAX, 0x20),
        '\r\n0\r\n\r\n',
      ],
      413,
    ],
    ['after a body that is no JSON', () => [head('content-length: 4'), '{"a"'], 400],
    [
      'after a large body without a key',
      () => [head(`content-length: ${BODY_BYTES_MAX}`, ''), Buffer.alloc(BODY_BYTES_MAX, 0x20)],
      401,
    ],
  ])('%s', async (_what, bytes, status) => {
    const before = server.calls.length
    const connection = await open()
    for (const piece of bytes()) connection.write(piece)
    const refused = await connection.reply()
    expect(refused.status).toBe(status)
    expect(refused.headers).not.toContain('connection: close')
    expect(server.calls).toHaveLength(before)
    connection.write(good)
    expect((await connection.reply()).status).toBe(201)
    expect(server.calls).toHaveLength(before + 1)
    connection.end()
  })

  it('BODY_BYTES_MAX holds at the limit and not one above', async () => {
    const padded = (bytes: number) => GOOD.replace('{}', `{${' '.repeat(bytes - GOOD.length)}}`)
    const connection = await open()
    connection.write(`${head(`content-length: ${BODY_BYTES_MAX}`)}${padded(BODY_BYTES_MAX)}`)
    expect((await connection.reply()).status).toBe(201)
    connection.write(
      `${head(`content-length: ${BODY_BYTES_MAX + 1}`)}${padded(BODY_BYTES_MAX + 1)}`,
    )
    expect((await connection.reply()).status).toBe(413)
    connection.end()
  })
})

describe('a connection is closed', () => {
  it('when the body announced is not worth reading to its end', async () => {
    const connection = await open()
    connection.write(head(`content-length: ${DRAIN_BYTES_MAX + 1}`))
    const refused = await connection.reply()
    expect(refused.status).toBe(413)
    expect(refused.headers).toContain('connection: close')
    expect(await connection.closed()).toBe(true)
  })

  it('when a body in chunks never ends', async () => {
    const connection = await open()
    connection.write(head('transfer-encoding: chunked'))
    const chunk = Buffer.concat([
      Buffer.from('100000\r\n'),
      Buffer.alloc(1_048_576),
      Buffer.from('\r\n'),
    ])
    for (let sent = 0; sent <= DRAIN_BYTES_MAX + 2 * BODY_BYTES_MAX; sent += 1_048_576)
      connection.write(chunk)
    expect((await connection.reply()).status).toBe(413)
    expect(await connection.closed()).toBe(true)
  })
})

describe('bytes that are no request', () => {
  it.each<[string, string, number, string]>([
    ['a request line that is none', 'hello\r\n\r\n', 400, 'http-malformed'],
    [
      'a header with a control character',
      'GET /health HTTP/1.1\r\nhost: x\r\nx-a: \u0000\r\n\r\n',
      400,
      'http-malformed',
    ],
    [
      'two lengths of one body',
      'POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
      'http-malformed',
    ],
    [
      'headers over the limit',
      `GET /health HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(HEADER_BYTES_MAX)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    [
      'a URL that cannot be decoded',
      'GET /events/%zz HTTP/1.1\r\nhost: x\r\n\r\n',
      400,
      'http-malformed',
    ],
  ])('get a problem too: %s', async (_what, bytes, status, code) => {
    const connection = await open()
    connection.write(bytes)
    const reply = await connection.reply()
    expect(reply.status).toBe(status)
    expect(reply.headers).toContain('content-type: application/problem+json')
    expect(JSON.parse(reply.body)).toMatchObject({ status, code })
    connection.end()
  })
})

describe('the same header twice', () => {
  it.each([
    'idempotency-key: a\r\nidempotency-key: b',
    'x-correlation-id: a\r\nx-correlation-id: b',
  ])('is refused: %j', async (headers) => {
    const connection = await open()
    connection.write(`${head(`content-length: ${GOOD.length}\r\n${headers}`)}${GOOD}`)
    expect((await connection.reply()).status).toBe(400)
    connection.end()
  })
})
