import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../test/support/test-databases.ts'
import { policyActivated, policyPublished } from '../shared/control-events.fixture.ts'
import { minutesAfterNoon, type Told } from '../shared/history.fixture.ts'
import { foldInDatabase } from '../shared/in-database.fixture.ts'
import { policiesProjection } from './policies.projection.ts'
import {
  activationsOf,
  DUE_ACTIVATIONS_MAX,
  dueActivations,
  policiesBy,
} from './policies.queries.ts'

const LEDGER = 'acme/policies' as LedgerName

describeOnBothDatabases('policies', (open) => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await open()
    await foldInDatabase(test.database, [policiesProjection], {
      ledger: LEDGER,
      told: [
        policyPublished({ version: '1.0.0' }, 0),
        policyPublished({ version: '1.1.0' }, 1),
        policyPublished({ version: '2.0.0' }, 2),
        policyActivated({ version: '1.0.0' }, 10),
        policyActivated({ version: '1.1.0' }, 20),
        policyActivated({ version: '1.0.0' }, 30),
        policyPublished({ name: 'leave', version: '1.0.0', domain: 'hr' }, 40),
      ],
    })
  })

  it('are listed with their state, which follows the pointer', async () => {
    const states = async (filter: object) => {
      const page = await policiesBy(test.database, LEDGER, filter)
      if (page instanceof Problem) throw new Error(page.detail)
      expect(page.position).toBe(7)
      return page.items.map(({ name, version, state }) => [name, version, state])
    }
    const fin = [
      ['fin', '2.0.0', 'draft'],
      ['fin', '1.1.0', 'superseded'],
      ['fin', '1.0.0', 'active'],
    ]
    expect(await states({})).toEqual([['leave', '1.0.0', 'draft'], ...fin])
    expect(await states({ domain: 'finance' })).toEqual(fin)
    expect(await states({ name: 'fin', state: 'active' })).toEqual([fin[2]])
  })

  it('show who published and activated them', async () => {
    const page = await policiesBy(test.database, LEDGER, { state: 'active' })
    expect(page).toMatchObject({
      items: [
        {
          published: { by: 'ada', at: minutesAfterNoon(0) },
          activated: { by: 'bo', at: minutesAfterNoon(30) },
          activations: 2,
          variants: ['A', 'B'],
        },
      ],
    })
  })

  it('tell which version decided at any time', async () => {
    const versions = async (at?: number) => {
      const filter = at === undefined ? {} : { at: minutesAfterNoon(at) }
      const page = await activationsOf(test.database, LEDGER, 'finance', filter)
      if (page instanceof Problem) throw new Error(page.detail)
      return page.items.map(({ version, until }) => [version, until])
    }
    expect(await versions()).toEqual([
      ['1.0.0', null],
      ['1.1.0', minutesAfterNoon(30)],
      ['1.0.0', minutesAfterNoon(20)],
    ])
    expect(await versions(9)).toEqual([])
    expect(await versions(10)).toEqual([['1.0.0', minutesAfterNoon(20)]])
    expect(await versions(20)).toEqual([['1.1.0', minutesAfterNoon(30)]])
    expect(await versions(99)).toEqual([['1.0.0', null]])
  })

  it('tell which one decided, and which one should have, where an agreed time was recorded late', async () => {
    const ledger = 'acme/late' as LedgerName
    await foldInDatabase(test.database, [policiesProjection], {
      ledger,
      told: [
        policyPublished({ version: '1.0.0' }, 0),
        policyPublished({ version: '1.1.0' }, 0),
        policyActivated({ version: '1.0.0' }, 10),
        policyActivated({ version: '1.1.0', from: 60 }, 75),
      ],
    })
    const version = async (at: number, knownAt?: number) => {
      const page = await activationsOf(test.database, ledger, 'finance', {
        at: minutesAfterNoon(at),
        ...(knownAt === undefined ? {} : { knownAt: minutesAfterNoon(knownAt) }),
      })
      return page instanceof Problem ? page.code : page.items.map((item) => item.version)
    }
    // As known then, and as valid then.
    expect(await version(70, 70)).toEqual(['1.0.0'])
    expect(await version(70)).toEqual(['1.1.0'])
    expect(await version(70, 75)).toEqual(['1.1.0'])
    expect(await version(59)).toEqual(['1.0.0'])
    expect(await version(5, 5)).toEqual([])
  })

  it('that were to be activated are told one after the other, however many were overtaken', async () => {
    const versions = Array.from({ length: DUE_ACTIVATIONS_MAX + 1 }, (_, i) => `1.0.${i}`)
    await foldInDatabase(test.database, [policiesProjection], {
      ledger: 'acme/due' as LedgerName,
      told: versions.flatMap((version) => [
        policyPublished({ name: 'due', version, domain: 'due' }),
        approvedFor({ name: 'due', version, domain: 'due' }),
      ]),
    })
    const first = await dueActivations(test.database, minutesAfterNoon(10))
    expect(first).toHaveLength(DUE_ACTIVATIONS_MAX)
    const rest = await dueActivations(test.database, minutesAfterNoon(10), first.at(-1))
    const all = [...first, ...rest].map(({ version }) => version)
    expect(all.toSorted()).toEqual(versions.toSorted())
    expect(await dueActivations(test.database, minutesAfterNoon(9))).toEqual([])
  })
})

const approvedFor = (policy: { name: string; version: string; domain: string }): Told => ({
  type: 'PolicyVersionApproved',
  stream: `policy:${policy.name}`,
  data: {
    ...{ ...policy, digest: `sha256:${'0'.repeat(64)}`, approvedBy: ['bo'], against: null },
    ...{ loosening: [], reviewId: null, activateAt: minutesAfterNoon(10) },
  },
})
