import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, decided } from './support/client.ts'
import {
  developmentKey,
  type Environment,
  onEmbedded,
  onServer,
  runWrit,
  secrets,
  startWrit,
  type WritProcess,
} from './support/writ.ts'

interface Page {
  readonly position: number
  readonly items: readonly {
    readonly id: string
    readonly position: number
    readonly outcome: string
  }[]
  readonly next?: string
}

/** What was written is read from the read model by whoever names its position. */
const readsItsWrites = async (acme: Client): Promise<void> => {
  const made = await decided(acme, { discount: 0.08, margin: 0.31 })
  const position = { 'writ-min-position': String(made.log.position) }
  let page = await acme.get('/decisions?domain=finance&outcome=approved&limit=5', position)
  // In its first seconds an installation builds its read models: it says so, and when to come back.
  for (let i = 0; page.status === 503 && i < 20; i++) {
    expect(page.json()).toMatchObject({ code: 'read-model-behind' })
    await sleep(1_000 * Number(page.headers.get('retry-after')))
    page = await acme.get('/decisions?domain=finance&outcome=approved&limit=5', position)
  }
  expect(page.status).toBe(200)
  expect(Number(page.headers.get('writ-position'))).toBeGreaterThanOrEqual(made.log.position)
  expect(page.json<Page>().items[0]).toMatchObject({ id: made.id, position: made.log.position })
}

describe('a fresh embedded installation', () => {
  it('folds its log into read models while it serves', async () => {
    const environment = onEmbedded()
    const writ = await startWrit(environment)
    await readsItsWrites(writ.client())
    const status = await runWrit(['projections', 'status'], environment)
    expect(status.stdout).toMatch(/decisions v1 build 1 \(live\) on acme\/main: position \d+/)
    expect((await writ.stop()).code).toBe(0)
  })
})

describeOnServer('read models of a running process', (open) => {
  let environment: Environment
  let writ: WritProcess
  let acme: Client

  beforeAll(async () => {
    await open()
    environment = await onServer(secrets())
    writ = await startWrit(environment)
    acme = writ.client()
  })

  it('are read by whoever has just written', () => readsItsWrites(acme))

  it('are paged without a gap or a repeat while decisions go on', async () => {
    for (let i = 0; i < 12; i++) await decided(acme, { discount: 0.05, margin: 0.31 })
    const last = await decided(acme, { discount: 0.2, margin: 0.31 })
    const seen: number[] = []
    let after = ''
    do {
      const query = `/decisions?domain=finance&limit=5${after}`
      const page = await acme.get(query, { 'writ-min-position': String(last.log.position) })
      const { items, next } = page.json<Page>()
      seen.push(...items.map(({ position }) => position))
      if (next !== undefined) expect(page.headers.get('link')).toContain(`after=${next}`)
      after = next === undefined ? '' : `&after=${next}`
      await decided(acme, { discount: 0.05, margin: 0.31 })
    } while (after !== '')
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a))
    expect(seen.length).toBeGreaterThanOrEqual(14)
    expect((await acme.get('/decisions?after=bm9uc2Vuc2U')).status).toBe(400)
  })

  it("find a person by the caller's own id", async () => {
    const made = await decided(acme, { discount: 0.05, margin: 0.31 })
    const wait = { 'writ-min-position': String(made.log.position) }
    const found = await acme.get('/decisions?subject=customer:ada-lovelace&limit=1', wait)
    expect(found.json<Page>().items.map(({ id }) => id)).toEqual([made.id])
    const features = await acme.get('/entities/customer/ada-lovelace/features', wait)
    expect(features.json()).toMatchObject({ entity: { type: 'customer', id: 'ada-lovelace' } })
    const windows = features.json<{ windows: { days: number; decisions: number }[] }>().windows
    expect(windows.map(({ days }) => days)).toEqual([1, 7, 30, 90])
    expect(windows[0]?.decisions).toBeGreaterThan(0)
  })

  it('tell what was known of an outcome when, and of what time', async () => {
    const made = await decided(acme, { discount: 0.05, margin: 0.31 })
    const tell = (won: boolean, occurredAt: string) =>
      acme.post(`/outcomes/${made.id}`, { values: { won }, occurredAt })
    await tell(true, '2026-01-01T00:00:00Z')
    await sleep(20)
    const between = new Date().toISOString()
    await sleep(20)
    const last = await tell(false, '2026-02-01T00:00:00Z')
    const wait = { 'writ-min-position': String(last.json<{ position: number }>().position) }
    const read = async (query: string) => {
      const reply = await acme.get(`/outcomes/${made.id}/history${query}`, wait)
      const { effective, history } = reply.json<{
        effective: { values: { won: boolean } }[]
        history: unknown[]
      }>()
      return [effective.map(({ values }) => values.won), history.length]
    }
    expect(await read('')).toEqual([[false], 2])
    expect(await read('?asOf=2026-01-15T00:00:00Z')).toEqual([[true], 2])
    expect(await read(`?knownAt=${between}`)).toEqual([[true], 1])
    const folded = await acme.get(`/outcomes/${made.id}`)
    expect(Number(folded.headers.get('writ-position'))).toBeGreaterThan(made.log.position)
  })

  it('answer 503 with the lag when a position does not come', async () => {
    const started = performance.now()
    const page = await acme.get('/decisions', { 'writ-min-position': '999999999' })
    expect(page.status).toBe(503)
    expect(page.json()).toMatchObject({ code: 'read-model-behind', lag: expect.any(Number) })
    expect(page.headers.get('retry-after')).toBe('1')
    expect(performance.now() - started).toBeGreaterThan(1_900)
    expect((await acme.get('/decisions', { 'writ-min-position': 'soon' })).status).toBe(422)
  })

  it('answer 304 to who has the bytes, and 200 once they change', async () => {
    const first = await acme.get('/controls/history')
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[A-Za-z0-9_-]{22}"$/)
    await sleep(300)
    const settled = await acme.get('/controls/history')
    const again = await acme.get('/controls/history', {
      'if-none-match': `W/"x", ${settled.headers.get('etag')}`,
    })
    expect([again.status, again.text]).toEqual([304, ''])
    const set = await acme.put('/controls/flags/finance/refund', { state: 'on', reason: 'tests' })
    expect(set.status).toBe(200)
    const changed = await acme.get('/controls/history', {
      'if-none-match': settled.headers.get('etag') ?? '',
      'writ-min-position': set.headers.get('writ-position') ?? '1',
    })
    await sleep(300)
    expect([200, 304]).toContain(changed.status)
    expect((await acme.get('/controls/history', { 'if-none-match': tag })).status).toBe(200)
  })

  it('answer every route of theirs', async () => {
    const now = new Date()
    const from = new Date(now.getTime() - 3_600_000).toISOString()
    const until = new Date(now.getTime() + 3_600_000).toISOString()
    for (const path of [
      '/variants/finance-constitution',
      `/autonomy?from=${from}&until=${until}`,
      '/activations/finance',
      '/reviews',
    ]) {
      const reply = await acme.get(path)
      expect([path, reply.status, reply.text.slice(0, 200)]).toEqual([path, 200, expect.anything()])
      expect(reply.headers.get('writ-position')).toMatch(/^\d+$/)
    }
    const autonomy = await acme.get(`/autonomy?from=${from}&until=${until}&by=day`)
    expect(
      autonomy.json<{ items: { byLevel: Record<string, number> }[] }>().items[0]?.byLevel.AL2,
    ).toBeGreaterThan(0)
  })

  it('stream the log, and go on after Last-Event-ID', async () => {
    const mark = randomUUID()
    await acme.post('/events', { type: 'Marked', stream: `deal:${mark}`, data: { no: 1 } })
    const first = await follow(writ, `/events/feed?stream=deal:${mark}`, 1)
    await acme.post('/events', { type: 'Marked', stream: `deal:${mark}`, data: { no: 2 } })
    await acme.post('/events', { type: 'Marked', stream: `deal:${mark}`, data: { no: 3 } })
    const rest = await follow(
      writ,
      `/events/feed?stream=deal:${mark}`,
      2,
      String(first[0]?.position),
    )
    expect([...first, ...rest].map(({ data }) => data.no)).toEqual([1, 2, 3])
  })

  it('end their feeds when the process stops, within its time', async () => {
    const other = await startWrit(environment)
    const open_ = await fetch(`${other.url}/events/feed`, {
      headers: { authorization: `Bearer ${developmentKey(environment)}` },
    })
    expect(open_.headers.get('content-type')).toContain('text/event-stream')
    const started = performance.now()
    const stopped = other.stop()
    await open_.text().catch(() => '')
    expect((await stopped).code).toBe(0)
    expect(performance.now() - started).toBeLessThan(8_000)
  })
})

interface Followed {
  readonly position: number
  readonly data: { readonly no: number }
}

/** Reads a feed until it has given so many events. */
const follow = async (
  { url, environment }: Pick<WritProcess, 'url' | 'environment'>,
  path: string,
  count: number,
  lastEventId?: string,
): Promise<readonly Followed[]> => {
  const controller = new AbortController()
  const reply = await fetch(`${url}${path}`, {
    signal: controller.signal,
    headers: {
      authorization: `Bearer ${developmentKey(environment)}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  })
  const events: Followed[] = []
  let text = ''
  for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString()
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1]
      if (data !== undefined) events.push(JSON.parse(data) as Followed)
    }
    if (events.length >= count) break
  }
  controller.abort()
  return events
}
