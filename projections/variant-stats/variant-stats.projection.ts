import type { OutcomeRecorded, PolicyVersionPublished } from '@writ/domain'
import { parseTimestamp, timestampOf } from '@writ/kernel'
import type { Cell, FoldedEvent, Projection, Row, RowKey, Rows, TableSpec } from '@writ/projector'
import { idIn, ownValue, uuidOf } from '../shared/cells.ts'
import {
  judged,
  type KnownDecision,
  knownFromRow,
  nothingKnown,
  rowOfKnown,
  withDecision,
  withOutcome,
  withVoid,
} from './known-decision.ts'
import { type RewardBook, type RewardRules, rewardPart, rulesOf } from './reward-book.ts'

/** Under which pointer the publication of a policy names its document. */
const DOCUMENT = '/document'
const BOOK = 'rewards'

/** What is known of each decision: what the fold works on. */
const variantDecisions: TableSpec = {
  name: 'variant_decisions',
  columns: {
    decision_id: 'uuid',
    facts: 'jsonb?',
    without_policy: 'bool',
    voided: 'bool',
    outcomes: 'jsonb',
  },
  key: ['decision_id'],
}

/**
 * One row a decision and metric that its policy rewards, from the moment of the decision: one that nobody ever hears of
 * again must be counted as silent. Successes, failures, α and β are nowhere: they are counted from these rows at the
 * instant somebody asks about, by one aggregate over the index, so no correction can leave a counter wrong.
 *
 * `verdict` is the outcome that counts towards success or failure: told, not retracted, judged, and of a time inside
 * the window. Null: silence, or nothing yet.
 */
const variantResults: TableSpec = {
  name: 'variant_results',
  columns: {
    decision_id: 'uuid',
    metric: 'text',
    policy: 'text',
    policy_version: 'text',
    policy_digest: 'text',
    variant: 'text?',
    domain: 'text',
    action: 'text',
    decision_outcome: 'text',
    level: 'text',
    decided_at: 'timestamptz',
    recorded_at: 'timestamptz',
    decision_position: 'int8',
    counts: 'bool',
    window_ms: 'int8',
    window_ends_at: 'timestamptz',
    silence: 'text',
    verdict: 'text?',
    result: 'text?',
    retracted: 'bool?',
    occurred_at: 'timestamptz?',
    revision: 'int8?',
    received_at: 'timestamptz?',
    received_position: 'int8?',
  },
  key: ['decision_id', 'metric'],
  indexes: [
    [
      ...['policy', 'policy_version', 'metric', 'variant', 'recorded_at', 'window_ends_at'],
      ...['counts', 'silence', 'verdict', 'occurred_at', 'decision_outcome'],
    ],
  ],
}

const rewardPolicies: TableSpec = {
  name: 'reward_policies',
  columns: { book: 'text', documents: 'jsonb' },
  key: ['book'],
}

export const variantStatsProjection: Projection = {
  name: 'variant-stats',
  version: 1,
  purpose:
    'What became of the decisions of each policy variant, judged by the rewards of their policy',
  tables: [variantDecisions, variantResults, rewardPolicies],
  folds: {
    policy: ['PolicyVersionPublished'],
    decision: ['DecisionMade', 'DecisionVetoed', 'DecisionOverridden'],
    outcome: ['OutcomeRecorded'],
  },
  attachments: ['PolicyVersionPublished'],

  keys: (event): readonly RowKey[] => {
    const book = { table: 'reward_policies', key: [BOOK] }
    return event.category === 'policy'
      ? [book]
      : [book, { table: 'variant_decisions', key: [decisionOf(event)] }]
  },

  fold: (event, rows) => {
    const book = (rows.get('reward_policies', BOOK)?.documents ?? {}) as unknown as RewardBook
    if (event.category === 'policy') {
      publish(event, book, rows)
      return
    }
    const id = decisionOf(event)
    const row = rows.get('variant_decisions', id)
    const before = row === undefined ? nothingKnown(id) : knownFromRow(row)
    const told = withEvent(before, event)
    const rules = rulesOf(book, told.facts?.digest ?? null)
    const known = judged(told, rules)
    rows.put('variant_decisions', rowOfKnown(known))
    for (const result of resultsOf(known, rules)) rows.put('variant_results', result)
  },
}

const publish = (event: FoldedEvent, book: RewardBook, rows: Rows): void => {
  const { digest } = event.data as unknown as PolicyVersionPublished
  const document = event.attached?.[DOCUMENT]
  // Without it no decision of this version would ever be counted, and nobody would notice.
  if (document === undefined)
    throw new Error(`the document of the policy ${digest} is not attached`)
  if (ownValue(book, digest) !== undefined) return
  rows.put('reward_policies', {
    book: BOOK,
    documents: { ...(book as Readonly<Record<string, Cell>>), [digest]: rewardPart(document) },
  })
}

const decisionOf = (event: FoldedEvent): string =>
  event.category === 'outcome'
    ? uuidOf((event.data as unknown as OutcomeRecorded).decisionId, event)
    : uuidOf(idIn(event.stream), event)

const withEvent = (known: KnownDecision, event: FoldedEvent): KnownDecision => {
  switch (event.type) {
    case 'DecisionMade':
      return withDecision(known, event)
    case 'OutcomeRecorded':
      return withOutcome(known, event)
    default:
      return withVoid(known)
  }
}

/** The rows of a decision that are counted: one for each metric that its policy rewards. */
const resultsOf = (known: KnownDecision, rules: RewardRules | undefined): readonly Row[] => {
  const { facts, voided, id } = known
  if (facts === null || rules === undefined) return []
  return rules.rewards.map(({ metric, windowMs, silence }) => {
    const outcome = ownValue(known.outcomes, metric)
    const endsAt = endOf(facts.at, windowMs)
    const isCounting =
      outcome !== undefined &&
      !outcome.retracted &&
      outcome.result !== 'none' &&
      outcome.occurredAt >= facts.at &&
      outcome.occurredAt <= endsAt
    return {
      decision_id: id,
      metric,
      policy: facts.policy,
      policy_version: facts.policyVersion,
      policy_digest: facts.digest,
      variant: facts.variant,
      domain: facts.domain,
      action: facts.action,
      decision_outcome: facts.outcome,
      level: facts.level,
      decided_at: facts.at,
      recorded_at: facts.recordedAt,
      decision_position: facts.position,
      counts: facts.counts && !voided,
      window_ms: windowMs,
      window_ends_at: endsAt,
      silence,
      verdict: isCounting ? (outcome.result ?? null) : null,
      result: outcome?.result ?? null,
      retracted: outcome?.retracted ?? null,
      occurred_at: outcome?.occurredAt ?? null,
      revision: outcome?.revision ?? null,
      received_at: outcome?.recordedAt ?? null,
      received_position: outcome?.position ?? null,
    }
  })
}

/** The last instant that four digits of a year can tell; windows end there at the latest. */
const LATEST_MS = 253_402_300_799_999

const endOf = (at: string, windowMs: number): string =>
  timestampOf(Math.min((parseTimestamp(at) as number) + windowMs, LATEST_MS))
