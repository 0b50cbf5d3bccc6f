import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPENDED, EVENT_ID } from '../testing/recorded-use-cases.ts'
import { type TestServer, testServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.api.close())

const CE = {
  specversion: '1.0',
  id: 'order-4711/placed',
  source: '/shop/orders',
  type: 'com.acme.order.placed',
  subject: 'order:4711',
  time: '2026-03-01T13:00:00+01:00',
  data: { total: 120 },
}

const INCOMING = {
  type: 'com.acme.order.placed',
  stream: 'order:4711',
  data: { total: 120 },
  id: 'order-4711/placed',
  source: '/shop/orders',
  occurredAt: '2026-03-01T13:00:00+01:00',
}

const post = (payload: unknown, type = 'application/json', headers: Record<string, string> = {}) =>
  server.send({
    method: 'POST',
    url: '/events',
    payload: payload === undefined ? undefined : JSON.stringify(payload),
    headers: { ...(payload === undefined ? {} : { 'content-type': type }), ...headers },
  } as Parameters<TestServer['send']>[0])

const appended = (): unknown => server.calls.at(-1)?.args[1]

describe('plain JSON', () => {
  it('one event is answered by itself, with its place in the log', async () => {
    const event = {
      type: 'T',
      data: { a: 1 },
      subject: { type: 'customer', id: 'c-42' },
      expectedRevision: 0,
    }
    const reply = await post(event)
    expect(reply.statusCode).toBe(201)
    expect(reply.json()).toEqual({ ledger: 'acme/main', ...APPENDED })
    expect(reply.headers.location).toBe(`/events/${EVENT_ID}`)
    expect(appended()).toEqual([event])
  })

  it('a list is answered as a list, even of one', async () => {
    const reply = await post([{ type: 'T', data: {} }])
    expect(reply.statusCode).toBe(201)
    expect(reply.json()).toEqual({ ledger: 'acme/main', events: [APPENDED] })
  })

  it('ids of other events are handed on in small letters', async () => {
    const id = 'ABCDEF01-0000-4000-8000-000000000001'
    await post({ type: 'T', data: {}, correlationId: id, causationId: id })
    expect(appended()).toEqual([
      { type: 'T', data: {}, correlationId: id.toLowerCase(), causationId: id.toLowerCase() },
    ])
  })

  it.each<[string, unknown, string]>([
    [
      'a list with a bad event names its place',
      [{ type: 'T', data: {} }, { type: 'T' }],
      '/1/data',
    ],
    ['an empty list', [], ''],
    ['a list over the limit', Array(1001).fill({ type: 'T', data: {} }), ''],
    ['a text', 'event', ''],
    ['null', null, ''],
    ['data that is no object', { type: 'T', data: [1] }, '/data'],
    [
      'a number as text (AS-032)',
      { type: 'T', data: {}, expectedRevision: '0' },
      '/expectedRevision',
    ],
    ['true for a number', { type: 'T', data: {}, schema: true }, '/schema'],
    ['a number for a text', { type: 'T', data: {}, source: 7 }, '/source'],
    ['a tenant in the body (AS-012)', { type: 'T', data: {}, tenant: 'other' }, '/tenant'],
    ['an actor in the body (AS-012)', { type: 'T', data: {}, actor: 'eve' }, '/actor'],
    [
      'a day that does not exist',
      { type: 'T', data: {}, occurredAt: '2026-02-30T00:00:00Z' },
      '/occurredAt',
    ],
    [
      'a time without a zone',
      { type: 'T', data: {}, occurredAt: '2026-02-28T00:00:00' },
      '/occurredAt',
    ],
    ['SQL for a type (AS-010)', { type: "T'; drop table x", data: {} }, '/type'],
  ])('is refused: %s', async (_what, payload, pointer) => {
    const reply = await post(payload)
    expect(reply.statusCode).toBe(422)
    expect(reply.json()).toMatchObject({ code: 'request-invalid', errors: [{ pointer }] })
  })
})

describe('CloudEvents, structured', () => {
  const structured = (event: unknown) => post(event, 'application/cloudevents+json; charset=utf-8')

  it('one event becomes ours', async () => {
    const reply = await structured(CE)
    expect(reply.statusCode).toBe(201)
    expect(reply.json()).toEqual({ ledger: 'acme/main', ...APPENDED })
    expect(appended()).toEqual([INCOMING])
  })

  it('extension attributes that we keep find their fields', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await structured({
      ...CE,
      datacontenttype: 'application/vnd.acme+json; charset=utf-8',
      dataschema: 'https://acme.example/order/2',
      correlationid: '0B7C9C5E-3F5E-4C8E-9A43-0A6D3D3C1F11',
      schemaversion: 2,
      expectedrevision: 3,
      traceparent: trace,
    })
    expect(appended()).toEqual([
      {
        ...INCOMING,
        dataschema: 'https://acme.example/order/2',
        correlationId: '0b7c9c5e-3f5e-4c8e-9a43-0a6d3d3c1f11',
        schema: 2,
        expectedRevision: 3,
        traceparent: trace,
      },
    ])
  })

  it('a subject that is no stream name still names a stream', async () => {
    await structured({ ...CE, subject: 'images/a.jpg' })
    expect(appended()).toMatchObject([{ stream: 'cloudevent:images/a.jpg' }])
  })

  it('without subject, time and data is an event of its own', async () => {
    const { specversion, id, source, type } = CE
    await structured({ specversion, id, source, type })
    expect(appended()).toEqual([{ type, id, source, data: {} }])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['version 0.3', { specversion: '0.3' }, '/specversion'],
    ['no version', { specversion: undefined }, '/specversion'],
    ['no source', { source: undefined }, '/source'],
    ['an empty id', { id: '' }, '/id'],
    ['an extension that we do not keep', { partitionkey: 'p' }, '/partitionkey'],
    ['data that is no object', { data: 'text' }, '/data'],
    ['content that is no JSON', { datacontenttype: 'text/xml' }, '/datacontenttype'],
    ['a subject with white space', { subject: 'my file.jpg' }, '/subject'],
    ['a time that is none', { time: 'yesterday' }, '/time'],
    ['bytes', { data: undefined, data_base64: 'AAEC' }, '/data_base64'],
  ])('is refused: %s', async (_what, change, pointer) => {
    const reply = await structured({ ...CE, ...change })
    expect(reply.statusCode).toBe(422)
    expect(reply.json()).toMatchObject({ code: 'request-invalid', errors: [{ pointer }] })
  })

  it('says of bytes what to do instead', async () => {
    const reply = await structured({ ...CE, data_base64: 'AAEC' })
    expect(reply.json().detail).toContain('Send the content as data')
  })
})

describe('CloudEvents, batched', () => {
  const batch = (events: unknown) => post(events, 'application/cloudevents-batch+json')

  it('are appended together and answered as a list', async () => {
    const reply = await batch([CE, { ...CE, id: 'order-4711/paid' }])
    expect(reply.statusCode).toBe(201)
    expect(reply.json()).toHaveProperty('events')
    expect(appended()).toEqual([INCOMING, { ...INCOMING, id: 'order-4711/paid' }])
  })

  it.each<[string, unknown, string]>([
    ['nothing', [], ''],
    ['one event that is no list', CE, ''],
    ['a bad event in the middle', [CE, { ...CE, type: '' }, CE], '/1/type'],
    ['bytes in the middle', [CE, { ...CE, data_base64: 'AAEC' }], '/1/data_base64'],
    ['too many', Array(1001).fill({ ...CE, data: {} }), ''],
  ])('are refused: %s', async (_what, events, pointer) => {
    const reply = await batch(events)
    expect(reply.statusCode).toBe(422)
    expect(reply.json().errors).toMatchObject([{ pointer }])
  })
})

describe('CloudEvents, binary', () => {
  const HEADERS = {
    'ce-specversion': '1.0',
    'ce-id': 'order-4711/placed',
    'ce-source': '/shop/orders',
    'ce-type': 'com.acme.order.placed',
    'ce-subject': 'order:4711',
    'ce-time': '2026-03-01T13:00:00+01:00',
  }
  const binary = (data: unknown, change: Record<string, string> = {}) =>
    post(data, 'application/json', { ...HEADERS, ...change })

  it('is the event of the headers with the body as data', async () => {
    const reply = await binary({ total: 120 })
    expect(reply.statusCode).toBe(201)
    expect(reply.json()).toEqual({ ledger: 'acme/main', ...APPENDED })
    expect(appended()).toEqual([INCOMING])
  })

  it('may have no body', async () => {
    expect((await binary(undefined)).statusCode).toBe(201)
    expect(appended()).toEqual([{ ...INCOMING, data: {} }])
  })

  it('values are unquoted and percent-decoded, integers are read as such', async () => {
    await binary(
      { total: 1 },
      {
        'ce-subject': '"order:K%C3%B6ln/%E2%82%AC"',
        'ce-schemaversion': '2',
        'ce-expectedrevision': '0',
      },
    )
    expect(appended()).toMatchObject([{ stream: 'order:Köln/€', schema: 2, expectedRevision: 0 }])
  })

  it.each<[string, Record<string, string>, string]>([
    ['version 0.3', { 'ce-specversion': '0.3' }, '/ce-specversion'],
    ['an empty type', { 'ce-type': '' }, '/ce-type'],
    ['an extension that we do not keep', { 'ce-partitionkey': 'p' }, '/ce-partitionkey'],
    ['a broken percent code', { 'ce-subject': '%zz' }, '/ce-subject'],
    ['percent codes that are not UTF-8', { 'ce-subject': '%ff' }, '/ce-subject'],
    ['a header that is not ASCII', { 'ce-subject': 'order:ä' }, '/ce-subject'],
    ['an integer that is none', { 'ce-schemaversion': 'two' }, '/ce-schemaversion'],
  ])('is refused: %s', async (_what, change, pointer) => {
    const reply = await binary({}, change)
    expect(reply.statusCode).toBe(422)
    expect(reply.json().errors).toMatchObject([{ in: 'header', pointer }])
  })

  it('names a forgotten header, and faults of the body as such', async () => {
    const forgotten = await post({}, 'application/json', { 'ce-id': '1' })
    expect(forgotten.json().errors).toContainEqual({
      in: 'header',
      pointer: '/ce-specversion',
      message: 'is missing',
    })
    expect((await binary([1])).json().errors).toEqual([{ pointer: '', message: 'must be object' }])
  })
})
