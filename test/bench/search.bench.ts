import { randomUUID } from 'node:crypto'
import { type EventLog, type EventToAppend, LogReader, type LogTables } from '@writ/event-log'
import { type LedgerName, Problem } from '@writ/kernel'
import { type DecisionFilter, decisionsBy, PROJECTIONS } from '@writ/projections'
import { Projector } from '@writ/projector'
import { latencies, note, report } from './support/figure.ts'
import { benchEvent, newId, openBenchLedger, type Rig, random, startRig } from './support/rig.ts'

const LEDGER = 'bench/main' as LedgerName
const DECISIONS = 1_000_000
const ASKED = 200
const P95_MS = 20

const DOMAINS = ['finance', 'hr', 'loans', 'answers', 'payments']
const ACTIONS = ['grant', 'refund', 'accept', 'reply']
/** Shares as they are in life: most are approved, few are blocked. */
const OUTCOMES = [
  ...Array(70).fill('approved'),
  ...Array(20).fill('escalated'),
  ...Array(9).fill('denied'),
  'blocked',
]
const LEVELS = ['AL0', 'AL1', 'AL2', 'AL3']
const SUBJECTS = 50_000
const DAY_MS = 86_400_000
const START = Date.parse('2026-06-01T00:00:00Z')

const pick = <T>(list: readonly T[]): T => list[(random(1)[0] as number) % list.length] as T
const below = (n: number): number => random(4).readUInt32BE(0) % n

/** A search over a million decisions, filter by filter, from the first page and from within. */
export const searchBench = async (): Promise<void> => {
  const rig = await startRig()
  try {
    await fill(rig, await openBenchLedger(rig.database, LEDGER))
    await fold(rig)
    for (const [name, filter] of Object.entries(FILTERS)) await measure(rig, name, filter)
  } finally {
    await rig.stop()
  }
}

const subjectId = (no: number): string =>
  `01930000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`

const atOf = (no: number): string =>
  new Date(START + Math.floor((no / DECISIONS) * 180 * DAY_MS)).toISOString()

const made = (no: number): EventToAppend => {
  const id = newId()
  const outcome = pick(OUTCOMES)
  const level = outcome === 'approved' ? pick(LEVELS.slice(1)) : 'AL0'
  const data = {
    inputs: {
      domain: pick(DOMAINS),
      action: pick(ACTIONS),
      request: { discount: 0.08, margin: 0.31 },
      subject: { type: 'customer', id: subjectId(below(SUBJECTS)) },
      at: atOf(no),
      control: { epoch: 0, counter: 0, systemCounter: 0, caps: [] },
      policy: {
        name: 'bench',
        version: `1.${Math.floor((no / DECISIONS) * 20)}.0`,
        digest: `sha256:${'d'.repeat(64)}`,
      },
      variant: {
        id: pick(['A', 'B']),
        mode: 'fixed',
        reason: 'weights',
        propensity: 1,
        propensities: { A: 1 },
        weightsVersion: 0,
      },
    },
    decided: {
      outcome,
      autonomyLevel: level,
      neededLevel: level,
      effectiveAt: atOf(no),
      codes: ['WITHIN_BAND'],
      voices: [],
    },
    engine: { name: 'bench', version: '0', source: '', tzdata: '', ms: 1 },
  }
  return {
    event: {
      ...benchEvent({ id, type: 'DecisionMade', stream: `decision:${id}`, data }),
      occurredAt: atOf(no),
    },
    expectedRevision: 0,
  }
}

const fill = async (rig: Rig, log: EventLog): Promise<void> => {
  const head = await new LogReader(rig.database.kysely<LogTables>()).head(LEDGER)
  const control = { epoch: head?.epoch ?? 0, counter: head?.controlCounter ?? 0, systemCounter: 0 }
  for (let at = 0; at < DECISIONS; at += 1_000) {
    const results = await Promise.all(
      [0, 250, 500, 750].map((from) =>
        log.append(LEDGER, {
          caller: 'fill',
          control,
          events: Array.from({ length: 250 }, (_, i) => made(at + from + i)),
        }),
      ),
    )
    for (const result of results)
      if (result instanceof Problem || result.status !== 'appended')
        throw new Error(JSON.stringify(result))
    if (at % 200_000 === 0) note(`${at} decisions appended`)
  }
}

const fold = async (rig: Rig): Promise<void> => {
  const worker = new Projector({
    database: rig.database,
    source: new LogReader(rig.database.kysely<LogTables>()),
    projections: PROJECTIONS.filter(({ name }) => name === 'decisions'),
    holder: randomUUID(),
    monotonic: () => performance.now(),
    onFault: (fault) => note(String(fault)),
  })
  const started = performance.now()
  await worker.catchUp()
  await worker.stop()
  const seconds = (performance.now() - started) / 1_000
  note(
    `folded ${DECISIONS} decisions in ${seconds.toFixed(0)} s, resident ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`,
  )
  await rig.owner.script('vacuum projection.decisions_1')
  await rig.owner.script('analyze')
}

type AnyFilter = () => DecisionFilter

const FILTERS: Readonly<Record<string, AnyFilter>> = {
  none: () => ({}),
  domain: () => ({ domain: pick(DOMAINS) }),
  action: () => ({ action: pick(ACTIONS) }),
  'outcome-frequent': () => ({ outcome: 'approved' }),
  'outcome-rare': () => ({ outcome: 'blocked' }),
  level: () => ({ level: pick(LEVELS) }),
  subject: () => ({ subject: { type: 'customer', id: subjectId(below(SUBJECTS)) } }),
  policy: () => ({ policy: 'bench', policyVersion: `1.${below(20)}.0` }),
  variant: () => ({ variant: pick(['A', 'B']) }),
  time: () => {
    const from = START + below(170) * DAY_MS
    return { from: new Date(from).toISOString(), until: new Date(from + DAY_MS).toISOString() }
  },
  combined: () => {
    const from = START + below(150) * DAY_MS
    return {
      domain: pick(DOMAINS),
      outcome: 'denied',
      from: new Date(from).toISOString(),
      until: new Date(from + 30 * DAY_MS).toISOString(),
    }
  },
}

const measure = async (rig: Rig, name: string, filter: AnyFilter): Promise<void> => {
  const taken: number[] = []
  let found = 0
  for (let i = -20; i < ASKED; i++) {
    const asked = filter()
    const started = performance.now()
    const page = await decisionsBy(rig.database, LEDGER, asked)
    const ms = performance.now() - started
    if (page instanceof Problem) throw new Error(page.detail)
    // Every other one goes on behind the first page.
    if (i >= 0) taken.push(ms)
    if (i >= 0) found += page.items.length
    if (page.next === undefined || i < 0) continue
    const again = performance.now()
    await decisionsBy(rig.database, LEDGER, { ...asked, cursor: page.next })
    taken.push(performance.now() - again)
  }
  const ms = latencies(taken)
  report({
    bench: 'search',
    figure: name,
    value: found / ASKED,
    unit: 'rows a page',
    n: taken.length,
    ms,
    budget: `p95 < ${P95_MS} ms`,
    ok: ms.p95 < P95_MS,
  })
}
