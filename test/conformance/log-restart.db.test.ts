import { type Database, migrateUp, openServerDatabase } from '@writ/database'
import type { AppendResult, EventToAppend } from '@writ/event-log'
import { StoreUnavailable } from '@writ/kernel'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts'
import {
  appendTo,
  bytes16,
  item,
  logOver,
  openTestLog,
  orders,
  type TestLog,
} from './support/test-log.ts'

interface Attempt {
  readonly events: readonly EventToAppend[]
  readonly key: Buffer
  outcome?: AppendResult | StoreUnavailable
}

describe.skipIf(inject('testDatabases').serverUrl === undefined)('a database restart', () => {
  let server: PostgresServer
  let database: Database

  beforeAll(async () => {
    server = await startPostgresServer({ durable: true })
    const owner = await openServerDatabase({ url: server.url() })
    await migrateUp(owner)
    await owner.close()
    database = await openServerDatabase({ url: server.url(), role: 'writ_app', poolMax: 4 })
  })
  afterAll(async () => {
    await database.close()
    await server.stop()
  })

  const conditionsOf = ({ key }: Attempt) => ({
    idempotency: { key, fingerprint: bytes16(1) },
  })
  let attempts = 0
  const attempt = (): Attempt => {
    const key = Buffer.alloc(16)
    key.writeUInt32BE(++attempts)
    return { key, events: orders(1 + (attempts % 2), { stream: `order:${attempts}` }) }
  }
  const once = async (log: TestLog, made: Attempt): Promise<Attempt> => {
    made.outcome = await log.append(made.events, conditionsOf(made)).catch((fault: unknown) => {
      if (fault instanceof StoreUnavailable) return fault
      throw fault
    })
    return made
  }
  /** 40 callers, each until the store is unavailable for it. */
  const appendUntilLost = async (log: TestLog): Promise<Attempt[]> => {
    const made: Attempt[] = []
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        for (;;) {
          const last = await once(log, attempt())
          made.push(last)
          if (last.outcome instanceof StoreUnavailable) return
        }
      }),
    )
    return made
  }

  const restarts = {
    'an orderly restart': () => server.restart(),
    'kill -9 of the server': async () => {
      await server.kill9()
      await server.restart()
    },
  }
  for (const [name, restart] of Object.entries(restarts)) {
    it(`42: ${name} in mid-batch: never a false success, and the repeat gives exactly one copy`, async () => {
      const log = await openTestLog(database)
      const working = appendUntilLost(log)
      await expect
        .poll(async () => (await log.reader.head(log.ledger))?.position ?? 0)
        .toBeGreaterThan(200)
      await restart()
      const made = await working
      const lost = made.filter(({ outcome }) => outcome instanceof StoreUnavailable)
      const told = made.filter((one) => !lost.includes(one))
      expect(lost.length).toBe(40)
      for (const { outcome } of told) expect(outcome).toMatchObject({ status: 'appended' })
      // A new process repeats with the same keys and ids.
      const anew = logOver(database)
      for (const one of lost) {
        const again = await appendTo(anew, log.ledger, {
          events: one.events,
          ...conditionsOf(one),
        })
        // Who was told "not written" was told the truth; "unknown" may turn out either way.
        const certain = (one.outcome as StoreUnavailable).outcome === 'not-written'
        expect(certain ? ['appended'] : ['appended', 'duplicate']).toContain(again.status)
      }
      await everyCopyOnce(log, made)
    })
  }

  const everyCopyOnce = async (log: TestLog, made: readonly Attempt[]): Promise<void> => {
    const stored = new Map<string, number>()
    const verified = await log.verify()
    expect(verified.findings).toEqual([])
    for (let after = 0; after < verified.entries; ) {
      const page = await log.reader.page(log.ledger, after, 5_000)
      for (const { text } of page) {
        const { id } = JSON.parse(text) as { id: string }
        stored.set(id, (stored.get(id) ?? 0) + 1)
      }
      after += page.length
    }
    const events = made.flatMap((one) => one.events)
    expect(events.map(({ event }) => stored.get(event.id))).toEqual(events.map(() => 1))
    expect(verified.entries).toBe(events.length + 1)
    expect((await log.append([item()])).status).toBe('appended')
  }
})
