import { OWNER } from '@writ/database'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, client, type Decision, decided, discount } from './support/client.ts'
import { connect, entriesOf } from './support/ledger.ts'
import { type Environment, onServer, runWrit, startWrit, writJson } from './support/writ.ts'

/** The same requests each time; printed with what was verified. */
const SEED = 20261202
const DECISIONS = 300
const NOTE = 'Ada lost her job in spring'

interface Change {
  readonly field: string
  readonly to?: unknown
}
interface Explanation {
  readonly outcome: string
  readonly replayable: boolean
  readonly replay: { readonly verdict: string }
  readonly counterfactuals: readonly {
    readonly target: string
    readonly level: string
    readonly changes: readonly Change[]
  }[]
  readonly search: { readonly tried: number; readonly exhausted: boolean }
  readonly whyNot: { readonly beyond: readonly { readonly kind: string }[] } | null
}

/** A generator of Park and Miller: seeded, in one line, good enough to scatter requests. */
const randomFrom = (seed: number) => {
  let state = seed % 2147483647
  return (): number => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const EDGES = [0, 0.05, 0.1, 0.12, 0.15, 0.22, 0.23, 0.25, 1]

describeOnServer('the explanation of a decision', () => {
  let environment: Environment
  let acme: Client
  let reader: Client
  let personal: Decision

  beforeAll(async () => {
    environment = await onServer()
    const writ = await startWrit(environment)
    acme = writ.client()
    const key = await writJson<{ token: string }>(
      ['keys', 'create', '--name', 'reader', '--scopes', 'decisions:read'],
      environment,
    )
    reader = client(writ.url, key.token)
    personal = await decided(acme, { discount: 0.2, margin: 0.31, note: NOTE })
  })

  const explained = async (id: string, query = ''): Promise<Explanation> =>
    (await acme.get(`/decisions/${id}/explanation${query}`)).json<Explanation>()

  it(`promises nothing that does not come true when it is asked (seed ${SEED})`, async () => {
    const random = randomFrom(SEED)
    const share = (): number =>
      random() < 0.4 ? (EDGES[Math.floor(random() * EDGES.length)] as number) : random() * 0.5
    const seen = { escalated: 0, approved: 0, kept: 0, none: 0 }
    for (let i = 0; i < DECISIONS; i++) {
      const request = { discount: share(), margin: share() }
      const { id, outcome } = await decided(acme, request)
      seen[outcome as 'approved' | 'escalated']++
      const { counterfactuals, replay } = await explained(id)
      expect(replay.verdict).toBe('same')
      if (counterfactuals.length === 0) seen.none++
      for (const { target, level, changes } of counterfactuals) {
        const changed = Object.fromEntries(changes.map(({ field, to }) => [field.slice(1), to]))
        const after = await decided(acme, { ...request, ...changed })
        expect([after.outcome, after.autonomyLevel]).toEqual([target, level])
        seen.kept++
      }
    }
    console.log(`seed ${SEED}: ${JSON.stringify(seen)}`)
    expect(Math.min(seen.escalated, seen.approved, seen.kept)).toBeGreaterThan(30)
  })

  it('is for operators unless another audience is named, and never for an unknown one', async () => {
    const plain = await acme.get(`/decisions/${personal.id}/explanation`)
    const named = await acme.get(`/decisions/${personal.id}/explanation?audience=operator`)
    expect(plain.json()).toEqual(named.json())
    expect(plain.json()).toMatchObject({
      audience: 'operator',
      counterfactuals: [
        {
          target: 'approved',
          level: 'AL3',
          changes: [{ field: '/discount', from: 0.2, to: 0.15 }],
        },
      ],
    })
    const unknown = await acme.get(`/decisions/${personal.id}/explanation?audience=public`)
    expect([unknown.status, unknown.json().code]).toEqual([422, 'request-invalid'])
  })

  it('is for auditors with log:audit alone', async () => {
    const path = `/decisions/${personal.id}/explanation?audience=auditor`
    const refused = await reader.get(path)
    expect([refused.status, refused.json().code]).toEqual([403, 'forbidden'])
    expect((await reader.get(path.replace('auditor', 'subject'))).status).toBe(200)
  })

  it('shows an auditor who may open personal values what was opened, and the log has it first', async () => {
    const openings = async () =>
      (await entriesOf(await connect(environment))).filter(
        ({ type }) => type === 'PersonalDataOpened',
      )
    const before = (await openings()).length
    expect((await acme.get(`/decisions/${personal.id}/explanation`)).text).not.toContain(NOTE)
    expect((await openings()).length).toBe(before)
    await acme.get(`/decisions/${personal.id}/explanation?audience=auditor`)
    expect((await openings()).slice(before).map(({ data }) => data.opened)).toEqual([
      [{ eventId: personal.id, pointers: ['/inputs/request/note'] }],
    ])
  })

  it('of a domain without a policy says that people decide', async () => {
    const flag = { state: 'on', reason: 'a test of an action that no policy governs' }
    expect((await acme.put('/controls/flags/travel/trip', flag)).status).toBeLessThan(300)
    const asked = { ...discount({ days: 3 }), action: 'trip' }
    const { id } = (await acme.post('/decisions/travel', asked)).json<Decision>()
    expect(await explained(id)).toMatchObject({
      outcome: 'escalated',
      policy: null,
      replayable: true,
      counterfactuals: [],
      whyNot: { beyond: [{ kind: 'policy', id: 'none' }] },
    })
  })

  it('is a page on the command line: outcome, voices, clauses with both sides, what would change it', async () => {
    const page = await runWrit(['explain', personal.id], environment)
    expect([page.code, page.stderr]).toEqual([0, ''])
    for (const line of [
      'escalated at AL0',
      'rule outside-band: Outside band.',
      '✗ request.discount <= params.maxDiscount   0.2 | 0.15',
      '✓ request.margin >= params.minMargin   0.31 | 0.22',
      'AL3  policy',
      'discount 0.2 → 0.15 would be approved at AL3',
    ]) {
      expect(page.stdout).toContain(line)
    }
    const json = await writJson<Explanation>(['explain', personal.id], environment)
    expect(json).toEqual(await explained(personal.id))
    const nobody = await runWrit(['explain', personal.id, '--audience', 'public'], environment)
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('--audience')])
    const unknown = await runWrit(['explain', '01920000-0000-7000-8000-00000000d001'], environment)
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no decision')])
  })

  it('stays honest when the personal inputs are gone: as recorded, nothing re-run or promised', async () => {
    const { id } = (
      await acme.post(
        '/decisions/finance',
        discount({ discount: 0.2, margin: 0.31, note: NOTE }, 'bo'),
      )
    ).json<Decision>()
    const entry = (await entriesOf(await connect(environment))).find((one) => one.id === id)
    const [commitment] = Object.values(entry?.commitments ?? {}) as { k: string }[]
    const owner = await connect(environment, OWNER)
    await owner.query({
      text: 'delete from log.subject_keys where key_id = $1',
      values: [commitment?.k],
    })
    const gone = (await acme.get(`/decisions/${id}/explanation`)).json()
    expect(gone).toMatchObject({
      outcome: 'escalated',
      replayable: false,
      replay: { verdict: 'not-replayable', reason: 'erased: /inputs/request/note' },
      trace: { guardrails: [], rules: [], bands: [] },
      whyNot: null,
      counterfactuals: [],
    })
    expect(gone.voices).toContainEqual(expect.objectContaining({ code: 'OUTSIDE_BAND' }))
  })
})
