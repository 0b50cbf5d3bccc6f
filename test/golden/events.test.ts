import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newestSchema, OWN_EVENTS, type OwnEventType, upcast } from '@writ/domain'
import { categoryOf, entryHash } from '@writ/event-log'
import { isCanonicalJson, type JsonObject, sha256Hex } from '@writ/kernel'
import { PROJECTIONS } from '@writ/projections'
import { foldedPage, foldInMemory } from '@writ/projector'
import { describe, expect, it } from 'vitest'
import { read, trackedFiles } from '../architecture/support/repository.ts'
import { attachmentOf, type Fixture, fixtures, released } from './fixtures.ts'
import { statesOf } from './states.ts'

/** What the read models and the states of today make of the fixtures. `UPDATE_SNAPSHOT=1` writes it anew. */
const ROWS = join(import.meta.dirname, 'rows.json')

/** Where events of Writ's own are made, and how their types are named there. */
const WRITERS =
  /^(?:packages\/(?:commands|event-log)\/src|apps\/cli\/src|packages\/domain\/src\/(?:review|shadow|drift))\//
const LITERAL_TYPE = /\btype: '([A-Z][A-Za-z]+)'/g

const FIXTURES = fixtures()
const LEDGERS = [...new Set(FIXTURES.map(({ entry }) => entry.ledger))]
const of = (ledger: string): readonly Fixture[] =>
  FIXTURES.filter(({ entry }) => entry.ledger === ledger)

describe('a released entry', () => {
  it.each(FIXTURES)('$name has its bytes, its hash and its canonical form', (fixture) => {
    const { name, entry, hash, text } = fixture
    expect(entryHash(text)).toBe(hash)
    expect(isCanonicalJson(text)).toBe(true)
    expect(name.split('.').slice(0, 2).join('.')).toBe(`${entry.type}.${entry.schema}`)
    expect(entry.stream.split(':')[0]).toBe(OWN_EVENTS[entry.type as OwnEventType])
  })

  it('is the one that was released, and none is missing', () => {
    expect(new Map(FIXTURES.map(({ name, hash }) => [name, hash]))).toEqual(released())
    expect(released().size).toBeGreaterThanOrEqual(31)
  })

  it('follows the one before it where that one is here too', () => {
    for (const ledger of LEDGERS) {
      const byPosition = new Map(of(ledger).map((one) => [one.position, one.hash]))
      for (const { entry, position } of of(ledger))
        expect(byPosition.get(position - 1) ?? entry.prev).toBe(entry.prev)
    }
  })

  it('names contents that are here too', () => {
    const digests = FIXTURES.flatMap(({ entry }) =>
      Object.values(entry.commitments ?? {}).flatMap((one) => ('sha256' in one ? one.sha256 : [])),
    )
    expect(digests).toHaveLength(2)
    for (const digest of digests) expect(sha256Hex(attachmentOf(digest))).toBe(digest)
  })

  it('is read in the shape of today, and is still the same', () => {
    for (const { entry, text } of FIXTURES) {
      const current = upcast(entry)
      expect(current.schema).toBe(newestSchema(entry.type))
      expect({ ...current, data: entry.data, schema: entry.schema }).toEqual(entry)
      expect(entry).toEqual(JSON.parse(text))
    }
  })
})

describe('a fixture', () => {
  it('is kept of every event that this release writes, in every schema that it ever had', () => {
    const pairs = Object.keys(OWN_EVENTS).flatMap((type) =>
      Array.from({ length: newestSchema(type) }, (_, i) => `${type}.${i + 1}`),
    )
    const kept = new Set(FIXTURES.map(({ entry }) => `${entry.type}.${entry.schema}`))
    expect([...kept].sort()).toEqual(pairs.sort())
  })

  it('is kept of every outcome that a decision may have', () => {
    const outcomes = decisions().map(({ decided }) => decided.outcome)
    // Nothing holds a decision yet: `held` comes with what writes it.
    expect([...new Set(outcomes)].sort()).toEqual(['approved', 'blocked', 'denied', 'escalated'])
    const levels = decisions().map(({ decided }) => decided.autonomyLevel)
    expect([...new Set(levels)].sort()).toEqual(['AL0', 'AL1', 'AL2', 'AL3'])
    const sealed = FIXTURES.filter(
      ({ entry }) => '/inputs/request/note' in (entry.commitments ?? {}),
    )
    expect(sealed.map(({ name }) => name)).toEqual(['DecisionMade.1.personal'])
  })

  it('is asked for by the list that everything which writes events keeps to', () => {
    const written = trackedFiles()
      // Replay reads what people did about decisions; it writes nothing.
      .filter((path) => WRITERS.test(path) && !/\.test\.ts$|\/replay\//.test(path))
      .flatMap((path) => [...read(path).matchAll(LITERAL_TYPE)].map(([, type]) => type))
    expect([...new Set(written)].sort()).toEqual(Object.keys(OWN_EVENTS).sort())
  })
})

describe('the fixtures', () => {
  it('still fold into every read model and state', async () => {
    const found: Record<string, JsonObject> = {}
    for (const ledger of LEDGERS)
      found[ledger] = { ...(await rowsOf(ledger)), ...statesOf(of(ledger)) }
    const text = `${JSON.stringify(found, null, 2)}\n`
    if (process.env.UPDATE_SNAPSHOT === '1') writeFileSync(ROWS, text)
    expect(existsSync(ROWS)).toBe(true)
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(ROWS, 'utf8')))
  })

  it('leave no read model empty that has events to fold', async () => {
    for (const { name, folds } of PROJECTIONS) {
      const pairs = Object.entries(OWN_EVENTS).filter(([type, category]) =>
        folds[category]?.includes(type),
      )
      if (pairs.length === 0) continue
      const folded = await Promise.all(LEDGERS.map(async (ledger) => (await rowsOf(ledger))[name]))
      const rows = folded.flatMap((tables) => Object.values(tables as JsonObject))
      expect([name, rows.flat().length]).not.toEqual([name, 0])
    }
  })
})

/** Rows of every table by read model, in an order of their own. */
const rowsOf = async (ledger: string): Promise<Record<string, JsonObject>> => {
  const stored = of(ledger)
  const [{ entry }] = stored as readonly [Fixture]
  const source = { attachment: async (_: string, digest: string) => attachmentOf(digest) }
  const events = await foldedPage(source, entry.ledger, stored, PROJECTIONS)
  expect(events.map(({ category }) => category)).toEqual(
    stored.map((one) => categoryOf(one.entry.stream)),
  )
  return Object.fromEntries(
    PROJECTIONS.map((projection) => {
      const rows = foldInMemory(projection, events)
      const tables = projection.tables.map(({ name }) => [
        name,
        [...rows(name)].sort((a, b) => order(JSON.stringify(a), JSON.stringify(b))),
      ])
      return [projection.name, Object.fromEntries(tables) as JsonObject]
    }),
  )
}

const decisions = () =>
  FIXTURES.filter(({ entry }) => entry.type === 'DecisionMade').map(
    ({ entry }) =>
      entry.data as unknown as { decided: Record<'outcome' | 'autonomyLevel', string> },
  )

const order = (a: string, b: string): number => (a < b ? -1 : 1)
