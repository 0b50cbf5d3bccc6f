/** What decides which version of an outcome counts. */
export interface OutcomeRank {
  readonly revision: number
  readonly occurredAt: string
  readonly position: number
}

/**
 * Whether one version of an outcome counts before another: the highest revision; among equals the one that tells of the
 * later time (outcomes told without a number share one, and news of an older time displaces no newer one); then the one
 * the log learned later. The rule of the commands that record outcomes, so a list never contradicts GET /outcomes/:id.
 * It compares pairs and never counts arrivals, so any order of arrival gives the same answer. Times compare as texts.
 */
export const outranks = (next: OutcomeRank, best: OutcomeRank): boolean => {
  if (next.revision !== best.revision) return next.revision > best.revision
  if (next.occurredAt !== best.occurredAt) return next.occurredAt > best.occurredAt
  return next.position > best.position
}
