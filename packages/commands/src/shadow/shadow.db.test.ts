import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseEntry } from '@writ/event-log'
import { type LedgerName, Problem, uuidV7 } from '@writ/kernel'
import { beforeEach, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  type TestDatabase,
} from '../../../../test/support/test-databases.ts'
import type { CommandContext } from '../caller.ts'
import { createUseCases } from '../create-use-cases.ts'
import type { Deps } from '../deps.ts'
import { depsOver, openLedgers } from '../shared/deps.fixture.ts'
import type { UseCases } from '../use-cases.ts'
import { followShadow, SHADOW_PAGE, shadowJob } from './follow-shadow.command.ts'
import { shadowRun } from './shadow-history.ts'
import { failure, type ShadowJudges, shadowJudgesHere } from './shadow-judge.ts'

const policyText = (version: string): string =>
  readFileSync(
    new URL(`../../../../examples/policies/finance-constitution-${version}.yaml`, import.meta.url),
    'utf8',
  )
const REFERENCE = 'finance-constitution@1.1.0.B'
const DAY_MS = 86_400_000

const must = <T>(result: T | Problem): T => {
  if (result instanceof Problem) throw new Error(`${result.code}: ${result.detail}`)
  return result
}
const codeOf = (result: unknown): unknown =>
  result instanceof Problem ? (result.fields.reason ?? result.code) : result

let ledgers = 0

describeOnBothDatabases('shadow runs', (open) => {
  let test: TestDatabase
  let deps: Deps
  let useCases: UseCases
  let context: CommandContext
  let skew = 0

  beforeEach(async () => {
    test ??= await open()
    skew = 0
    const ledger = `acme/shadow-${++ledgers}` as LedgerName
    const caller = {
      ...{ tenant: 'acme', ledger, actor: { type: 'person' as const, id: 'ada' } },
      ...{ scopes: new Set<never>(), roles: new Set<string>() },
    }
    context = { caller }
    deps = depsOf()
    useCases = createUseCases(deps, async () => ({ ready: true, checks: {} }))
    await openLedgers(deps, ledger, caller.actor)
    for (const version of ['1.0.0', '1.1.0'])
      must(await useCases.publishPolicy(context, policyText(version)))
    must(await useCases.activatePolicy(context, 'finance-constitution', '1.0.0'))
    const flag = { domain: 'finance', action: 'discount', state: 'on' as const, reason: 'opening' }
    must(await useCases.setActionFlag(context, flag))
  })

  /** One process. */
  const depsOf = (): Deps => depsOver(test, () => skew)

  const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()
  const start = (over: object = {}, key?: string) =>
    useCases.startShadow(
      { ...context, ...(key === undefined ? {} : { idempotencyKey: key }) },
      { candidate: REFERENCE, until: inDays(7), ...over },
    )
  const startedId = async (over: object = {}): Promise<string> => {
    const { id } = must(await start(over)).run
    return String(id)
  }
  const decide = async (count: number, note?: string): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const request = { discount: (i % 20) / 100, margin: 0.3, ...(note ? { note } : {}) }
      const subject = { type: 'customer', id: `person-${i}` }
      const asked = { action: 'discount', subject, request }
      must(await useCases.makeDecision(context, 'finance', asked))
    }
  }
  const follow = async (
    id: string,
    { by = deps, after = 0, judges }: { by?: Deps; after?: number; judges?: ShadowJudges } = {},
  ) => {
    const run = await shadowRun(by, context.caller.ledger, id)
    if (run === undefined) throw new Error('no such run')
    const job = await shadowJob(by, context, run)
    return must(
      await followShadow(by)(context, run, { judges: judges ?? shadowJudgesHere(job), after }),
    )
  }
  const written = async (type: string) =>
    (await deps.reader.byType(context.caller.ledger, { type, after: 0, limit: 5_000 })).map(
      parseEntry,
    )
  const judgedIds = async () =>
    (await written('ShadowEvaluated')).map(({ data }) => String(data.decisionId))

  it('judge each decision of their domain once, from their start on and never before', async () => {
    await decide(3)
    const id = await startedId()
    await decide(SHADOW_PAGE + 6)
    const decisions = (await written('DecisionMade')).slice(3)
    const { after, isOver } = await follow(id)
    expect(isOver).toBe(false)
    expect(after).toBe(((await written('ShadowEvaluated'))[0]?.position as number) - 1)
    expect(await judgedIds()).toEqual(decisions.map((one) => one.id))
    const told = await written('ShadowEvaluated')
    for (const [i, { stream, data, causationId }] of told.entries()) {
      expect(stream).toBe(`decision:${decisions[i]?.id}`)
      expect(causationId).toBe(decisions[i]?.id)
      expect(data).toMatchObject({ runId: id, enforced: false, error: null })
    }
    expect(new Set(told.map(({ data }) => data.class))).toEqual(new Set(['same', 'level-up']))
    // Behind the first page, for a process that comes after this one.
    expect(new Set(told.map(({ data }) => data.after))).toEqual(
      new Set([(decisions[0]?.position as number) - 2, decisions[SHADOW_PAGE - 1]?.position]),
    )
  })

  it('write nothing twice, whoever judges again and whatever he makes of it', async () => {
    const id = await startedId()
    await decide(70)
    const late: ShadowJudges = {
      judge: async (items) => items.map(() => failure('timeout', 'time-limit')),
      close: async () => {},
    }
    await Promise.all([follow(id), follow(id, { by: depsOf() }), follow(id, { by: depsOf() })])
    await follow(id, { judges: late })
    const ids = await judgedIds()
    expect([ids.length, new Set(ids).size]).toEqual([70, 70])
    expect((await written('ShadowEvaluated')).filter(({ data }) => data.error !== null)).toEqual([])
  })

  it('hold nothing personal, and judge by what lies sealed all the same', async () => {
    const id = await startedId()
    await decide(1, 'Ada lost her job in spring')
    await follow(id)
    const [entry] = await written('ShadowEvaluated')
    expect(entry?.data).toMatchObject({ class: 'same', error: null })
    expect(entry?.commitments).toBeUndefined()
    expect(JSON.stringify(entry)).not.toMatch(/spring|discount|person-/)
  })

  it('end as stale once another version decides, after what the old one had decided', async () => {
    const id = await startedId()
    await decide(4)
    must(await useCases.activatePolicy(context, 'finance-constitution', '1.1.0'))
    await decide(3)
    expect((await follow(id)).isOver).toBe(true)
    expect(await judgedIds()).toHaveLength(4)
    const [end] = await written('ShadowRunEnded')
    const { digest } = must(
      await useCases.policyByReference(context.caller, 'finance-constitution'),
    )
    expect(end?.data).toMatchObject({ because: 'stale', liveDigest: digest, reason: null })
    expect(await follow(id)).toMatchObject({ isOver: true })
    expect(await written('ShadowRunEnded')).toHaveLength(1)
  })

  it('end by their date, after what was decided before it', async () => {
    const id = await startedId()
    await decide(2)
    skew = 8 * DAY_MS
    expect((await follow(id)).isOver).toBe(true)
    expect(await judgedIds()).toHaveLength(2)
    expect((await written('ShadowRunEnded')).map(({ data }) => data.because)).toEqual(['date'])
  })

  it('end although a candidate cannot keep up with its traffic', async () => {
    const id = await startedId()
    await decide(SHADOW_PAGE + 1)
    skew = 8 * DAY_MS
    const slow: ShadowJudges = {
      judge: async (items) => {
        skew += 61_000
        return items.map(() => failure('timeout', 'time-limit'))
      },
      close: async () => {},
    }
    expect((await follow(id, { judges: slow })).isOver).toBe(true)
    expect(await judgedIds()).toHaveLength(SHADOW_PAGE)
  })

  it('take no judgement after they were stopped, and stopping again changes nothing', async () => {
    const id = await startedId()
    await decide(2)
    const stopping: ShadowJudges = {
      judge: async (items) => {
        must(await useCases.stopShadow(context, id, { reason: 'seen enough' }))
        return items.map(() => failure('timeout', 'time-limit'))
      },
      close: async () => {},
    }
    expect((await follow(id, { judges: stopping })).isOver).toBe(true)
    expect(await judgedIds()).toEqual([])
    const again = must(await useCases.stopShadow(context, id, { reason: 'once more' }))
    expect(again.run).toMatchObject({ status: 'stopped', ended: { reason: 'seen enough' } })
    expect(
      codeOf(await useCases.stopShadow(context, uuidV7(0, randomBytes(10)), { reason: 'x' })),
    ).toBe('shadow-not-found')
  })

  it('are refused where they could not tell anything', async () => {
    expect(codeOf(await start({ candidate: 'finance-constitution@1.0.0' }))).toBe(
      'candidate-active',
    )
    expect(codeOf(await start({ candidate: 'finance-constitution@9.0.0' }))).toBe(
      'policy-not-found',
    )
    expect(codeOf(await start({ candidate: 'finance' }))).toBe('policy-reference-invalid')
    expect(codeOf(await start({ until: inDays(-1) }))).toBe('until-past')
    expect(codeOf(await start({ until: inDays(91) }))).toBe('until-too-late')
    expect(codeOf(await start({ until: 'soon' }))).toBe('request-invalid')
    expect(codeOf(await start({ domain: 'hr' }))).toBe('other-domain')
    const path = { name: 'finance-constitution', version: '1.1.0', reason: 'wrong' }
    must(await useCases.revokePolicy(context, path))
    expect(codeOf(await start())).toBe('policy-revoked')
  })

  it('started at the same time are one of a candidate, and a repeat hears of the same', async () => {
    const all = await Promise.all([start(), start(), start()])
    expect(all.filter((one) => !(one instanceof Problem))).toHaveLength(1)
    expect(all.flatMap((one) => (one instanceof Problem ? [codeOf(one)] : []))).toEqual([
      ...['candidate-running', 'candidate-running'],
    ])
    const until = inDays(3)
    const other = { candidate: 'finance-constitution@1.1.0.A', until }
    const [first, second] = [must(await start(other, 'k-1')), must(await start(other, 'k-1'))]
    expect(second).toEqual({ run: first.run, replayed: true })
    expect(await written('ShadowRunStarted')).toHaveLength(2)
  })
})
