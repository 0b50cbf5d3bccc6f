import type { DecisionInputs, DecisionMade, OutcomeRecorded } from '@writ/domain'
import type { JsonObject, JsonValue } from '@writ/kernel'
import type { FoldedEvent, Row } from '@writ/projector'
import { ownValue } from '../shared/cells.ts'
import { type OutcomeRank, outranks } from '../shared/outcome-rank.ts'
import type { RewardRules } from './reward-book.ts'

/** Assignments that say nothing about a variant: somebody chose it, or an error did. */
const NOT_ASSIGNED_BY_RULE = new Set(['forced', 'fallback'])

/** What of a decision the counts need. */
export interface DecisionFacts {
  readonly domain: string
  readonly action: string
  readonly policy: string
  readonly policyVersion: string
  readonly digest: string
  readonly variant: string | null
  readonly outcome: string
  readonly level: string
  readonly at: string
  readonly recordedAt: string
  readonly position: number
  readonly counts: boolean
}

/** The version of a metric that counts. Its values are kept until they can be judged, and then the result instead. */
export interface EffectiveOutcome extends OutcomeRank {
  readonly eventId: string
  readonly recordedAt: string
  readonly retracted: boolean
  readonly values?: JsonObject
  readonly result?: 'success' | 'failure' | 'none'
}

/**
 * Everything known of one decision, in whatever order it came. Each event only ever adds: facts once, the flag once,
 * and per metric the greater of two versions. So any order of arrival ends in one state, and the rows that are counted
 * are a function of that state.
 */
export interface KnownDecision {
  readonly id: string
  /** Null: outcomes came first. Digest null: decided without a policy, so nothing of it is ever counted. */
  readonly facts: DecisionFacts | null
  readonly withoutPolicy: boolean
  /** Vetoed or overridden by a person: what came of it is not the variant's doing. */
  readonly voided: boolean
  readonly outcomes: Readonly<Record<string, EffectiveOutcome>>
}

export const nothingKnown = (id: string): KnownDecision => ({
  id,
  facts: null,
  withoutPolicy: false,
  voided: false,
  outcomes: {},
})

export const withDecision = (known: KnownDecision, event: FoldedEvent): KnownDecision => {
  const { inputs, decided } = event.data as unknown as DecisionMade
  const { policy, variant } = inputs
  if (policy === null) return { ...known, withoutPolicy: true }
  const facts: DecisionFacts = {
    domain: inputs.domain,
    action: inputs.action,
    policy: policy.name,
    policyVersion: policy.version,
    digest: policy.digest,
    variant: variant?.id ?? null,
    outcome: decided.outcome,
    level: decided.autonomyLevel,
    at: inputs.at,
    recordedAt: event.recordedAt,
    position: event.position,
    counts: countsAtAll(inputs),
  }
  return { ...known, facts }
}

/** Modes came after the first entries: what says nothing was live. */
const countsAtAll = ({ mode, variant }: DecisionInputs & { readonly mode?: string }): boolean =>
  (mode ?? 'live') === 'live' && !NOT_ASSIGNED_BY_RULE.has(variant?.reason ?? '')

export const withVoid = (known: KnownDecision): KnownDecision => ({ ...known, voided: true })

export const withOutcome = (known: KnownDecision, event: FoldedEvent): KnownDecision => {
  const { metric, revision, values, retract } = event.data as unknown as OutcomeRecorded
  const next: EffectiveOutcome = {
    eventId: event.id,
    revision,
    occurredAt: event.occurredAt,
    position: event.position,
    recordedAt: event.recordedAt,
    retracted: retract === true,
    values: values ?? {},
  }
  const best = ownValue(known.outcomes, metric)
  if (best !== undefined && (best.eventId === next.eventId || !outranks(next, best))) return known
  return { ...known, outcomes: { ...known.outcomes, [metric]: next } }
}

/** Judges what can be judged. Once the policy is known, outcomes of metrics that it does not reward are forgotten. */
export const judged = (known: KnownDecision, rules: RewardRules | undefined): KnownDecision => {
  if (known.withoutPolicy) return { ...known, outcomes: {} }
  if (known.facts === null || rules === undefined) return known
  const outcomes: Record<string, EffectiveOutcome> = {}
  for (const { metric } of rules.rewards) {
    const outcome = ownValue(known.outcomes, metric)
    if (outcome === undefined) continue
    const { values, ...rest } = outcome
    outcomes[metric] =
      values === undefined ? outcome : { ...rest, result: rules.judge(metric, values) }
  }
  return { ...known, outcomes }
}

export const knownFromRow = (row: Row): KnownDecision => ({
  id: row.decision_id as string,
  facts: row.facts as unknown as DecisionFacts | null,
  withoutPolicy: row.without_policy as boolean,
  voided: row.voided as boolean,
  outcomes: row.outcomes as unknown as KnownDecision['outcomes'],
})

export const rowOfKnown = ({ id, facts, withoutPolicy, voided, outcomes }: KnownDecision): Row => ({
  decision_id: id,
  facts: facts as unknown as JsonValue,
  without_policy: withoutPolicy,
  voided,
  outcomes: outcomes as unknown as JsonValue,
})
