import {
  buildRuntime,
  localOperator,
  openLedgers,
  preparePartitions,
  type Runtime,
  readConfig,
} from '@writ/cli'
import type { AppendReceipt, IncomingEvent } from '@writ/commands'
import { type Entry, parseEntry } from '@writ/event-log'
import { isUuidV7, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { newHome, secrets } from './support/writ.ts'

const NOON = Date.parse('2026-03-02T12:00:00Z')
const AT_NOON = { now: () => NOON }
const V7 = '0195566a-8c00-7000-8000-00000000000a'

describeOnBothDatabases('an event of a producer', (open) => {
  let database: TestDatabase['database']
  let runtime: Runtime

  beforeAll(async () => {
    database = (await open()).database
    runtime = buildRuntime(readConfig({ WRIT_HOME: newHome() }), database, AT_NOON)
    await preparePartitions(runtime, NOON)
    await openLedgers(runtime)
  })

  const send = (event: IncomingEvent, by: Runtime = runtime): Promise<AppendReceipt | Problem> =>
    by.useCases.appendEvents({ caller: localOperator(by.config) }, [event])
  const refusal = async (event: IncomingEvent, by?: Runtime): Promise<readonly string[]> => {
    const reply = await send(event, by)
    if (!(reply instanceof Problem)) return []
    return [reply.code, ...(reply.fields.errors ?? []).map(({ pointer }) => pointer)]
  }
  const stored = async (event: IncomingEvent): Promise<Entry & { readonly replayed: boolean }> => {
    const reply = await send(event)
    if (reply instanceof Problem) throw new Error(`${reply.code}: ${reply.detail}`)
    const entry = await runtime.deps.reader.at(
      localOperator(runtime.config).ledger,
      reply.events[0]?.position ?? 0,
    )
    return { ...parseEntry(entry ?? { text: '{}' }), replayed: reply.replayed }
  }

  it.each<[string, Partial<IncomingEvent>, string]>([
    ['a type with a space', { type: 'A b' }, '/type'],
    ['a stream without a category', { stream: 'order' }, '/stream'],
    ['a subject without an id', { subject: { type: 'customer', id: '' } }, '/subject'],
    ['a correlation that is no UUID', { correlationId: 'abc' }, '/correlationId'],
    ['a cause that is no UUID', { causationId: 'abc' }, '/causationId'],
    ['a time without a zone', { occurredAt: '2026-03-02T12:00:00' }, '/occurredAt'],
    ['an empty id', { id: '' }, '/id'],
  ])('with %s is refused at its place', async (_, part, pointer) => {
    expect(await refusal({ type: 'T', data: {}, ...part })).toEqual(['request-invalid', pointer])
  })

  it.each(['decision:1', 'control:kill-switch', 'policy:x', 'writ-anything:1'])(
    'into %s is refused: Writ alone writes there',
    async (stream) => {
      expect(await refusal({ type: 'T', data: {}, stream })).toEqual(['reserved-stream', '/stream'])
    },
  )

  it('about a subject of a reserved kind is refused like the stream it would go to', async () => {
    const subject = { type: 'decision', id: '1' }
    expect(await refusal({ type: 'T', data: {}, subject })).toEqual(['reserved-stream', '/stream'])
  })

  it('keeps its own UUIDv7, and is found again by it', async () => {
    const event = { type: 'T', data: { a: 1 }, id: V7 }
    expect(await stored(event)).toMatchObject({ id: V7, replayed: false })
    expect(await stored(event)).toMatchObject({ id: V7, replayed: true })
    expect(await refusal({ ...event, data: { a: 2 } })).toEqual(['event-id-reused'])
  })

  it('with another id gets one of our own from source, id and time, the same for every redelivery', async () => {
    const event = {
      type: 'T',
      data: {},
      source: '/shop',
      id: 'o-1',
      occurredAt: '2026-03-01T09:00:00Z',
    }
    const first = await stored(event)
    expect(isUuidV7(first.id)).toBe(true)
    expect(first.meta).toMatchObject({ source: '/shop', sourceId: 'o-1' })
    expect(await stored(event)).toMatchObject({ id: first.id, replayed: true })
    const elsewhere = await stored({ ...event, source: '/other' })
    expect(elsewhere.id).not.toBe(first.id)
  })

  it('with another id and no time gets an id that is kept for ever, in other processes too', async () => {
    const event = { type: 'T', data: {}, source: '/shop', id: 'o-2' }
    const first = await stored(event)
    const later = buildRuntime(runtime.config, database, { now: () => NOON + 400 * 86_400_000 })
    const again = await send(event, later)
    expect(again).toMatchObject({ replayed: true, events: [{ id: first.id }] })
  })

  it('keeps the time it was told with, also where that is not in our form', async () => {
    const zoned = await stored({ type: 'T', data: {}, occurredAt: '2026-03-01T10:00:00.12+01:00' })
    expect(zoned).toMatchObject({
      occurredAt: '2026-03-01T09:00:00.120Z',
      meta: { time: '2026-03-01T10:00:00.12+01:00' },
    })
    const now = await stored({ type: 'T', data: {} })
    expect(now.occurredAt).toBe('2026-03-02T12:00:00.000Z')
    expect(now.meta).toBeUndefined()
  })

  it('goes to the stream of its subject, and a person’s own id never names a stream', async () => {
    const order = { type: 'order', id: 'o-7' }
    expect((await stored({ type: 'T', data: {}, subject: order })).stream).toBe('order:o-7')
    const ada = { type: 'customer', id: 'ada-lovelace' }
    const named = await stored({
      type: 'T',
      data: {},
      subject: ada,
      stream: 'customer:ada-lovelace',
    })
    expect(named.stream).toMatch(/^customer:[0-9a-f-]{36}$/)
    expect((await stored({ type: 'T', data: {}, subject: ada })).stream).toBe(named.stream)
    expect((await stored({ type: 'T', data: {} })).stream).toMatch(/^event:/)
  })

  it('too large for an entry keeps its largest value beside it, by digest, and reads back whole', async () => {
    const data = { small: 'x', large: 'y'.repeat(70_000) }
    const entry = await stored({ type: 'T', data })
    expect(entry.data).toEqual({ small: 'x' })
    expect(entry.commitments).toMatchObject({ '/large': { bytes: 70_002 } })
    const view = await runtime.useCases.eventById(localOperator(runtime.config), entry.id)
    expect(view).toMatchObject({ data })
  })

  it('of a type nobody registered is refused in production, unless it names a person', async () => {
    const production = buildRuntime(
      readConfig({
        ...secrets(),
        WRIT_HOME: newHome(),
        WRIT_PROFILE: 'production',
        DATABASE_URL: 'postgres://unused@localhost/unused',
        WRIT_ANCHOR_FILE: '/unused',
        WRIT_ORIGIN: 'writ.test',
      }),
      database,
      AT_NOON,
    )
    const unregistered = { type: 'Unheard', data: {} }
    expect(await refusal(unregistered, production)).toEqual(['event-type-unregistered'])
    const sealed = { ...unregistered, subject: { type: 'customer', id: 'bo' } }
    expect(await refusal(sealed, production)).toEqual([])
  })
})
