import type { AutonomyLevel } from '@writ/policy-engine'

/** One mix of decisions over two windows, as it was judged. Shares are of 1. */
export interface AlarmMeasure {
  readonly mix: string
  readonly n: { readonly reference: number; readonly current: number }
  readonly psi: number
  readonly test: string
  readonly statistic: number
  readonly df: number
  readonly p: number
  /** By Holm over every mix judged in the same check. */
  readonly adjustedP: number
  readonly shares: readonly {
    readonly category: string
    readonly from: number
    readonly to: number
  }[]
  /** This mix is why the alarm was raised. */
  readonly alarm: boolean
}

/** Decisions of a domain between two positions, both included. */
export interface DriftSpan {
  readonly first: number
  readonly last: number
  readonly decisions: number
}

/** Decisions are no longer what they were. At most one alarm of a domain is open. */
export interface DriftAlarmRaised {
  readonly alarmId: string
  readonly domain: string
  /** Null: every action of the domain. */
  readonly action: string | null
  /** Digest of the policy that made all decisions of both windows. */
  readonly policy: string
  /** Those mixes that were judged. */
  readonly measures: readonly AlarmMeasure[]
  readonly windows: { readonly reference: DriftSpan; readonly current: DriftSpan }
  /** At most so many checks of unchanged decisions alarm. 0 to 1. */
  readonly falseAlarmRate: number
  /** Where the ceiling of drift now is, set in the same append; null where it was left. */
  readonly loweredTo: AutonomyLevel | null
}

/** A person has looked. The ceiling stays where it is until two people raise it (ADR-0013). */
export interface DriftAlarmCleared {
  readonly alarmId: string
  readonly by: string
  readonly reason: string
}

export type DriftEvent =
  | { readonly type: 'DriftAlarmRaised'; readonly data: DriftAlarmRaised }
  | { readonly type: 'DriftAlarmCleared'; readonly data: DriftAlarmCleared }

export const driftStream = (domain: string): string => `drift:${domain}`
