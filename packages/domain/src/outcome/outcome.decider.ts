import { canonicalJson, type JsonObject, Problem } from '@writ/kernel'
import type { OutcomeRecorded } from './outcome.events.ts'

/** One recorded version with the time it tells of and the place the log gave it. */
export interface OutcomeVersion extends OutcomeRecorded {
  readonly id: string
  readonly occurredAt: string
  readonly position: number
}

export interface RecordOutcome {
  readonly decisionId: string
  readonly metric: string
  readonly values: JsonObject
  readonly occurredAt: string
  /** True when the caller named the time; a time that we filled in says nothing about being the same. */
  readonly timeNamed: boolean
  readonly revision?: number
  readonly retract: boolean
}

/** The version that counts: highest revision, ties (which are refused since the first day) by position. */
export const effectiveOutcome = (
  history: readonly OutcomeVersion[],
  metric: string,
): OutcomeVersion | undefined =>
  history
    .filter((version) => version.metric === metric)
    .reduce<OutcomeVersion | undefined>(
      (best, next) => (best === undefined || next.revision >= best.revision ? next : best),
      undefined,
    )

/**
 * Decides what a reported outcome adds to the history: a new version, nothing (it says what is known already, then the
 * known version is returned), or a problem.
 *
 * @problem outcome-conflict   this revision of the metric is recorded with other values
 * @problem outcome-not-found  a retraction of what was never recorded
 */
export const decideOutcome = (
  history: readonly OutcomeVersion[],
  command: RecordOutcome,
): OutcomeRecorded | { readonly known: OutcomeVersion } | Problem => {
  const effective = effectiveOutcome(history, command.metric)
  if (command.retract && effective === undefined) {
    return new Problem(
      'outcome-not-found',
      `Nothing was recorded for metric ${command.metric}, so nothing can be retracted.`,
    )
  }
  const next = recordedAs(command, command.revision ?? (effective?.revision ?? 0) + 1)
  if (command.revision === undefined) {
    return effective !== undefined && saysTheSame(effective, next, command)
      ? { known: effective }
      : next
  }
  const sameRevision = history.find(
    (version) => version.metric === command.metric && version.revision === command.revision,
  )
  if (sameRevision === undefined) return next
  if (saysTheSame(sameRevision, next, command)) return { known: sameRevision }
  return new Problem(
    'outcome-conflict',
    `Revision ${command.revision} of metric ${command.metric} is recorded with other values; the highest is ${effective?.revision}.`,
  )
}

const recordedAs = (command: RecordOutcome, revision: number): OutcomeRecorded => ({
  decisionId: command.decisionId,
  metric: command.metric,
  values: command.values,
  revision,
  ...(command.retract ? { retract: true as const } : {}),
})

const saysTheSame = (
  known: OutcomeVersion,
  next: OutcomeRecorded,
  command: RecordOutcome,
): boolean =>
  known.retract === next.retract &&
  canonicalJson(known.values) === canonicalJson(next.values) &&
  (known.occurredAt === command.occurredAt || !command.timeNamed || command.retract)
