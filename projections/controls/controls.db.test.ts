import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import {
  actionFlagSet,
  digestOf,
  killSwitchSet,
  policyActivated,
} from '../shared/control-events.fixture.ts'
import { minutesAfterNoon } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { controlsProjection } from './controls.projection.ts'
import { controlHistory, controlsInForce } from './controls.queries.ts'

const LEDGER = 'acme/controls' as LedgerName

describeOnBothDatabases('controls', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [controlsProjection], {
      ledger: LEDGER,
      told: [
        killSwitchSet('halt', { kind: 'ledger' }),
        actionFlagSet('finance', 'discount', 'on', 1),
        policyActivated({ version: '1.0.0' }, 2),
        killSwitchSet('off', { kind: 'ledger' }, 3, 'bo'),
      ],
    })
  })

  it('in force are read with who set them, when and why', async () => {
    const ada = { type: 'person', id: 'ada' }
    const bo = { type: 'person', id: 'bo' }
    expect(await controlsInForce(test.database, LEDGER)).toEqual({
      position: 4,
      switches: [
        {
          ...{ scope: 'ledger', domain: null, action: null, state: 'off', reason: 'to be off' },
          ...{ by: bo, at: minutesAfterNoon(3), position: 4 },
        },
      ],
      flags: [
        {
          ...{ domain: 'finance', action: 'discount', state: 'on', reason: 'to be on' },
          ...{ by: ada, at: minutesAfterNoon(1), position: 2 },
        },
      ],
      activePolicies: [
        {
          ...{ domain: 'finance', name: 'fin', version: '1.0.0', digest: digestOf('1.0.0') },
          ...{ publishedBy: 'ada', by: bo, at: minutesAfterNoon(2), position: 3 },
        },
      ],
    })
    expect(await controlsInForce(test.database, 'acme/none')).toEqual({
      ...{ position: 0, switches: [], flags: [], activePolicies: [] },
    })
  })

  it('of the past are listed, the newest first', async () => {
    const first = await controlHistory(test.database, LEDGER, { limit: 3 })
    if (first instanceof Problem || first.next === undefined) throw new Error('no second page')
    expect(first.items.map(({ type, position }) => [type, position])).toEqual([
      ['KillSwitchSet', 4],
      ['PolicyVersionActivated', 3],
      ['ActionFlagSet', 2],
    ])
    const second = await controlHistory(test.database, LEDGER, { limit: 3, cursor: first.next })
    expect(second).toMatchObject({ position: 4, items: [{ position: 1, state: 'halt' }] })
    expect(second).not.toHaveProperty('next')
    const finance = await controlHistory(test.database, LEDGER, { domain: 'finance' })
    expect(finance).toMatchObject({ items: [{ position: 3 }, { position: 2 }] })
  })
})
