import type { DriftAlarmRaised, DriftEvent } from './drift.events.ts'

/** The alarms of one domain, folded from its stream. Immutable: each event gives a new one. */
export interface DriftState {
  /** Events of the stream so far. */
  readonly revision: number
  readonly open: DriftAlarmRaised | null
  /** Ids of those that people have cleared. */
  readonly cleared: ReadonlySet<string>
}

export const NO_DRIFT: DriftState = { revision: 0, open: null, cleared: new Set() }

export const withDriftEvent = (state: DriftState, event: DriftEvent): DriftState => {
  const revision = state.revision + 1
  switch (event.type) {
    case 'DriftAlarmRaised':
      return { ...state, revision, open: state.open ?? event.data }
    case 'DriftAlarmCleared': {
      const { alarmId } = event.data
      if (state.open?.alarmId !== alarmId) return { ...state, revision }
      return { revision, open: null, cleared: new Set([...state.cleared, alarmId]) }
    }
    default:
      return event satisfies never
  }
}
