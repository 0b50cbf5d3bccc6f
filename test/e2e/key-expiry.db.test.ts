import {
  buildRuntime,
  installShippedPolicies,
  localOperator,
  openLedgers,
  preparePartitions,
  type Runtime,
  readConfig,
  systemOperator,
} from '@writ/cli'
import { Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases } from '../support/test-databases.ts'
import { discount } from './support/client.ts'
import { newHome } from './support/writ.ts'

const NOON = Date.parse('2026-03-02T12:00:00Z')
const HOUR = 3_600_000

/** A decision, new or told again, or why it was refused. */
type Answer = { readonly id: unknown; readonly replayed: boolean } | { readonly refused: string }

describeOnBothDatabases('an Idempotency-Key', (open) => {
  let runtime: Runtime
  let now = NOON

  beforeAll(async () => {
    const { database } = await open()
    const config = readConfig({ WRIT_HOME: newHome() })
    runtime = buildRuntime(config, database, { now: () => now })
    await preparePartitions(runtime, now)
    await openLedgers(runtime)
    await installShippedPolicies(runtime)
  })

  const decide = async (at: number, asked: number): Promise<Answer> => {
    now = at
    const context = { caller: localOperator(runtime.config), idempotencyKey: 'k-1' }
    const request = { ...discount(), request: { discount: asked, margin: 0.31 } }
    const reply = await runtime.useCases.makeDecision(context, 'finance', request)
    return reply instanceof Problem
      ? { refused: reply.code }
      : { id: reply.decision.id, replayed: reply.replayed }
  }

  it('is held for 24 hours and free afterwards, for any other request (AS-050)', async () => {
    const first = await decide(NOON, 0.04)
    expect(first).toMatchObject({ replayed: false })
    expect(await decide(NOON + 23.9 * HOUR, 0.04)).toEqual({ ...first, replayed: true })
    expect(await decide(NOON + 23.9 * HOUR, 0.03)).toEqual({ refused: 'idempotency-key-reused' })
    await preparePartitions(runtime, NOON + 25 * HOUR)
    const later = await decide(NOON + 25 * HOUR, 0.03)
    expect(later).toMatchObject({ replayed: false })
    expect(await decide(NOON + 26 * HOUR, 0.03)).toEqual({ ...later, replayed: true })
  })

  it('is still answered while the kill switch halts, since it was answered before', async () => {
    const first = await decide(NOON + 60 * HOUR, 0.02)
    expect(first).toMatchObject({ replayed: false })
    const operator = { caller: systemOperator() }
    await runtime.useCases.setKillSwitch(operator, { state: 'halt', reason: 'test' })
    expect(await decide(NOON + 60 * HOUR, 0.02)).toEqual({ ...first, replayed: true })
    const unasked = { caller: localOperator(runtime.config), idempotencyKey: 'k-2' }
    const refused = await runtime.useCases.makeDecision(unasked, 'finance', {
      ...discount(),
      request: { discount: 0.01, margin: 0.31 },
    })
    expect(refused instanceof Problem ? refused.code : 'decided').toBe('decisions-halted')
  })
})
