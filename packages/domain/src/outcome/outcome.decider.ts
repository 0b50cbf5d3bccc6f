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

/**
 * The version that counts: the highest revision. Only outcomes told without a number share one, and among them the
 * latest counts: by occurredAt, then by position.
 */
export const effectiveOutcome = (
  history: readonly OutcomeVersion[],
  metric: string,
): OutcomeVersion | undefined =>
  history
    .filter((version) => version.metric === metric)
    .reduce<OutcomeVersion | undefined>(
      (best, next) => (best === undefined || outranks(next, best) ? next : best),
      undefined,
    )

/** Times are UTC of one length, so they compare as texts; history is in order of position. */
const outranks = (next: OutcomeVersion, best: OutcomeVersion): boolean =>
  next.revision === best.revision
    ? next.occurredAt >= best.occurredAt
    : next.revision > best.revision

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
  if (command.revision === undefined) return unnumbered(history, command, effective)
  if (command.retract && effective === undefined) return nothingToRetract(command)
  const next = recordedAs(command, command.revision)
  const sameRevision = history.filter(
    (version) => version.metric === command.metric && version.revision === command.revision,
  )
  if (sameRevision.length === 0) return next
  const known = sameRevision.find((version) => saysTheSame(version, next, command))
  if (known !== undefined) return { known }
  return new Problem(
    'outcome-conflict',
    `Revision ${command.revision} of metric ${command.metric} is recorded with other values; the highest is ${effective?.revision}.`,
  )
}

/** Without a number the order of telling numbers the versions, but news of an older time displaces no newer one. */
const unnumbered = (
  history: readonly OutcomeVersion[],
  command: RecordOutcome,
  effective: OutcomeVersion | undefined,
): OutcomeRecorded | { readonly known: OutcomeVersion } | Problem => {
  if (effective === undefined) {
    return command.retract ? nothingToRetract(command) : recordedAs(command, 1)
  }
  const next = recordedAs(command, effective.revision + 1)
  if (saysTheSame(effective, next, command)) return { known: effective }
  if (!isOlder(command, effective)) return next
  const known = history.find(
    (version) => version.metric === command.metric && saysTheSame(version, next, command),
  )
  return known === undefined ? { ...next, revision: effective.revision } : { known }
}

/** A retraction takes back what is known whatever time it tells of; what follows it is new again. */
const isOlder = (command: RecordOutcome, effective: OutcomeVersion): boolean =>
  command.timeNamed &&
  !command.retract &&
  effective.retract !== true &&
  command.occurredAt < effective.occurredAt

const nothingToRetract = ({ metric }: RecordOutcome): Problem =>
  new Problem(
    'outcome-not-found',
    `Nothing was recorded for metric ${metric}, so nothing can be retracted.`,
  )

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
