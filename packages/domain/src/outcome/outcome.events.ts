import type { JsonObject } from '@writ/kernel'

/** What came of a decision. Several may follow each other; the highest revision of a metric counts. */
export interface OutcomeRecorded {
  readonly decisionId: string
  readonly metric: string
  readonly values: JsonObject
  /** The producer's number of this version, from 1; the highest wins, in whatever order they arrive. */
  readonly revision: number
  readonly retract?: true
}

export const outcomeStream = (decisionId: string): string => `outcome:${decisionId}`

export const DEFAULT_METRIC = 'outcome'
