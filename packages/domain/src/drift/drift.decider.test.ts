import type { AutonomyLevel } from '@writ/policy-engine'
import { describe, expect, it } from 'vitest'
import { decideAlarm, decideClearing, type RaiseAlarm } from './drift.decider.ts'
import type { DriftEvent } from './drift.events.ts'
import { type DriftState, NO_DRIFT, withDriftEvent } from './drift.state.ts'

const FOUND: RaiseAlarm['found'] = {
  alarmId: 'a-1',
  domain: 'finance',
  action: null,
  policy: `sha256:${'d'.repeat(64)}`,
  measures: [],
  windows: {
    reference: { first: 1, last: 1_000, decisions: 1_000 },
    current: { first: 1_001, last: 2_000, decisions: 1_000 },
  },
  falseAlarmRate: 0.01,
}

const given = (...events: readonly DriftEvent[]): DriftState =>
  events.reduce(withDriftEvent, NO_DRIFT)
const raised = (alarmId: string): DriftEvent => ({
  type: 'DriftAlarmRaised',
  data: { ...FOUND, alarmId, loweredTo: null },
})
const cleared = (alarmId: string): DriftEvent => ({
  type: 'DriftAlarmCleared',
  data: { alarmId, by: 'ada', reason: 'the new feed' },
})

const alarm = (over: Partial<RaiseAlarm> = {}, state = NO_DRIFT) =>
  decideAlarm(state, {
    ...{ found: FOUND, actsAt: 'AL3', ceiling: 'AL3', lower: 'one-level' },
    ...over,
  })

describe('a drift alarm', () => {
  it.each<[AutonomyLevel, AutonomyLevel]>([
    ['AL3', 'AL2'],
    ['AL2', 'AL1'],
    ['AL1', 'AL0'],
  ])('lowers a domain that acts at %s to %s', (actsAt, level) => {
    const events = alarm({ actsAt })
    expect(events.map(({ type }) => type)).toEqual(['DriftAlarmRaised', 'CeilingSet'])
    expect(events[0]?.data.loweredTo).toBe(level)
    expect(events[1]?.data).toEqual({
      ...{ scope: { kind: 'domain', domain: 'finance' }, level, source: 'drift' },
      ...{ reason: 'drift alarm a-1', reviewId: null },
    })
  })

  it('of one action lowers that action alone', () => {
    const [, ceiling] = alarm({ found: { ...FOUND, action: 'discount' } })
    expect(ceiling?.data.scope).toEqual({ kind: 'action', domain: 'finance', action: 'discount' })
  })

  it('never raises a ceiling nor sets it anew, whatever the levels', () => {
    const levels: readonly AutonomyLevel[] = ['AL0', 'AL1', 'AL2', 'AL3']
    for (const actsAt of levels) {
      for (const ceiling of levels) {
        const [first, set] = alarm({ actsAt, ceiling })
        if (set !== undefined) expect(set.data.level < ceiling).toBe(true)
        expect(first?.data.loweredTo).toBe(set?.data.level ?? null)
      }
    }
  })

  it('lowers nothing where nothing acts by itself, and where it is told not to', () => {
    for (const over of [{ actsAt: 'AL0' }, { lower: 'off' }] as const) {
      expect(alarm(over).map(({ type }) => type)).toEqual(['DriftAlarmRaised'])
    }
  })

  it('is not raised while another is open, and is again once that was cleared', () => {
    expect(alarm({}, given(raised('a-0')))).toEqual([])
    expect(alarm({}, given(raised('a-0'), cleared('a-0')))).toHaveLength(2)
  })
})

describe('clearing an alarm', () => {
  const clear = (state: DriftState, over: object = {}) =>
    decideClearing(state, {
      ...{ alarmId: 'a-1', by: 'ada', isPerson: true, reason: 'the new feed' },
      ...over,
    })

  it('takes a person and a reason, and sets no ceiling', () => {
    expect(clear(given(raised('a-1')))).toEqual([cleared('a-1')])
  })

  it.each([
    ['by a program', given(raised('a-1')), { isPerson: false }, 'person-required'],
    ['twice', given(raised('a-1'), cleared('a-1')), {}, 'drift-alarm-not-open'],
    ['that nobody raised', given(raised('a-2')), {}, 'drift-alarm-not-found'],
    ['of an empty stream', NO_DRIFT, {}, 'drift-alarm-not-found'],
  ])('%s is refused', (_, state, over, code) => {
    expect(clear(state, over)).toMatchObject({ code })
  })

  it('of another id changes nothing in the state', () => {
    expect(given(raised('a-1'), cleared('a-9')).open?.alarmId).toBe('a-1')
    expect(given(raised('a-1'), cleared('a-1'))).toMatchObject({ revision: 2, open: null })
  })
})
