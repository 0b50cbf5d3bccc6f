import {
  buildRuntime,
  installShippedPolicies,
  localOperator,
  must,
  openLedgers,
  preparePartitions,
  type Runtime,
  readConfig,
} from '@writ/cli'
import { SchemaFromTheFuture } from '@writ/domain'
import { type LedgerName, timestampOf } from '@writ/kernel'
import { PROJECTIONS } from '@writ/projections'
import { parkedEvents, projectionStatus } from '@writ/projector'
import { beforeAll, expect, it } from 'vitest'
import { newHome } from '../e2e/support/writ.ts'
import { describeOnEmbedded } from '../support/test-databases.ts'
import { projectorOver } from './support/test-projections.ts'

describeOnEmbedded('an event of Writ’s own of a newer release', (open) => {
  let runtime: Runtime
  let ledger: LedgerName
  let position: number

  beforeAll(async () => {
    const { database } = await open()
    runtime = buildRuntime(readConfig({ WRIT_HOME: newHome() }), database)
    await preparePartitions(runtime, Date.now())
    await openLedgers(runtime)
    await installShippedPolicies(runtime)
    const { deps, config } = runtime
    const { actor } = localOperator(config)
    ledger = localOperator(config).ledger
    // A decision of now warms what this process remembers of the controls.
    must(await decide())
    const id = deps.newId()
    const event = {
      ...{ id, type: 'KillSwitchSet', schema: 2, stream: 'control:kill-switch', actor },
      data: { halted: [{ everything: true }] },
      correlationId: id,
      occurredAt: timestampOf(deps.clock.now()),
    }
    const result = must(await deps.log.append(ledger, { caller: actor.id, events: [{ event }] }))
    expect(result.status).toBe('appended')
    position = (await deps.reader.head(ledger))?.position as number
  })

  const decide = () =>
    runtime.useCases.makeDecision({ caller: localOperator(runtime.config) }, 'finance', {
      action: 'discount',
      subject: { type: 'invoice', id: 'i-1' },
      request: { discount: 0.04, margin: 0.3 },
    })

  it('stops deciding, since it may forbid what is asked: nothing is written', async () => {
    await expect(decide()).rejects.toThrow(SchemaFromTheFuture)
    await expect(decide()).rejects.toThrow(/KillSwitchSet has schema 2/)
    expect((await runtime.deps.reader.head(ledger))?.position).toBe(position)
  })

  it('is parked by the read models that fold it, with the reason, and holds up none', async () => {
    const { database } = runtime
    const { projector, faults } = projectorOver(runtime.database, PROJECTIONS)
    await projector.catchUp()
    await projector.stop()
    expect(faults).toEqual([])
    expect(await parkedEvents(database)).toMatchObject([
      { name: 'controls', position, reason: expect.stringMatching(/KillSwitchSet has schema 2/) },
    ])
    const own = (await projectionStatus(database)).filter((one) => one.ledger === ledger)
    expect(own.map((one) => one.position)).toEqual(PROJECTIONS.map(() => position))
  })
})
