import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller, EventPage, EventView, ListEvents } from '@writ/commands'
import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { eventFeed } from './event-feed.ts'
import { FeedWake, type Hints } from './feed-wake.ts'
import { FEEDS_MAX, FEEDS_PER_TENANT_MAX, OpenFeeds } from './open-feeds.ts'

const ADA = { tenant: 'acme', ledger: 'acme/main' } as unknown as Caller
const event = (position: number): EventView =>
  ({ position, id: `e${position}`, data: { text: 'x\ny' } }) as unknown as EventView

/** A log that grows when told, and remembers how it was read. */
const growing = (size: number) => {
  const log = { size, reads: [] as number[] }
  const listEvents = async (
    _: Caller,
    { after = 0, limit = 1 }: ListEvents,
  ): Promise<EventPage> => {
    log.reads.push(after)
    const last = Math.min(log.size, after + limit)
    const events = Array.from({ length: last - after }, (_, i) => event(after + 1 + i))
    return { events, head: log.size, ...(last < log.size ? { next: last } : {}) }
  }
  return { log, listEvents }
}

/** The hint of another process, raised by hand. */
const handMade = () => {
  let raise = (_: string): void => {}
  const hints: Hints = async (onHint) => {
    raise = onHint
    return async () => {}
  }
  return { hints, raise: (payload: string) => raise(payload) }
}

const open = async (size: number, more: { heartbeatMs?: number; stalledMs?: number } = {}) => {
  const { log, listEvents } = growing(size)
  const { hints, raise } = handMade()
  const wake = new FeedWake(hints)
  const controller = new AbortController()
  const first = await listEvents(ADA, { limit: 200 })
  const request = { caller: ADA, after: 0, filter: {}, signal: controller.signal }
  const stream = eventFeed({ listEvents, wake, ...more }, request, first)
  let text = ''
  const read = (): void => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return {
    log,
    raise,
    controller,
    stream,
    read,
    text: () => text,
    idsOf: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
  }
}

const until = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !done(); i++) await sleep(5)
  expect(done()).toBe(true)
}

describe('a feed of events', () => {
  it('gives what is stored, page by page, then what arrives, each once and in order', async () => {
    const feed = await open(450)
    feed.read()
    await until(() => feed.idsOf().length === 450)
    feed.log.size = 452
    feed.raise('acme/main')
    await until(() => feed.idsOf().length === 452)
    expect(feed.idsOf()).toEqual(Array.from({ length: 452 }, (_, i) => i + 1))
    feed.controller.abort()
  })

  it('keeps to the form of server-sent events: one data line, whatever the text', async () => {
    const feed = await open(1)
    feed.read()
    await until(() => feed.idsOf().length === 1)
    expect(feed.text()).toBe(
      'retry: 2000\n\nid: 1\ndata: {"position":1,"id":"e1","data":{"text":"x\\ny"}}\n\n',
    )
    feed.controller.abort()
  })

  it('shows life while nothing arrives', async () => {
    const feed = await open(1, { heartbeatMs: 20 })
    feed.read()
    await until(() => feed.text().includes('\n: 1\n\n'))
    feed.controller.abort()
  })

  it('does not read the log on for a reader that takes nothing, and lets it go', async () => {
    const feed = await open(100_000, { stalledMs: 200 })
    // Asks for some bytes once, then never again.
    feed.stream.once('readable', () => feed.stream.read(10))
    await sleep(100)
    expect(Math.max(...feed.log.reads)).toBeLessThan(5_000)
    await until(() => feed.stream.destroyed)
  })

  it('ends when told, also while it waits', async () => {
    const feed = await open(1)
    feed.read()
    await until(() => feed.idsOf().length === 1)
    feed.controller.abort()
    await until(() => feed.stream.destroyed)
  })
})

describe('the places of feeds', () => {
  it('are bounded for a tenant and for the process, and free again when left', () => {
    const feeds = new OpenFeeds()
    const enter = (tenant: string) => feeds.enter({ tenant })
    const own = Array.from({ length: FEEDS_PER_TENANT_MAX }, () => enter('acme'))
    expect(own.every((one) => one instanceof AbortController)).toBe(true)
    expect(enter('acme')).toMatchObject({
      code: 'too-many-feeds',
      fields: { retryAfterSeconds: 5 },
    })
    expect(enter('shop')).toBeInstanceOf(AbortController)
    feeds.leave({ tenant: 'acme' }, own[0] as AbortController)
    expect(enter('acme')).toBeInstanceOf(AbortController)
    for (let i = 0; feeds.size < FEEDS_MAX; i++) enter(`t${i >> 4}`)
    expect(enter('late')).toBeInstanceOf(Problem)
    feeds.endAll()
    expect((own[1] as AbortController).signal.aborted).toBe(true)
  })
})
