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

  it('are revoked where the event names a version, and nothing happens where it does not', () => {
    const rows = fold([
      policyPublished({ version: '1.0.0' }),
      revoked({}),
      revoked({ name: 'fin', version: '9.9.9' }),
      revoked({ name: 'fin', version: '1.0.0' }),
    ])('policy_versions')
    expect(rows).toMatchObject([{ revoked_at: minutesAfterNoon(9), revoked_by: 'ada' }])
  })

  it('ignore namesakes in other categories', () => {
    expect(
      fold([{ ...policyPublished({ version: '1.0.0' }), stream: 'order:1' }])('policy_versions'),
    ).toEqual([])
  })
})
