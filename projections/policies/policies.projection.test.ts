import { describe, expect, it } from 'vitest'
import { digestOf, policyActivated, policyPublished } from '../shared/control-events.fixture.ts'
import { folding } from '../shared/folded.fixture.ts'
import { minutesAfterNoon, type Told } from '../shared/history.fixture.ts'
import { policiesProjection } from './policies.projection.ts'

const fold = folding(policiesProjection)

const revoked = (data: Told['data']): Told => ({
  type: 'PolicyVersionRevoked',
  stream: 'policy:fin',
  data,
  occurredAt: minutesAfterNoon(9),
})

describe('policies', () => {
  it('have one row a version, with who published and who activated', () => {
    const rows = fold([
      policyPublished({ version: '1.0.0' }, 1),
      policyPublished({ version: '1.1.0' }, 2),
      policyActivated({ version: '1.0.0' }, 3),
    ])('policy_versions')
    expect(rows).toEqual([
      {
        name: 'fin',
        policy_version: '1.0.0',
        domain: 'finance',
        digest: digestOf('1.0.0'),
        variants: ['A', 'B'],
        published_by: 'ada',
        published_at: minutesAfterNoon(1),
        position: 1,
        validated: false,
        approved_by: [],
        activate_at: null,
        activations: 1,
        last_activated_by: 'bo',
        last_activated_at: minutesAfterNoon(3),
        revoked_at: null,
        revoked_by: null,
      },
      expect.objectContaining({ policy_version: '1.1.0', activations: 0, last_activated_at: null }),
    ])
  })

  it('point to one version a domain, of whichever policy, and remember each', () => {
    const rows = fold([
      policyPublished({ version: '1.0.0' }),
      policyActivated({ version: '1.0.0' }),
      policyActivated({ name: 'other', version: '2.0.0' }),
      policyActivated({ version: '1.0.0' }),
      policyActivated({ version: '3.0.0', domain: 'hr' }),
    ])
    expect(
      rows('policy_pointers').map(({ domain, name, position }) => [domain, name, position]),
    ).toEqual([
      ['finance', 'fin', 4],
      ['hr', 'fin', 5],
    ])
    expect(rows('policy_activations').map(({ position, name }) => [position, name])).toEqual([
      [2, 'fin'],
      [3, 'other'],
      [4, 'fin'],
      [5, 'fin'],
    ])
    expect(rows('policy_versions')).toMatchObject([{ policy_version: '1.0.0', activations: 2 }])
  })

  it('published again keep their first telling', () => {
    const rows = fold([
      policyPublished({ version: '1.0.0' }, 1),
      policyActivated({ version: '1.0.0' }),
      policyPublished({ version: '1.0.0' }, 5),
    ])('policy_versions')
    expect(rows).toMatchObject([{ published_at: minutesAfterNoon(1), activations: 1 }])
  })

  it('are revoked for ever; where the active one is, its domain points to none', () => {
    const reason = 'wrong'
    const named = (version: string) => ({ name: 'fin', version, domain: 'finance', reason })
    const rows = fold([
      policyPublished({ version: '1.0.0' }),
      policyPublished({ version: '1.1.0' }),
      policyActivated({ version: '1.1.0' }),
      revoked({ ...named('9.9.9'), digest: digestOf('9.9.9') }),
      revoked({ ...named('1.0.0'), digest: digestOf('1.0.0') }),
    ])
    expect(rows('policy_versions')).toMatchObject([
      { policy_version: '1.0.0', revoked_at: minutesAfterNoon(9), revoked_by: 'ada' },
      { policy_version: '1.1.0', revoked_at: null },
    ])
    expect(rows('policy_pointers')).toHaveLength(1)
    const gone = fold([
      policyPublished({ version: '1.1.0' }),
      policyActivated({ version: '1.1.0' }),
      revoked({ ...named('1.1.0'), digest: digestOf('1.1.0') }),
    ])
    expect(gone('policy_pointers')).toEqual([])
    expect(gone('policy_activations')).toMatchObject([
      { policy_version: '1.1.0' },
      { policy_version: null, effective_from: minutesAfterNoon(9) },
    ])
  })

  it('go from draft over validated and approved to active, and wait for the time agreed', () => {
    const stream = 'policy:fin'
    const version = { name: 'fin', version: '1.0.0', digest: digestOf('1.0.0') }
    const told: readonly Told[] = [
      policyPublished({ version: '1.0.0' }),
      { type: 'PolicyVersionValidated', stream, data: version },
      {
        type: 'PolicyVersionApproved',
        stream,
        data: {
          ...{ ...version, domain: 'finance', approvedBy: ['bo', 'cy'], against: null },
          ...{ loosening: [], reviewId: null, activateAt: minutesAfterNoon(60) },
        },
      },
      policyActivated({ version: '1.0.0', from: 60 }, 65),
    ]
    const after = (count: number) => fold(told.slice(0, count))('policy_versions')
    expect(after(2)).toMatchObject([{ validated: true, approved_by: [], activate_at: null }])
    expect(after(3)).toMatchObject([
      { approved_by: ['bo', 'cy'], activate_at: minutesAfterNoon(60), activations: 0 },
    ])
    expect(after(4)).toMatchObject([{ activate_at: null, activations: 1 }])
    expect(fold(told)('policy_activations')).toMatchObject([
      { effective_from: minutesAfterNoon(60), recorded_at: minutesAfterNoon(65) },
    ])
  })

  it('ignore namesakes in other categories', () => {
    expect(
      fold([{ ...policyPublished({ version: '1.0.0' }), stream: 'order:1' }])('policy_versions'),
    ).toEqual([])
  })
})
