import { describe, expect, it } from 'vitest'
import type {
  CeilingSet,
  ControlEvent,
  ControlScope,
  FlagState,
  KillSwitchState,
} from './control.events.ts'
import {
  type ControlState,
  ceilingOf,
  ceilingsFor,
  flagOf,
  killSwitchFor,
  NO_CONTROLS,
  policiesFrozen,
  withControl,
} from './control.state.ts'

const ORDERED = { publishedBy: 'ada', effectiveFrom: null, approvedBy: [] }
const LEDGER: ControlScope = { kind: 'ledger' }
const FINANCE: ControlScope = { kind: 'domain', domain: 'finance' }
const DISCOUNT: ControlScope = { kind: 'action', domain: 'finance', action: 'discount' }
const AT_DISCOUNT = { domain: 'finance', action: 'discount' }

const killSwitch = (scope: ControlScope, state: KillSwitchState): ControlEvent => ({
  type: 'KillSwitchSet',
  data: { state, scope, reason: 'drill' },
})
const flag = (domain: string, action: string, state: FlagState): ControlEvent => ({
  type: 'ActionFlagSet',
  data: { domain, action, state, reason: 'drill' },
})
const activated = (version: string, domain = 'finance'): ControlEvent => ({
  type: 'PolicyVersionActivated',
  data: { name: 'p', version, domain, digest: `sha256:${version}`, ...ORDERED },
})

/** The state after these events, numbered from 1. */
const given = (...events: readonly ControlEvent[]): ControlState =>
  events.reduce((state, event, i) => withControl(state, i + 1, event), NO_CONTROLS)

describe('the kill switch for an action', () => {
  it('is off while nobody has set one', () => {
    expect(killSwitchFor([NO_CONTROLS, NO_CONTROLS], AT_DISCOUNT)).toBe('off')
  })

  it.each<[KillSwitchState, KillSwitchState, KillSwitchState]>([
    ['off', 'human-only', 'human-only'],
    ['freeze-policies', 'human-only', 'human-only'],
    ['human-only', 'stop-execution', 'stop-execution'],
    ['stop-execution', 'halt', 'halt'],
    ['halt', 'off', 'halt'],
    ['off', 'freeze-policies', 'freeze-policies'],
  ])(
    'of %s on the ledger and %s on the action is %s: the strictest wins',
    (wide, narrow, strictest) => {
      const state = given(killSwitch(LEDGER, wide), killSwitch(DISCOUNT, narrow))
      expect(killSwitchFor([state], AT_DISCOUNT)).toBe(strictest)
    },
  )

  it('is that of the whole system where this is stricter, and of the ledger where that is', () => {
    const halted = given(killSwitch(LEDGER, 'halt'))
    const human = given(killSwitch(LEDGER, 'human-only'))
    expect(killSwitchFor([halted, human], AT_DISCOUNT)).toBe('halt')
    expect(killSwitchFor([human, halted], AT_DISCOUNT)).toBe('halt')
  })

  it.each<[string, ControlScope, object, KillSwitchState]>([
    ['a domain stops each action of it', FINANCE, { domain: 'finance', action: 'refund' }, 'halt'],
    ['a domain leaves other domains alone', FINANCE, { domain: 'hr', action: 'discount' }, 'off'],
    ['an action stops that action', DISCOUNT, AT_DISCOUNT, 'halt'],
    [
      'an action leaves its neighbours alone',
      DISCOUNT,
      { domain: 'finance', action: 'refund' },
      'off',
    ],
    ['the ledger stops everything', LEDGER, { domain: 'hr', action: 'leave' }, 'halt'],
  ])('set on %s', (_, scope, at, state) => {
    expect(killSwitchFor([given(killSwitch(scope, 'halt'))], at as typeof AT_DISCOUNT)).toBe(state)
  })

  it('of one scope is what was set last there, whatever the other scopes say', () => {
    const released = given(killSwitch(FINANCE, 'halt'), killSwitch(FINANCE, 'off'))
    expect(killSwitchFor([released], AT_DISCOUNT)).toBe('off')
    const other = given(killSwitch(DISCOUNT, 'halt'), killSwitch(LEDGER, 'off'))
    expect(killSwitchFor([other], AT_DISCOUNT)).toBe('halt')
  })
})

describe('policies are frozen', () => {
  it.each<[KillSwitchState, boolean]>([
    ['off', false],
    ['human-only', false],
    ['stop-execution', false],
    ['freeze-policies', true],
    ['halt', true],
  ])('by %s: %s', (state, frozen) => {
    expect(policiesFrozen([given(killSwitch(LEDGER, state))], 'finance')).toBe(frozen)
    expect(policiesFrozen([given(killSwitch(FINANCE, state))], 'finance')).toBe(frozen)
    expect(policiesFrozen([NO_CONTROLS, given(killSwitch(LEDGER, state))], 'hr')).toBe(frozen)
  })

  it('by no switch of another domain or of a single action', () => {
    const state = given(killSwitch(FINANCE, 'halt'), killSwitch(DISCOUNT, 'freeze-policies'))
    expect(policiesFrozen([state], 'hr')).toBe(false)
  })
})

describe('the flag of an action', () => {
  it('is off until somebody switches it on', () => {
    expect(flagOf(NO_CONTROLS, 'finance', 'discount')).toBe('off')
    expect(flagOf(given(flag('finance', 'refund', 'on')), 'finance', 'discount')).toBe('off')
  })

  it('is what was set last', () => {
    const state = given(
      flag('finance', 'discount', 'on'),
      flag('finance', 'discount', 'shadow'),
      flag('hr', 'leave', 'on'),
    )
    expect(flagOf(state, 'finance', 'discount')).toBe('shadow')
    expect(flagOf(state, 'hr', 'leave')).toBe('on')
  })
})

const ceiling = (
  scope: ControlScope,
  level: CeilingSet['data']['level'],
  source: CeilingSet['data']['source'] = 'people',
): ControlEvent => ({
  type: 'CeilingSet',
  data: { scope, level, source, reason: 'drill', reviewId: null },
})

describe('the ceilings of an action', () => {
  it('are none while nobody has set one', () => {
    expect(ceilingsFor([NO_CONTROLS, given(flag('a', 'b', 'on'))], AT_DISCOUNT)).toEqual([])
    expect(ceilingOf(NO_CONTROLS, { scope: LEDGER, source: 'drift' })).toBe('AL3')
  })

  it('are those of every scope it lies in, each with its source', () => {
    const state = given(
      ceiling(LEDGER, 'AL2'),
      ceiling(FINANCE, 'AL1', 'drift'),
      ceiling(DISCOUNT, 'AL0'),
      ceiling({ kind: 'domain', domain: 'hr' }, 'AL0'),
      ceiling({ kind: 'action', domain: 'finance', action: 'refund' }, 'AL0'),
    )
    expect(ceilingsFor([state], AT_DISCOUNT)).toEqual([
      { source: 'ceiling:people', level: 'AL2' },
      { source: 'ceiling:drift', level: 'AL1' },
      { source: 'ceiling:people', level: 'AL0' },
    ])
  })

  it('of one source are lifted without touching those of another', () => {
    const state = given(
      ceiling(FINANCE, 'AL1', 'drift'),
      ceiling(FINANCE, 'AL2'),
      ceiling(FINANCE, 'AL3', 'drift'),
    )
    expect(ceilingsFor([state], AT_DISCOUNT)).toEqual([{ source: 'ceiling:people', level: 'AL2' }])
    expect(ceilingOf(state, { scope: FINANCE, source: 'people' })).toBe('AL2')
  })

  it('of the whole system hold in every ledger', () => {
    const system = given(ceiling(LEDGER, 'AL1'))
    expect(ceilingsFor([system, NO_CONTROLS], AT_DISCOUNT)).toHaveLength(1)
  })
})

describe('a revoked version', () => {
  const revoked = (version: string): ControlEvent => ({
    type: 'PolicyVersionRevoked',
    data: { name: 'p', version, domain: 'finance', digest: `sha256:${version}`, reason: 'wrong' },
  })

  it('leaves its domain without a policy where it was active', () => {
    const state = given(activated('1'), revoked('1'))
    expect(state.active.has('finance')).toBe(false)
    // What comes next is measured from it, until something is active again.
    expect(state.revoked.get('finance')?.version).toBe('1')
    expect(withControl(state, 3, activated('2')).revoked.size).toBe(0)
  })

  it('leaves the active one alone where it was not, and is counted all the same', () => {
    const state = given(activated('1'), activated('2'), revoked('1'))
    expect(state.active.get('finance')?.version).toBe('2')
    expect(state.counter).toBe(3)
  })
})

describe('the control state', () => {
  it('carries the number of the last event, also of one that changes nothing', () => {
    expect(given(activated('1'), activated('1')).counter).toBe(2)
    expect(withControl(given(activated('1')), 9, killSwitch(LEDGER, 'off')).counter).toBe(9)
  })

  it('holds the version activated last, one a domain', () => {
    const { active } = given(activated('1'), activated('2'), activated('5', 'hr'), activated('1'))
    expect(active.get('finance')).toEqual({ name: 'p', version: '1', digest: 'sha256:1' })
    expect(active.get('hr')?.version).toBe('5')
  })

  it('is a new one after each event; the one before stays as it was', () => {
    const before = given(flag('finance', 'discount', 'on'))
    const after = withControl(before, 2, flag('finance', 'discount', 'off'))
    expect(flagOf(before, 'finance', 'discount')).toBe('on')
    expect(flagOf(after, 'finance', 'discount')).toBe('off')
    expect(NO_CONTROLS.flags.size).toBe(0)
  })

  it('cannot be folded over an event this release does not know: going on could lift a later ban', () => {
    const unknown = { type: 'MoonSet', data: {} } as unknown as ControlEvent
    expect(() => given(flag('finance', 'discount', 'on'), unknown)).toThrow('MoonSet')
  })
})
