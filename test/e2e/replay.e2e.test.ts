import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfReport, type ReplayReport } from '@writ/commands'
import { type Database, OWNER } from '@writ/database'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, type Decision, discount } from './support/client.ts'
import { connect, decisionsIn, entriesOf, type Hashed, verdictOf } from './support/ledger.ts'
import {
  type Environment,
  newHome,
  onServer,
  runWrit,
  startWrit,
  writJson,
} from './support/writ.ts'

const DECISIONS = 500
const CALLERS = 16

/** Small steps, so that every boundary of the policy is met, and some of them by chance. */
const randomCase = () => ({
  discount: Math.round(Math.random() * 20) / 100,
  margin: Math.round((0.18 + Math.random() * 0.12) * 100) / 100,
})

const onBoundary = [
  { discount: 0.1, margin: 0.3 },
  { discount: 0.10000000000000002, margin: 0.3 },
  { discount: 0.12, margin: 0.3 },
  { discount: 0.12, margin: 0.23 },
  { discount: 0.12000000000000001, margin: 0.3 },
  { discount: 0.11, margin: 0.22 },
]

const requestOf = ({ data }: Hashed): { discount: number; margin: number } =>
  (data as { inputs: { request: { discount: number; margin: number } } }).inputs.request

describeOnServer('writ replay, over 500 random finance decisions (AS-098),', () => {
  let environment: Environment
  let acme: Client
  let owner: Database
  let stored: readonly Hashed[]

  beforeAll(async () => {
    environment = await onServer()
    const writ = await startWrit(environment)
    acme = writ.client()
    owner = await connect(environment, OWNER)
    const cases = [
      ...onBoundary,
      ...Array.from({ length: DECISIONS - onBoundary.length }, randomCase),
    ]
    await Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        for (let i = caller; i < cases.length; i += CALLERS) {
          const reply = await acme.post('/decisions/finance', discount(cases[i], `c-${i % 40}`))
          if (reply.status !== 201) throw new Error(reply.text)
        }
      }),
    )
    await writ.stop()
    stored = decisionsIn(await entriesOf(owner))
    expect(stored).toHaveLength(DECISIONS)
  })

  const replayed = (...args: string[]): Promise<ReplayReport> =>
    writJson<ReplayReport>(['replay', '--last', String(DECISIONS), ...args], environment)
  const whole = async (): Promise<string> => JSON.stringify(await entriesOf(owner))

  it('finds 0 differences under the same policy, and writes nothing', async () => {
    const before = await whole()
    const report = await replayed()
    expect(report).toMatchObject({
      kind: 'fidelity',
      passed: true,
      classes: { same: DECISIONS, different: 0, 'engine-changed': 0, error: 0 },
      changes: [],
      selection: { first: stored[0]?.position, last: stored.at(-1)?.position },
      replayable: { decisions: DECISIONS, share: 1 },
    })
    expect(await whole()).toBe(before)
  })

  it('lists on 1.1.0.B exactly the former AL2 rows with discount in (0.10, 0.12], now AL3', async () => {
    const before = await whole()
    const report = await replayed('--policy', 'finance-constitution@1.1.0.B')
    const expected = stored
      .filter((entry) => {
        const { discount: asked } = requestOf(entry)
        return verdictOf(entry).autonomyLevel === 'AL2' && asked > 0.1 && asked <= 0.12
      })
      .map(({ position, id }) => ({ position, decision: id, class: 'level-up' }))
    expect(expected.length).toBeGreaterThan(2)
    expect(report.changes).toEqual(expected)
    expect(report.classes).toMatchObject({
      'level-up': expected.length,
      same: DECISIONS - expected.length,
    })
    expect(report.matrix).toContainEqual({
      before: { outcome: 'approved', level: 'AL2' },
      after: { outcome: 'approved', level: 'AL3' },
      decisions: expected.length,
    })
    expect(await whole()).toBe(before)
  })

  it('gives one digest for one selection, however many threads judge, and all three forms show it', async () => {
    const policy = ['--policy', 'finance-constitution@1.1.0.B']
    const folder = newHome()
    const [html, markdown, out] = ['html', 'md', 'json'].map((end) => join(folder, `r.${end}`))
    const forms = ['--html', html, '--markdown', markdown, '--out', out] as string[]
    const one = await replayed(...policy, '--workers', '1', ...forms)
    // Five pages: more threads judge them in another order.
    for (const workers of ['2', '4'])
      expect(await replayed(...policy, '--workers', workers)).toEqual(one)
    expect(digestOfReport(one)).toBe(one.digest)
    for (const file of [html, markdown, out])
      expect(readFileSync(file as string, 'utf8')).toContain(one.digest)
    // The same decisions by position: the same report.
    const { first, last } = one.selection
    const range = ['replay', '--from', String(first), '--to', String(last + 1), ...policy]
    expect(await writJson<ReplayReport>(range, environment)).toEqual(one)
  })

  it('tries a file, and fails the gate (1) where it lets more pass than was allowed', async () => {
    const file = join(newHome(), 'wider.yaml')
    const text = readFileSync(
      new URL('../../examples/policies/finance-constitution-1.0.0.yaml', import.meta.url),
      'utf8',
    )
    writeFileSync(
      file,
      text
        .replace(
          'maxDiscount:    { type: double, value: 0.15, min: 0,    max: 0.15 }',
          'maxDiscount:    { type: double, value: 0.18, min: 0,    max: 0.18 }',
        )
        .replace('version: 1.0.0', 'version: 9.0.0'),
    )
    const refused = await runWrit(['replay', '--policy', file, '--json'], environment)
    const report = JSON.parse(refused.stdout) as ReplayReport
    const loosened = stored.filter((entry) => {
      const { discount: asked, margin } = requestOf(entry)
      return asked > 0.15 && asked <= 0.18 && margin >= 0.22
    })
    expect(refused.code).toBe(1)
    expect(report.changes).toEqual(
      loosened.map(({ position, id }) => ({ position, decision: id, class: 'loosened' })),
    )
    const allowed = await replayed('--policy', file, '--loosened-max', String(loosened.length))
    expect(allowed.passed).toBe(true)
    expect(allowed.sums.map(({ field }) => field)).toEqual(['/discount', '/margin'])
  })

  it('says what could not be asked for (2), and that nothing was chosen (3)', async () => {
    const codes = async (...args: string[]) =>
      (await runWrit(['replay', ...args], environment)).code
    expect(await codes('--last', '0')).toBe(2)
    expect(await codes('--last', '5', '--from', '1')).toBe(2)
    expect(await codes('--from', 'yesterday')).toBe(2)
    expect(await codes('--policy', 'no-such-file.yaml')).toBe(2)
    expect(await codes('--policy', 'finance-constitution@99.0.0')).toBe(2)
    expect(await codes('--policy', 'finance-constitution@1.1.0', '--domain', 'hr')).toBe(2)
    expect(await codes('--domain', 'hr')).toBe(3)
    expect(await codes('--to', '2011-01-01T00:00:00Z')).toBe(3)
  })

  it('cannot replay the decision about somebody who was erased, and shows nothing of anybody', async () => {
    const writ = await startWrit(environment)
    const note = 'Ada lost her job in spring'
    const made = await writ
      .client()
      .post('/decisions/finance', discount({ discount: 0.08, margin: 0.31, note }, 'ada'))
    const kept = await writ
      .client()
      .post('/decisions/finance', discount({ discount: 0.08, margin: 0.31, note }, 'bo'))
    await writ.stop()
    const { id, subject } = made.json<Decision>()
    expect(subject.id).toBe('ada')
    const entry = decisionsIn(await entriesOf(owner)).find((one) => one.id === id)
    const { inputs } = (entry as Hashed).data as { inputs: { subject: { id: string } } }
    const before = await whole()
    expect((await replayed()).classes).toMatchObject({ same: DECISIONS })
    await owner.query({
      text: 'delete from log.subject_keys where subject_id = $1',
      values: [inputs.subject.id],
    })
    const report = await replayed()
    expect(report.changes).toEqual([
      { position: entry?.position, decision: id, class: 'not-replayable' },
    ])
    expect(report.reasons).toEqual([{ class: 'not-replayable', reason: 'erased', decisions: 1 }])
    expect(JSON.stringify(report)).not.toContain(note)
    expect(kept.status).toBe(201)
    expect(await whole()).toBe(before)
  })

  it('names the first difference of a result that the same engine does not give again (5)', async () => {
    const entry = stored[7] as Hashed
    // As somebody who holds the database: the recorded level of one decision is another one.
    const { level, other } =
      verdictOf(entry).autonomyLevel === 'AL0'
        ? { level: 'AL0', other: 'AL1' }
        : { level: verdictOf(entry).autonomyLevel, other: 'AL0' }
    const rewrite = (from: string, to: string) =>
      owner.transaction(async (tx) => {
        await tx.script('set local session_replication_role = replica')
        await tx.script(
          `update log.entries
            set entry = replace(entry, '"autonomyLevel":"${from}"', '"autonomyLevel":"${to}"')
            where position = ${entry.position}
            and ledger_no = (select ledger_no from log.ledgers where ledger = 'acme/main')`,
        )
      })
    await rewrite(level, other)
    const { code, stdout } = await runWrit(['replay', '--json'], environment)
    const said = await runWrit(['replay'], environment)
    await rewrite(other, level)
    const report = JSON.parse(stdout) as ReplayReport
    expect([code, report.classes.different]).toEqual([5, 1])
    expect(report.topCases).toContainEqual(
      expect.objectContaining({
        class: 'different',
        decision: entry.id,
        difference: { pointer: '/autonomyLevel', recorded: `"${other}"`, again: `"${level}"` },
      }),
    )
    expect([said.code, said.stdout]).toEqual([5, expect.stringContaining('/autonomyLevel')])
  })
})
