import { Problem } from '@writ/kernel'
import type { AutonomyLevel } from '@writ/policy-engine'
import type { CeilingSet, ControlScope } from '../control/control.events.ts'
import type { DriftAlarmRaised, DriftEvent } from './drift.events.ts'
import type { DriftState } from './drift.state.ts'

/** Lower the ceiling of drift by one level, or only tell. */
export type DriftReaction = 'one-level' | 'off'

export interface RaiseAlarm {
  /** What was found; where the ceiling goes is decided here. */
  readonly found: Omit<DriftAlarmRaised, 'loweredTo'>
  /** The highest level at which a decision of either window acted. */
  readonly actsAt: AutonomyLevel
  /** What drift allows in this scope now. */
  readonly ceiling: AutonomyLevel
  readonly lower: DriftReaction
}

type Raised = Extract<DriftEvent, { type: 'DriftAlarmRaised' }>

/**
 * An alarm, and the ceiling it sets: one level below the highest the domain acts at. Nothing while an alarm is open, so
 * that one drift is one alarm and one level; what to do next is for people. A ceiling is never raised here.
 */
export const decideAlarm = (
  state: DriftState,
  { found, actsAt, ceiling, lower }: RaiseAlarm,
): readonly [] | readonly [Raised] | readonly [Raised, CeilingSet] => {
  if (state.open !== null) return []
  const below = lower === 'off' ? undefined : BELOW[actsAt]
  if (below === undefined || below >= ceiling) {
    return [{ type: 'DriftAlarmRaised', data: { ...found, loweredTo: null } }]
  }
  return [
    { type: 'DriftAlarmRaised', data: { ...found, loweredTo: below } },
    {
      type: 'CeilingSet',
      data: {
        ...{ scope: scopeOf(found), level: below, source: 'drift' },
        ...{ reason: `drift alarm ${found.alarmId}`, reviewId: null },
      },
    },
  ]
}

/** Nothing lies below AL0. Levels sort as texts. */
const BELOW: Readonly<Record<AutonomyLevel, AutonomyLevel | undefined>> = {
  AL3: 'AL2',
  AL2: 'AL1',
  AL1: 'AL0',
  AL0: undefined,
}

const scopeOf = ({ domain, action }: RaiseAlarm['found']): ControlScope =>
  action === null ? { kind: 'domain', domain } : { kind: 'action', domain, action }

/**
 * A person says that an alarm has been looked at. Lifts no ceiling: that is asked of two people (ADR-0011).
 *
 * @problem drift-alarm-not-found, drift-alarm-not-open, person-required
 */
export const decideClearing = (
  state: DriftState,
  clearing: {
    readonly alarmId: string
    readonly by: string
    /** Programs raise alarms, people clear them. */
    readonly isPerson: boolean
    readonly reason: string
  },
): readonly DriftEvent[] | Problem => {
  const { alarmId, by, isPerson, reason } = clearing
  if (state.cleared.has(alarmId)) {
    return new Problem('drift-alarm-not-open', 'This alarm was cleared before.')
  }
  if (state.open?.alarmId !== alarmId) return alarmNotFound()
  if (!isPerson) {
    return new Problem(
      'person-required',
      'Only a person may clear an alarm: use a key issued to one.',
    )
  }
  return [{ type: 'DriftAlarmCleared', data: { alarmId, by, reason } }]
}

export const alarmNotFound = (): Problem =>
  new Problem('drift-alarm-not-found', 'There is no drift alarm with this id in this ledger.')
