import { ENTRY_BYTES_MAX, entryBytesBound, entryTexts, META_BYTES_MAX } from '@writ/event-log'
import { canonicalJson, type JsonValue, Problem, sha256Hex } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import {
  ADA,
  appendTo,
  event,
  item,
  logOver,
  NOON,
  nextId,
  nextLedger,
  opening,
  openTestLog,
  placeOf,
} from './support/test-log.ts'

const LIMIT = { name: 'al1 loans', windowStart: new Date(NOON).toISOString() }

describeOnBothDatabases('conditions of an append', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })
  const freshLog = () => openTestLog(opened.database)

  /** A subject's key as the vault would write it. */
  const keyOf = async (tenant = 'acme'): Promise<string> => {
    const keyId = nextId()
    await opened.database.query({
      text: `insert into log.subject_keys (key_id, tenant, subject_type, subject_id, wrapped)
        values ($1, $2, 'person', $3, '\\x00')`,
      values: [keyId, tenant, nextId()],
    })
    return keyId
  }
  const sealedUnder = (keyId: string, eventId: string) => ({
    sealed: [
      {
        eventId,
        pointer: '/name',
        keyId,
        nonce: Buffer.alloc(12, 1),
        ciphertext: Buffer.from('sealed'),
      },
    ],
  })

  it('refuses an append that names a destroyed key, and stores what it seals under a living one', async () => {
    const log = await freshLog()
    const keyId = await keyOf()
    const event1 = event()
    const sealing = sealedUnder(keyId, event1.id)
    placeOf(await log.append([{ event: event1 }], { keyIds: [keyId], ...sealing }))
    expect(await log.reader.sealedValues(log.ledger, event1.id)).toHaveLength(1)
    await opened.owner.query({
      text: 'delete from log.subject_keys where key_id = $1',
      values: [keyId],
    })
    const named = await log.append([item()], { keyIds: [keyId] })
    expect(named).toEqual({ status: 'stale-key' })
    const event2 = event()
    const sealed = await log.append([{ event: event2 }], sealedUnder(keyId, event2.id))
    expect(sealed).toEqual({ status: 'stale-key' })
    expect(await log.reader.sealedValues(log.ledger, event2.id)).toEqual([])
  })

  it('refuses a key that belongs to another tenant', async () => {
    const log = await freshLog()
    const keyId = await keyOf('other')
    expect(await log.append([item()], { keyIds: [keyId] })).toEqual({ status: 'stale-key' })
  })

  it('lets no two callers share the last use of a limit, in one batch or in two', async () => {
    const log = await freshLog()
    const limit = { ...LIMIT, max: 3 }
    expect((await log.append([item()], { limit })).status).toBe('appended')
    const results = await Promise.all([1, 2, 3].map(() => log.append([item()], { limit })))
    expect(results.map(({ status }) => status)).toEqual(['appended', 'appended', 'over-limit'])
    expect(await log.append([item()], { limit })).toEqual({ status: 'over-limit' })
    const tomorrow = { ...limit, windowStart: new Date(NOON + 86_400_000).toISOString() }
    expect((await log.append([item()], { limit: tomorrow })).status).toBe('appended')
  })

  it('counts a limit once for callers that allow different numbers of uses', async () => {
    const log = await freshLog()
    const results = await Promise.all(
      [1, 3, 2, 3].map((max) => log.append([item()], { limit: { ...LIMIT, max } })),
    )
    expect(results.map(({ status }) => status)).toEqual([
      'appended',
      'appended',
      'over-limit',
      'appended',
    ])
    expect(await log.verify()).toMatchObject({ entries: 4, findingCount: 0 })
  })

  it('uses up a limit only for an append that is otherwise good', async () => {
    const log = await freshLog()
    const limit = { ...LIMIT, max: 1 }
    const bad = await log.append([item({}, { expectedRevision: 9 })], { limit })
    expect(bad.status).toBe('conflict')
    expect((await log.append([item()], { limit })).status).toBe('appended')
  })

  it('refuses an append when a stream it only read has moved', async () => {
    const log = await freshLog()
    await log.append([item({ stream: 'policy-note:1' })])
    const reads = (revision: number) => ({ reads: [{ stream: 'policy-note:1', revision }] })
    expect(await log.append([item()], reads(0))).toEqual({ status: 'conflict', actual: [0] })
    expect((await log.append([item()], reads(1))).status).toBe('appended')
    const none = { reads: [{ stream: 'policy-note:2', revision: 0 }] }
    const results = await Promise.all([
      log.append([item({ stream: 'policy-note:2' })]),
      log.append([item()], none),
    ])
    expect(results.map(({ status }) => status)).toEqual(['appended', 'conflict'])
  })

  it('stores attachments with the entry that names them, once each, and none of a refused append', async () => {
    const log = await freshLog()
    const content = canonicalJson({ rules: ['a', 'ü'] })
    const naming = (text: string) => ({
      commitments: { '/document': { sha256: sha256Hex(text), bytes: Buffer.byteLength(text) } },
    })
    await log.append([item(naming(content))], { attachments: [content] })
    await log.append([item(naming(content))], { attachments: [content] })
    expect(await log.reader.attachment(log.ledger, sha256Hex(content))).toBe(content)
    const refused = await log.append([item({}, { expectedRevision: 9 })], {
      attachments: ['"never"'],
    })
    expect(refused.status).toBe('conflict')
    expect(await log.reader.attachment(log.ledger, sha256Hex('"never"'))).toBeUndefined()
    expect(await log.verify()).toMatchObject({ entries: 3, findingCount: 0 })
  })

  it('raises when the connection is bound to another tenant, or to none', async () => {
    const { ledger } = await freshLog()
    const { head, tail } = entryTexts(ledger, opening(ledger))
    const openUnder = (tenant: string) =>
      opened.database.query({
        text: `with bound as materialized (select set_config('writ.tenant', $1, true))
          select log.open_ledger($2, $3::uuid, $3::uuid, 'ledger:x', $4, $5) from bound`,
        values: [tenant, ledger, nextId(), head, tail],
      })
    const appendUnder = (tenant: string) =>
      opened.database.query({
        text: `with bound as materialized (select set_config('writ.tenant', $1, true))
          select a.statuses from bound, log.append($2, '{1}', '{1}', '{null}', array[$3::uuid], array[null::uuid],
            '{OrderPlaced}', array[$4], array[$5], array[null::bytea], '{order:1}', null, null, now(),
            '{null}', '{null}', '{null}') a`,
        values: [tenant, ledger, nextId(), head, tail],
      })
    for (const tenant of ['other', '']) {
      await expect(openUnder(tenant)).rejects.toMatchObject({ code: '42501' })
      await expect(appendUnder(tenant)).rejects.toMatchObject({ code: '42501' })
    }
    expect(await appendUnder('acme')).toEqual([{ statuses: 'a' }])
  })

  it('answers unknown-ledger for a ledger that nobody opened, and opens each only once', async () => {
    const ledger = nextLedger()
    const log = logOver(opened.database)
    const refused = await appendTo(log, ledger, { events: [item(), item()] })
    expect(refused).toEqual({ status: 'unknown-ledger' })
    expect(await log.open(ledger, opening(ledger))).toBe(true)
    expect(await log.open(ledger, opening(ledger))).toBe(false)
    expect(placeOf(await appendTo(log, ledger, { events: [item()] })).position).toBe(2)
  })

  it('takes the largest entry and refuses one byte more', async () => {
    const log = await freshLog()
    const sized = (bytes: number) => event({ id: nextId(), data: { text: 'x'.repeat(bytes) } })
    // The bound is exact only near the limit.
    const near = 60_000
    const room = near + ENTRY_BYTES_MAX - entryBytesBound(entryTexts(log.ledger, sized(near)))
    const fitting = placeOf(await log.append([{ event: sized(room) }]))
    const stored = await log.reader.at(log.ledger, fitting.position)
    expect(Buffer.byteLength(stored?.text ?? '')).toBeLessThanOrEqual(ENTRY_BYTES_MAX)
    expect(Buffer.byteLength(stored?.text ?? '')).toBeGreaterThan(ENTRY_BYTES_MAX - 190)
    const problem = await log.log.append(log.ledger, {
      caller: ADA,
      events: [item(), { event: sized(room + 1) }],
    })
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ code: 'event-too-large' })
    expect(await log.verify()).toMatchObject({ entries: 2, findingCount: 0 })
  })

  it('measures meta in bytes, not in characters', async () => {
    const log = await freshLog()
    const bare = Buffer.byteLength(canonicalJson({ source: '' }))
    const withMeta = (source: string) =>
      log.log.append(log.ledger, { caller: ADA, events: [item({ meta: { source } })] })
    const room = META_BYTES_MAX - bare
    expect(await withMeta('é'.repeat(Math.floor(room / 2)))).toMatchObject({ status: 'appended' })
    const over = await withMeta('é'.repeat(Math.floor(room / 2) + 1))
    expect(over).toMatchObject({ code: 'event-too-large' })
  })

  it('9: one append that breaks a constraint fails alone; its neighbours are stored', async () => {
    const log = await freshLog()
    const results = await Promise.allSettled(
      Array.from({ length: 9 }, (_, i) =>
        log.append([
          item(i === 5 ? { correlationId: 'no uuid at all' } : { stream: `order:${i}` }),
        ]),
      ),
    )
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(
      results.map((_, i) => i !== 5),
    )
    expect(await log.verify()).toMatchObject({ entries: 9, findingCount: 0 })
  })

  const hostile: Readonly<Record<string, JsonValue>> = {
    unicode: 'naïve 日本 🦦   \u2028 \u0085 \u007f e\u0301 \ufeff',
    'escapes and quotes': '"\\/\b\f\n\r\t\u0001,"position":7,"prev":"x"',
    'U+0000': 'a\u0000b',
    numbers: [0.1, -0, 1e21, 1e-7, 9_007_199_254_740_991, 5e-324, 1.7976931348623157e308],
    'keys out of order for a machine': { 10: 1, 9: 2, b: 3, a: 4, '\ufb33': 5, '😀': 6, '': 7 },
  }
  for (const [name, value] of Object.entries(hostile)) {
    it(`26: ${name}: stored as its canonical bytes, and verified`, async () => {
      const log = await freshLog()
      const place = placeOf(await log.append([item({ data: { value } })]))
      const stored = await log.reader.at(log.ledger, place.position)
      expect(stored?.text).toContain(`"data":{"value":${canonicalJson(value)}}`)
      expect(await log.verify()).toMatchObject({ entries: 2, findingCount: 0 })
    })
  }

  it('26: lone surrogates, NaN and Infinity never reach the log', async () => {
    const log = await freshLog()
    for (const value of ['\ud800', 'a\udc00', Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(log.append([item({ data: { value } })])).rejects.toThrow('canonical')
    }
    expect((await log.reader.head(log.ledger))?.position).toBe(1)
  })
})
