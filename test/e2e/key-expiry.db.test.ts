import {
  buildRuntime,
  installShippedPolicies,
  localOperator,
  openLedgers,
  prepareKeyPartitions,
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

/** A runtime over a test's database whose clock the test sets. */
describeOnBothDatabases('an Idempotency-Key', (open) => {
  let runtime: Runtime
  let now = NOON

  beforeAll(async () => {
    const { database } = await open()
    const config = readConfig({ WRIT_HOME: newHome() })
    runtime = buildRuntime(config, database, { now: () => now })
    await prepareKeyPartitions(runtime, now)
    await openLedgers(runtime)
    await installShippedPolicies(runtime)
  })

  const decide = async (at: number, asked: number) => {
    now = at
    const context = { caller: localOperator(runtime.config), idempotencyKey: 'k-1' }
    const reply = await runtime.useCases.makeDecision(context, 'finance', {
      ...discount({ discount: asked, margin: 0.31 }),
      request: { discount: asked, margin: 0.31 },
    })
    return reply instanceof Problem ? reply.code : reply
  }

  it('is held for 24 hours and free afterwards, for any other request (AS-050)', async () => {
    const first = await decide(NOON, 0.04)
    expect(first).toMatchObject({ replayed: false })
    expect(await decide(NOON + 23.9 * HOUR, 0.04)).toMatchObject({
      replayed: true,
      decision: { id: (first as { decision: { id: string } }).decision.id },
    })
    expect(await decide(NOON + 23.9 * HOUR, 0.03)).toBe('idempotency-key-reused')
    await prepareKeyPartitions(runtime, NOON + 25 * HOUR)
    const later = await decide(NOON + 25 * HOUR, 0.03)
    expect(later).toMatchObject({ replayed: false })
    expect(await decide(NOON + 26 * HOUR, 0.03)).toMatchObject({
      replayed: true,
      decision: { id: (later as { decision: { id: string } }).decision.id },
    })
  })

  it('is still answered while the kill switch halts, since it was answered before', async () => {
    const first = await decide(NOON + 60 * HOUR, 0.02)
    expect(first).toMatchObject({ replayed: false })
    await runtime.useCases.setKillSwitch(
      { caller: systemOperator() },
      { state: 'halt', reason: 'test' },
    )
    expect(await decide(NOON + 60 * HOUR, 0.02)).toMatchObject({ replayed: true })
    const context = { caller: localOperator(runtime.config), idempotencyKey: 'k-2' }
    const refused = await runtime.useCases.makeDecision(context, 'finance', discount() as never)
    expect(refused).toBeInstanceOf(Problem)
    expect((refused as Problem).code).toBe('decisions-halted')
  })
})
