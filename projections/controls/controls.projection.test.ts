import { describe, expect, it } from 'vitest'
import {
  actionFlagSet,
  digestOf,
  killSwitchSet,
  policyActivated,
} from '../shared/control-events.fixture.ts'
import { folding } from '../shared/folded.fixture.ts'
import { minutesAfterNoon, type Told } from '../shared/history.fixture.ts'
import { controlsProjection } from './controls.projection.ts'

const fold = folding(controlsProjection)

describe('controls', () => {
  it('stand once a scope, as set last', () => {
    const rows = fold([
      killSwitchSet('halt', { kind: 'ledger' }),
      killSwitchSet('human-only', { kind: 'domain', domain: 'finance' }, 1),
      killSwitchSet('halt', { kind: 'action', domain: 'finance', action: 'discount' }, 2),
      killSwitchSet('off', { kind: 'ledger' }, 3, 'bo'),
    ])('control_switches')
    expect(rows.map(({ scope, state, domain, action }) => [scope, state, domain, action])).toEqual([
      ['action finance discount', 'halt', 'finance', 'discount'],
      ['domain finance', 'human-only', 'finance', null],
      ['ledger', 'off', null, null],
    ])
    expect(rows[2]).toEqual({
      scope: 'ledger',
      domain: null,
      action: null,
      state: 'off',
      reason: 'to be off',
      set_by: 'bo',
      set_by_type: 'person',
      set_at: minutesAfterNoon(3),
      position: 4,
    })
  })

  it('keep flags by action and active policies by domain', () => {
    const rows = fold([
      actionFlagSet('finance', 'discount', 'on'),
      actionFlagSet('finance', 'discount', 'off', 5),
      actionFlagSet('loans', 'discount', 'shadow'),
      policyActivated({ version: '1.0.0' }),
      policyActivated({ version: '1.1.0' }, 7),
    ])
    expect(rows('control_flags').map(({ domain, state }) => [domain, state])).toEqual([
      ['finance', 'off'],
      ['loans', 'shadow'],
    ])
    expect(rows('control_active_policies')).toEqual([
      {
        domain: 'finance',
        name: 'fin',
        policy_version: '1.1.0',
        digest: digestOf('1.1.0'),
        published_by: 'ada',
        set_by: 'bo',
        set_by_type: 'person',
        set_at: minutesAfterNoon(7),
        position: 5,
      },
    ])
  })

  it('remember every change, that without a settled shape too', () => {
    const ceiling: Told = {
      type: 'CeilingSet',
      stream: 'control:ceiling',
      data: {
        ...{ scope: { kind: 'domain', domain: 'finance' }, level: 'AL1', source: 'people' },
        ...{ reason: 'audit', reviewId: null },
      },
    }
    const bare: Told = { type: 'ControlReleaseRequested', stream: 'control:kill-switch', data: {} }
    const rows = fold([
      killSwitchSet('halt', { kind: 'domain', domain: 'finance' }),
      policyActivated({ version: '1.0.0' }),
      ceiling,
      bare,
    ])('control_history')
    expect(
      rows.map(({ type, scope, state, domain, reason, policy }) => [
        ...[type, scope, state, domain, reason, policy],
      ]),
    ).toEqual([
      ['KillSwitchSet', 'domain finance', 'halt', 'finance', 'to be halt', null],
      ['PolicyVersionActivated', 'domain finance', null, 'finance', null, 'fin'],
      ['CeilingSet', 'domain finance', 'people AL1', 'finance', 'audit', null],
      ['ControlReleaseRequested', null, null, null, null, null],
    ])
  })

  it('have no active policy for a domain whose active version was revoked', () => {
    const version = { name: 'fin', version: '1.0.0', domain: 'finance', digest: digestOf('1.0.0') }
    const revoked: Told = {
      type: 'PolicyVersionRevoked',
      stream: 'policy:fin',
      data: { ...version, reason: 'wrong' },
    }
    const rows = fold([policyActivated({ version: '1.0.0' }), revoked])
    expect(rows('control_active_policies')).toEqual([])
    expect(rows('control_history')[1]).toMatchObject({ policy: 'fin', reason: 'wrong' })
  })

  it('ignore namesakes in other categories and types of no concern', () => {
    const halt = killSwitchSet('halt', { kind: 'ledger' })
    const rows = fold([
      { ...halt, stream: 'order:kill-switch' },
      { ...halt, type: 'KillSwitchTested' },
    ])
    expect(rows('control_history')).toEqual([])
  })
})
