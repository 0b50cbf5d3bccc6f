import type { LightMyRequestResponse } from 'fastify'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  type TestDatabase,
} from '../../../../test/support/test-databases.ts'
import { type RealServer, realServer, sender } from '../testing/real-server.ts'

const ADA = 'ada.lovelace@example.org'

interface Listed {
  readonly events: readonly { readonly type: string; readonly stream: string }[]
  readonly next?: number
}

describeOnBothDatabases('GET /events?stream=', (open) => {
  let test: TestDatabase
  let server: RealServer
  let acme: ReturnType<typeof sender>
  let other: ReturnType<typeof sender>
  let streamOfAda: string

  const append = async (type: string, more: object): Promise<LightMyRequestResponse> => {
    const reply = await acme({
      method: 'POST',
      url: '/events',
      payload: { type, data: {}, ...more },
    })
    expect(reply.statusCode).toBe(201)
    return reply
  }
  const list = async (stream: string, query = '', as = acme): Promise<Listed> => {
    const url = `/events?stream=${encodeURIComponent(stream)}${query}`
    const reply = await as({ method: 'GET', url })
    expect(reply.statusCode).toBe(200)
    return reply.json()
  }
  const types = async (stream: string): Promise<readonly string[]> =>
    (await list(stream)).events.map(({ type }) => type)
  const issued = async (): Promise<unknown> =>
    test.owner.query({
      text: 'select (select count(*) from log.issued_ids) as ids, (select count(*) from log.subject_keys) as keys',
    })

  beforeAll(async () => {
    test = await open()
    server = await realServer(test.database)
    acme = sender(server.api, await server.token('acme'))
    other = sender(server.api, await server.token('bmce'))
    const subject = { type: 'customer', id: ADA }
    const first = await append('One', { subject })
    streamOfAda = first.json().events?.[0]?.stream ?? first.json().stream
    await append('Two', { subject })
    await append('Elsewhere', { subject: { type: 'customer', id: 'bo' } })
    await append('Invoiced', { subject: { type: 'invoice', id: 'i-1' } })
    return () => server.close()
  })

  it('finds a person by the issued id and by the caller’s own, the same events', async () => {
    expect(streamOfAda).not.toContain(ADA)
    const byOwnId = await list(`customer:${ADA}`)
    expect(byOwnId.events.map(({ type }) => type)).toEqual(['One', 'Two'])
    expect(byOwnId.events).toEqual((await list(streamOfAda)).events)
    for (const { stream } of byOwnId.events) expect(stream).toBe(streamOfAda)
  })

  it('pages by the own id as by any other', async () => {
    const page = await list(`customer:${ADA}`, '&limit=1')
    expect(page.events.map(({ type }) => type)).toEqual(['One'])
    const rest = await list(`customer:${ADA}`, `&limit=1&after=${page.next}`)
    expect(rest.events.map(({ type }) => type)).toEqual(['Two'])
  })

  it('issues no id to anybody who is asked for', async () => {
    const before = await issued()
    for (const stream of ['customer:nobody', 'employee:nobody', `employee:${ADA}`, 'x:y'])
      expect((await list(stream)).events).toEqual([])
    expect(await issued()).toEqual(before)
  })

  it('finds a person only for the tenant that knows one by this id', async () => {
    expect((await list(`customer:${ADA}`, '', other)).events).toEqual([])
  })

  it('finds things that are no persons under their own ids, as before', async () => {
    expect(await types('invoice:i-1')).toEqual(['Invoiced'])
    expect(await types('ledger:main')).toEqual(['LedgerOpened'])
  })

  it('finds events of that very stream name, too, in their order', async () => {
    await append('WithoutSubject', { stream: `customer:${ADA}` })
    await append('Three', { subject: { type: 'customer', id: ADA } })
    expect(await types(`customer:${ADA}`)).toEqual(['One', 'Two', 'WithoutSubject', 'Three'])
    const page = await list(`customer:${ADA}`, '&limit=3')
    expect(page.events).toHaveLength(3)
    expect((await list(`customer:${ADA}`, `&after=${page.next}`)).events).toHaveLength(1)
  })
})
