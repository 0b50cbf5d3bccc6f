import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ReplayReport } from '@writ/commands'
import type { Database } from '@writ/database'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, discount, type Reply } from './support/client.ts'
import { ACME, connect, decisionsIn, entriesOf, type Hashed } from './support/ledger.ts'
import {
  type Environment,
  newHome,
  onServer,
  runWrit,
  startWrit,
  type WritProcess,
  writJson,
} from './support/writ.ts'

const DECISIONS = 200
const CALLERS = 8
const CANDIDATE = 'finance-constitution@1.1.0.B'

const caseOf = (i: number) => ({
  discount: Math.round(Math.random() * 20) / 100,
  margin: Math.round((0.2 + (i % 12) / 100) * 100) / 100,
})

interface Evaluated {
  readonly runId: string
  readonly decisionId: string
  readonly position: number
  readonly class: string
  readonly error: { readonly kind: string; readonly code: string } | null
}
interface Report {
  readonly status: string
  readonly evaluated: number
  readonly position: number
  readonly shares: readonly { readonly class: string; readonly decisions: number }[]
  readonly differences: readonly { readonly decision: string; readonly href: string }[]
  readonly ended: { readonly because: string; readonly liveDigest: string | null } | null
}
interface Run {
  readonly id: string
  readonly status: string
}

let keys = 0
const fresh = () => ({ 'idempotency-key': `shadow-${++keys}` })

const evaluatedIn = (entries: readonly Hashed[], runId: string): readonly Evaluated[] =>
  entries
    .filter(({ type, stream }) => type === 'ShadowEvaluated' && stream.startsWith('decision:'))
    .map(({ data }) => data as unknown as Evaluated)
    .filter((one) => one.runId === runId)

/** Asks again until it is so. @throws after 40 s */
const until = async <T>(ask: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> => {
  let found = await ask()
  for (const began = performance.now(); !isSo(found); found = await ask()) {
    if (performance.now() - began > 40_000) throw new Error(`still ${JSON.stringify(found)}`)
    await wait(100)
  }
  return found
}

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString()

describeOnServer('a candidate in the shadow of what decides (AS-099),', () => {
  let environment: Environment
  let writ: WritProcess
  let acme: Client
  let database: Database
  let replies: readonly Reply[]
  let run: Run

  const entries = () => entriesOf(database, ACME)
  const judgedBy = async (id: string) => evaluatedIn(await entries(), id)
  const report = async (id: string, query = ''): Promise<Report> => {
    const { position } = (await entries()).at(-1) as Hashed
    const headers = { 'writ-min-position': String(position) }
    return (await acme.get(`/shadows/${id}${query}`, headers)).json<Report>()
  }
  const start = (over: object = {}): Promise<Reply> =>
    acme.post('/shadows', { candidate: CANDIDATE, until: soon(3_600_000), ...over }, fresh())
  const stop = (id: string): Promise<Reply> =>
    acme.post(`/shadows/${id}/stop`, { reason: 'seen enough' }, fresh())
  const decide = async (client: Client, i: number): Promise<Reply> => {
    const reply = await client.post('/decisions/finance', discount(caseOf(i), `c-${i % 40}`))
    if (reply.status !== 201) throw new Error(reply.text)
    return reply
  }

  beforeAll(async () => {
    environment = await onServer()
    writ = await startWrit(environment)
    acme = writ.client()
    database = await connect(environment)
    await decide(acme, 0)
    const args = ['shadow', 'start', CANDIDATE, '--for', 'P1D', '--severity', 'audit']
    run = await writJson<Run>(args, environment)
  })

  it('judges each live decision exactly once, through kill -9 and by two processes', async () => {
    let other = await startWrit(environment)
    let doomed: WritProcess | undefined = other
    let made = 0
    const half = async (client: () => Client): Promise<readonly Reply[]> =>
      (
        await Promise.all(
          Array.from({ length: CALLERS }, async (_, caller) => {
            const some: Reply[] = []
            for (let i = caller; i < DECISIONS / 2; i += CALLERS) {
              some.push(await decide(client(), i))
              made++
              // Spread over several rounds, so that a process dies in the middle of one.
              await wait(40)
            }
            return some
          }),
        )
      ).flat()
    const killing = (async () => {
      await until(
        async () => made,
        (count) => count > DECISIONS / 4,
      )
      const judging = await until(
        async () => (await judgedBy(run.id)).length,
        (count) => count > 0,
      )
      expect(judging).toBeLessThan(DECISIONS)
      await doomed?.kill9()
      doomed = undefined
      other = await startWrit(environment)
    })()
    const first = await half(() => acme)
    await killing
    const second = await half(() => (Math.random() < 0.5 ? acme : other.client()))
    replies = [...first, ...second]
    const judged = await until(
      () => judgedBy(run.id),
      (found) => found.length >= DECISIONS,
    )
    // Two more rounds of each process: nothing is written a second time.
    await wait(1_500)
    await other.stop()
    const ids = (await judgedBy(run.id)).map(({ decisionId }) => decisionId)
    expect(ids).toHaveLength(DECISIONS)
    expect(new Set(ids)).toEqual(new Set(replies.map((reply) => reply.json<Run>().id)))
    expect(judged.every(({ error }) => error === null)).toBe(true)
  })

  it('comes to the classes that a replay of the same decisions tells', async () => {
    const judged = await judgedBy(run.id)
    const decisions = decisionsIn(await entries()).slice(1)
    const replayed = await runWrit(
      ['replay', '--policy', CANDIDATE, '--from', String(decisions[0]?.position), '--json'],
      environment,
    )
    const { changes, classes } = JSON.parse(replayed.stdout) as ReplayReport
    const byPosition = judged.toSorted((a, b) => a.position - b.position)
    const differing = byPosition.filter((one) => one.class !== 'same')
    expect(differing.length).toBeGreaterThan(0)
    expect(
      differing.map(({ position, decisionId, class: name }) => ({
        ...{ position, decision: decisionId, class: name },
      })),
    ).toEqual(changes)
    const { shares, evaluated, differences } = await report(run.id, '?differences=1000')
    expect(evaluated).toBe(DECISIONS)
    expect(Object.fromEntries(shares.map((one) => [one.class, one.decisions]))).toEqual(classes)
    expect(differences.map(({ decision }) => decision)).toEqual(
      differing.map(({ decisionId }) => decisionId).toReversed(),
    )
    const [newest] = differences
    expect((await acme.get(newest?.href ?? '')).json<Run>().id).toBe(newest?.decision)
  })

  it('shows nothing of itself in a live reply, in a decision or in what is counted of decisions', async () => {
    for (const reply of replies) expect(reply.text).not.toMatch(/shadow/i)
    const [reply] = replies
    const again = await acme.get(`/decisions/${reply?.json<Run>().id}`)
    expect(again.text).not.toMatch(/shadow/i)
    const { position } = (await entries()).at(-1) as Hashed
    const headers = { 'writ-min-position': String(position) }
    const range = `from=${soon(-86_400_000)}&until=${soon(86_400_000)}&by=day`
    const { items } = (await acme.get(`/autonomy?${range}`, headers)).json<{
      items: readonly { readonly decisions: number }[]
    }>()
    expect(items.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(DECISIONS + 1)
    const listed = (await acme.get('/decisions?limit=500', headers)).json<{ items: object[] }>()
    expect(listed.items).toHaveLength(DECISIONS + 1)
    expect((await entries()).filter(({ type }) => type === 'DecisionMade')).toHaveLength(
      DECISIONS + 1,
    )
  })

  it('is told on the command line, as text, JSON and Markdown', async () => {
    const file = join(newHome(), 'shadow.md')
    const said = await runWrit(['shadow', 'report', run.id, '--markdown', file], environment)
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining(`${DECISIONS} decisions`)])
    expect(readFileSync(file, 'utf8')).toContain('## Classes')
    const list = await runWrit(['shadow', 'list', '--state', 'running'], environment)
    expect(list.stdout).toContain(run.id)
    const codes = await Promise.all(
      [
        ['start', CANDIDATE],
        ['start', CANDIDATE, '--for', 'a week'],
        ['start', CANDIDATE, '--for', 'P1D', '--severity', 'high'],
        ['list', '--state', 'gone'],
        ['report', run.id, '--differences', '1001'],
      ].map(async (args) => (await runWrit(['shadow', ...args], environment)).code),
    )
    expect(codes).toEqual([2, 2, 2, 2, 2])
  })

  it('is tried by one run at a time, and not after the run was stopped', async () => {
    const twice = await start()
    expect([twice.status, twice.json().code, twice.json().reason]).toEqual([
      ...[409, 'shadow-refused', 'candidate-running'],
    ])
    const args = ['shadow', 'stop', run.id, '--reason', 'seen enough']
    expect(await writJson<Run>(args, environment)).toMatchObject({ status: 'stopped' })
    expect((await stop(run.id)).json()).toMatchObject({ status: 'stopped' })
    await decide(acme, 1)
    await wait(1_500)
    expect(await judgedBy(run.id)).toHaveLength(DECISIONS)
    expect((await report(run.id)).ended).toMatchObject({ because: 'stopped' })
    const none = await acme.get('/shadows/01920000-0000-7000-8000-000000000001')
    expect([none.status, none.json().code]).toEqual([404, 'shadow-not-found'])
  })

  it('ends by its date', async () => {
    const started = await start({ until: soon(4_000) })
    expect([started.status, started.headers.get('location')]).toEqual([
      ...[201, `/shadows/${started.json().id}`],
    ])
    const { id } = started.json<Run>()
    await decide(acme, 2)
    const { evaluated } = await until(
      () => report(id),
      ({ status }) => status === 'date',
    )
    expect(evaluated).toBe(1)
    await decide(acme, 3)
    await wait(1_000)
    expect(await judgedBy(id)).toHaveLength(1)
  })

  it('notes what it could not judge, and the live answer is what it was', async () => {
    const text = readFileSync(
      new URL('../../examples/policies/finance-constitution-1.1.0.yaml', import.meta.url),
      'utf8',
    )
    const needs = text
      .replace('version: 1.1.0', 'version: 1.9.0')
      .replace('required: [discount, margin]', 'required: [discount, margin, note]')
      .replaceAll(/(request: \{)/g, '$1note: a, ')
    const published = await acme.post('/policies', needs, fresh())
    expect([published.status, published.text]).toEqual([201, expect.any(String)])
    const { id } = (await start({ candidate: 'finance-constitution@1.9.0' })).json<Run>()
    await decide(acme, 4)
    const [only] = await until(
      () => judgedBy(id),
      (found) => found.length > 0,
    )
    expect(only).toMatchObject({
      ...{ class: 'not-replayable', error: { kind: 'not-replayable', code: 'new-field' } },
    })
    await stop(id)
  })

  it('is told as stale when another version decides, and judges nothing of that one', async () => {
    const { id } = (await start()).json<Run>()
    await decide(acme, 5)
    const path = '/policies/finance-constitution/1.1.0/activate'
    const activated = await acme.post(path, undefined, fresh())
    expect(activated.status).toBe(200)
    await decide(acme, 6)
    const { ended, evaluated } = await until(
      () => report(id),
      ({ status }) => status !== 'running',
    )
    expect(evaluated).toBe(1)
    expect(ended).toMatchObject({ because: 'stale', liveDigest: activated.json().digest })
    const stale = await runWrit(['shadow', 'report', id], environment)
    expect(stale.stdout).toContain('stale: another version decides')
  })
})

const heavyRule = (i: number): string => {
  const pairs = `request.weights.exists(a, request.weights.exists(b, a + b > ${1_990 + i}))`
  return `        - { id: heavy-${i}, when: "${pairs}", outcome: escalate, code: HEAVY }\n`
}

/** As costly as the policy language admits: nearly a million units of every decision. */
const parcels = (version: string, heavy: number): string => `policy: parcels
version: ${version}
domain: parcels
card:
  { owner: parcel-ops, purpose: to try a slow one, riskTier: low, nextReview: 2099-01-01, limitations: [a test] }
actions:
  send:
    request:
      type: object
      additionalProperties: false
      required: [weights]
      properties:
        weights: { type: array, maxItems: 100, items: { type: integer, minimum: 0, maximum: 1000 } }
    guardrails: []
    rules:
      hit: strictest
      default: { outcome: escalate, code: NO_RULE }
      list:
        - { id: light, when: "request.weights.all(w, w < 1000)", outcome: approve, code: LIGHT }
${Array.from({ length: heavy }, (_, i) => heavyRule(i)).join('')}    autonomy:
      ceiling: AL3
      bands:
        - { level: AL1, when: "request.weights.all(w, w < 1000)" }
tests:
  - { name: light, at: 2026-12-02T09:00:00Z, request: {weights: [1]}, expect: {outcome: approved, level: AL1} }
  - { name: heavy, at: 2026-12-02T09:00:00Z, request: {weights: [1000]}, expect: {outcome: escalated, level: AL0} }
`

const ASKED = 150
const WEIGHTS = Array.from({ length: 100 }, (_, i) => i)

describeOnServer('a live decision', () => {
  it('waits for no slow candidate in its shadow', async () => {
    const environment = await onServer()
    const writ = await startWrit(environment)
    const acme = writ.client()
    const database = await connect(environment)
    for (const text of [parcels('1.0.0', 0), parcels('2.0.0', 16)]) {
      const published = await acme.post('/policies', text, fresh())
      expect([published.status, published.text]).toEqual([201, expect.any(String)])
    }
    const active = await acme.post('/policies/parcels/1.0.0/activate', undefined, fresh())
    expect([active.status, active.text]).toEqual([200, expect.any(String)])
    await acme.put('/controls/flags/parcels/send', { state: 'on', reason: 'opening' })
    const p50 = async (): Promise<number> => {
      const took: number[] = []
      for (let i = 0; i < ASKED; i++) {
        const began = performance.now()
        const body = {
          ...{ action: 'send', subject: { type: 'order', id: `o-${i}` } },
          request: { weights: WEIGHTS },
        }
        const reply = await acme.post('/decisions/parcels', body)
        if (reply.status !== 201) throw new Error(reply.text)
        took.push(performance.now() - began)
      }
      return took.sort((a, b) => a - b)[ASKED >> 1] as number
    }
    await p50()
    const without = await p50()
    const asked = { candidate: 'parcels@2.0.0', until: soon(3_600_000) }
    const { id } = (await acme.post('/shadows', asked, fresh())).json<Run>()
    const judged = async () => evaluatedIn(await entriesOf(database, ACME), id)
    // Until the candidate is at work.
    await until(
      async () => {
        await p50()
        return (await judged()).length
      },
      (count) => count > 0,
    )
    const asOf = decisionsIn(await entriesOf(database, ACME)).length
    const beside = await p50()
    // Of what was decided before the measurement something is still to be judged: it was at work all the time.
    const began = 2 * ASKED
    const done = (await judged()).length
    expect(done).toBeLessThan(asOf - began)
    const ratio = beside / without
    const told = [without, beside, ratio].map((value) => value.toFixed(2))
    console.log(
      `live p50 in ms without a slow shadow, beside one, and the ratio: ${told.join(', ')}`,
    )
    expect(ratio).toBeLessThan(3)
  })
})
