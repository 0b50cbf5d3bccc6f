import { describe, expect, it } from 'vitest'
import { addNumber } from './exact-sum.ts'
import { ENGINE } from './replay-case.fixture.ts'
import type { Candidate } from './replay-page.ts'
import { digestOfReport, type ReportParts, replayReport } from './replay-report.ts'
import {
  addTally,
  count,
  emptyTally,
  failedTally,
  fieldSums,
  type ReplayTally,
  ruleCount,
} from './replay-tally.ts'
import { replayHtml } from './report-html.ts'
import { replayMarkdown } from './report-markdown.ts'

const HOSTILE = `"><script>alert(1)</script>|\`[x](javascript:alert(1))\n'&`
const DIGEST = `sha256:${'1'.repeat(64)}`

const candidate: Candidate = {
  ...{ name: HOSTILE, version: '1.1.0', domain: 'finance', digest: DIGEST, text: '' },
  ...{ variant: 'B', from: 'file' },
}

/** A tally of one decision of a class. */
const one = (position: number, name: string, amount = position): ReplayTally => {
  const tally = emptyTally()
  const result = { outcome: 'approved', level: 'AL2', codes: [HOSTILE] }
  tally.decisions = 1
  count(tally.classes, name)
  count(tally.matrix, 'approved AL2 approved AL3')
  ruleCount(tally.rules, `finance/discount rule ${HOSTILE.replaceAll(' ', '')}`).after++
  addNumber(fieldSums(tally.sums, 'finance/discount /amount').after, amount / 10)
  if (name !== 'same') {
    const change = { position, decision: `d-${position}`, class: name }
    tally.changes = [change]
    const facts = { '/amount': amount }
    tally.top = new Map([
      [name, [{ ...change, field: '/amount', amount, before: result, after: result, facts }]],
    ])
  }
  return tally
}

const partsOf = (tallies: readonly ReplayTally[], more: Partial<ReportParts> = {}): ReportParts => {
  const tally = emptyTally()
  for (const each of tallies) addTally(tally, each)
  return {
    selection: {
      ...{ ledger: 'acme/main' as ReportParts['selection']['ledger'], domain: null, action: null },
      ...{ from: null, to: null, first: 2, last: 99, decisions: tally.decisions, digest: DIGEST },
    },
    ...{ engine: ENGINE, candidate, loosenedMax: 0, knownTo: null, tally },
    ...more,
  }
}

const many = (counts: Readonly<Record<string, number>>): readonly ReplayTally[] =>
  Object.entries(counts).flatMap(([name, n], c) =>
    Array.from({ length: n }, (_, i) => one(1_000 * c + i + 2, name)),
  )

describe('a replay report', () => {
  it('is the same whatever page came first', () => {
    const tallies = many({ same: 5, 'level-up': 40, tightened: 3, error: 2 })
    const report = replayReport(partsOf(tallies))
    const shuffled = tallies.toSorted((a, b) =>
      JSON.stringify(a.changes) > JSON.stringify(b.changes) ? -1 : 1,
    )
    expect(replayReport(partsOf(shuffled.toReversed()))).toEqual(report)
    expect(digestOfReport(report)).toBe(report.digest)
    const { changes, topCases } = report
    expect(changes.map(({ position }) => position)).toEqual(
      changes.map(({ position }) => position).toSorted((a, b) => a - b),
    )
    expect(topCases.filter((each) => each.class === 'level-up')).toHaveLength(20)
    expect(topCases.find((each) => each.class === 'level-up')?.amount).toBe(1041)
  })

  it.each([
    [{ same: 20 }, 0, [], true],
    [{ same: 19, error: 1 }, 0, ['error'], false],
    [{ same: 19, 'loosened-over-guardrail': 1 }, 9, ['loosened-over-guardrail'], false],
    [{ same: 19, loosened: 1 }, 0, ['loosened'], false],
    [{ same: 19, loosened: 1 }, 1, [], true],
    [{ same: 19, tightened: 9, 'level-down': 1, 'reason-only': 1 }, 0, [], true],
    [{ same: 95, 'not-replayable': 5 }, 0, [], true],
    [{ same: 94, 'not-replayable': 6 }, 0, ['replayable'], false],
  ])(
    'of a what-if with %j and %d allowed fails the gates %j',
    (counts, loosenedMax, failed, passed) => {
      const report = replayReport(partsOf(many(counts), { loosenedMax }))
      expect(report.gates.filter((gate) => !gate.passed).map(({ name }) => name)).toEqual(failed)
      expect(report.passed).toBe(passed)
    },
  )

  it('of fidelity fails on a difference, and not on what was erased or another engine decided', () => {
    const passed = (counts: Readonly<Record<string, number>>): boolean =>
      replayReport(partsOf(many(counts), { candidate: undefined })).passed
    expect(passed({ same: 9, 'not-replayable': 3, 'engine-changed': 2 })).toBe(true)
    expect(passed({ same: 9, different: 1 })).toBe(false)
    expect(passed({ same: 9, error: 1 })).toBe(false)
  })

  it('tells a page of which nothing was heard as errors', () => {
    const page = [{ position: 7, id: 'd-7', text: '' }]
    const report = replayReport(partsOf([failedTally(page, 'time-limit'), one(2, 'same')]))
    expect(report.classes).toMatchObject({ error: 1, same: 1 })
    expect(report.reasons).toEqual([{ class: 'error', reason: 'time-limit', decisions: 1 }])
    expect(report.changes).toEqual([{ position: 7, decision: 'd-7', class: 'error' }])
    expect(report.replayable).toMatchObject({ decisions: 1, share: 0.5 })
  })

  it('lists ten thousand changes, and counts the rest', () => {
    const big = emptyTally()
    big.decisions = 10_003
    count(big.classes, 'tightened', 10_003)
    big.changes = Array.from({ length: 10_003 }, (_, i) => ({
      position: 20_000 - i,
      decision: 'd',
      class: 'tightened',
    }))
    const { changes, changesOmitted } = replayReport(partsOf([big]))
    expect([changes.length, changesOmitted, changes[0]?.position]).toEqual([10_000, 3, 9_998])
  })
})

describe('the forms for people', () => {
  const report = replayReport(partsOf(many({ same: 2, 'level-up': 3 }), { knownTo: 8 }))

  it('all name the digest of the report', () => {
    for (const form of [replayHtml(report), replayMarkdown(report)])
      expect(form).toContain(report.digest)
  })

  it('let nothing that a policy is called become markup, in HTML', () => {
    const html = replayHtml(report)
    expect(html).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).not.toMatch(/<script|javascript:[^a]|<[^>]*\son\w+=/i)
    // Self-contained: nothing is fetched, nothing runs.
    expect(html).not.toMatch(
      /(?:src|href|xlink:href|action)\s*=|url\(|@import|<(?:link|iframe|object|img|script)/i,
    )
    expect(html).toContain("default-src 'none'")
    const tags = [...html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)]
    expect(new Set(tags.map(([, , name]) => name))).toEqual(
      new Set(
        'html head meta title style body h1 p dl dt dd h2 svg text rect table thead tr th tbody td'.split(
          ' ',
        ),
      ),
    )
    const open: (string | undefined)[] = []
    for (const [, slash, name] of tags) {
      if (name === 'meta' || name === 'rect') continue
      if (slash === '') open.push(name)
      else expect(open.pop()).toBe(name)
    }
    expect(open).toEqual([])
  })

  it('keep Markdown tables whole, whatever a policy is called', () => {
    const lines = replayMarkdown(report).split('\n')
    const columns = (line: string): number => line.replaceAll(/\\\|/g, '').split('|').length
    const starts = lines.flatMap((line, i) => (/^\| -{3}/.test(line) ? [i] : []))
    expect(starts.length).toBeGreaterThan(4)
    for (const start of starts)
      for (let i = start - 1; lines[i]?.startsWith('|'); i++)
        expect([lines[i], columns(lines[i] ?? '')]).toEqual([lines[i], columns(lines[start] ?? '')])
    expect(lines.join('\n')).not.toMatch(/<script|[^\\]\[x\]/)
  })
})
