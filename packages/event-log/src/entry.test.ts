import { readFileSync } from 'node:fs'
import { isCanonicalJson, type LedgerName } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import {
  ChainVerifier,
  categoryOf,
  ENTRY_BYTES_MAX,
  entryBytesBound,
  entryHash,
  entryTexts,
  genesisPrev,
  isEventType,
  isReservedStream,
  isStreamName,
  type NewEvent,
  parseEntry,
  verifyExport,
} from './index.ts'

/**
 * One line of the fixture: what was given, and the exact bytes that format 1 makes of it. Written by another program.
 */
interface Known {
  readonly ledger: LedgerName
  readonly event: NewEvent
  readonly placed: { position: number; prev: string; recordedAt: string; revision: number }
  readonly entry: string
  readonly hash: string
}

const FIXTURE = new URL('../../../test/fixtures/entries-v1.ndjson', import.meta.url)
const KNOWN = readFileSync(FIXTURE, 'utf8')
  .split('\n')
  .slice(0, -1)
  .map((line) => JSON.parse(line) as Known)

const spliced = ({ ledger, event, placed }: Known): string => {
  const { head, tail } = entryTexts(ledger, event)
  const { position, prev, recordedAt, revision } = placed
  return `${head},"position":${position},"prev":"${prev}","recordedAt":"${recordedAt}","revision":${revision},${tail}`
}

describe('the bytes of format 1 are for ever', () => {
  for (const known of KNOWN) {
    it(`position ${known.placed.position}: ${known.event.type}`, () => {
      expect(spliced(known)).toBe(known.entry)
      expect(entryHash(known.entry)).toBe(known.hash)
      expect(isCanonicalJson(known.entry)).toBe(true)
    })
  }

  it('begins with the genesis of its ledger, and links each entry to the one before', () => {
    expect(KNOWN).toHaveLength(4)
    expect(KNOWN[0]?.placed.prev).toBe(genesisPrev('acme/main' as LedgerName))
    expect(KNOWN.slice(1).map(({ placed }) => placed.prev)).toEqual(
      KNOWN.slice(0, -1).map(({ hash }) => hash),
    )
  })

  it('gives the event back', () => {
    for (const { ledger, event, placed, entry } of KNOWN) {
      expect(parseEntry({ text: entry })).toEqual({ ...event, ...placed, ledger, v: 1 })
    }
  })

  it('verifies as an export', async () => {
    const lines = async function* () {
      for (const { entry } of KNOWN) yield entry
    }
    const verified = await verifyExport(lines(), 'acme/main' as LedgerName, { now: () => 0 })
    expect(verified).toMatchObject({ entries: 4, head: KNOWN.at(-1)?.hash, findings: [] })
  })

  it('has room in its bound for the largest position and revision', () => {
    for (const known of KNOWN) {
      const placed = {
        ...known.placed,
        position: Number.MAX_SAFE_INTEGER,
        revision: 2_147_483_647,
      }
      const bytes = Buffer.byteLength(spliced({ ...known, placed }))
      expect(bytes).toBeLessThanOrEqual(entryBytesBound(entryTexts(known.ledger, known.event)))
    }
    expect(ENTRY_BYTES_MAX).toBe(2 ** 16 - 1)
  })
})

describe('an entry that is none', () => {
  for (const text of ['', '{}', 'null', '[1]', '{"position":1}', 'x'.repeat(100)]) {
    it(`is a finding, not a fault: ${text.slice(0, 20)}`, () => {
      const verifier = new ChainVerifier('acme/main' as LedgerName, { depth: 'full' })
      verifier.add({ position: 1, text })
      verifier.finish()
      expect(verifier.findings.map(({ code }) => code)).toContain('SCHEMA')
      expect(verifier.verified).toBe(1)
    })
  }
})

describe('names', () => {
  it('a stream is category:id, printable and without white space', () => {
    for (const good of ['order:1', 'order:Ö/x"y', 'a-b:c:d', `a:${'x'.repeat(192)}`]) {
      expect(isStreamName(good)).toBe(true)
    }
    for (const bad of ['order', 'order:', ':1', 'Order:1', 'order:a b', 'order:a\u0000', '1:a']) {
      expect(isStreamName(bad)).toBe(false)
    }
    expect(isStreamName(`a:${'x'.repeat(193)}`)).toBe(false)
    expect(isStreamName('order:\ud800')).toBe(false)
    expect(categoryOf('order:1:2')).toBe('order')
  })

  it('what Writ writes itself is reserved, by category', () => {
    for (const own of [
      'decision:1',
      'control:x',
      'ledger:main',
      'writ-anything:1',
      'subject:1',
      'shadow:1',
    ]) {
      expect(isReservedStream(own)).toBe(true)
    }
    for (const free of ['order:1', 'decisions:1', 'writ:1', 'order:decision:1']) {
      expect(isReservedStream(free)).toBe(false)
    }
  })

  it('an event type is a word of letters, digits, dots, underscores and hyphens', () => {
    for (const good of ['OrderPlaced', 'com.acme.order-placed', 'a', `a${'b'.repeat(127)}`]) {
      expect(isEventType(good)).toBe(true)
    }
    for (const bad of ['', '1a', 'a b', 'a"', 'ä', `a${'b'.repeat(128)}`, 'a\n']) {
      expect(isEventType(bad)).toBe(false)
    }
  })
})
