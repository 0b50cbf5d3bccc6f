import type { JsonObject } from '@writ/kernel'
import type { Row } from '@writ/projector'
import {
  decisionMade,
  FINANCE,
  minutesAfterNoon,
  outcomeRecorded,
  type Told,
  uuid,
} from '../shared/history.fixture.ts'

/**
 * The scenario of late, repeated, corrected and retracted outcomes, with the counts that it expects (learning cases,
 * section F). Its minutes are minutes after noon. Its words are ours so:
 * - `at` of a decision is `inputs.at`; `recordedAt` and `receivedAt` are the entry's `recordedAt`;
 * - `messageId` is the entry's id, `value` the reported value, `value: null` a retraction;
 * - `counts: false` is whatever makes a decision of ours not count: a shadow, a forced variant, a person's override;
 * - an `asOf` of the table is both clocks at once: the log as recorded until then, counted at that instant.
 */
export const WINDOW_MINUTES = 100

export const POLICY: JsonObject = {
  policy: FINANCE.name,
  version: FINANCE.version,
  domain: 'finance',
  params: { goal: { type: 'int', value: 1, min: 0, max: 1 } },
  reward: [
    { metric: 'won', success: 'outcome.value == base.goal', window: 'PT100M', silence: 'failure' },
  ],
}

export const published = (
  document: JsonObject = POLICY,
  digest: string = FINANCE.digest,
): Told => ({
  type: 'PolicyVersionPublished',
  stream: `policy:${FINANCE.name}`,
  data: { name: FINANCE.name, version: '1.1.0', domain: 'finance', digest, variants: ['A', 'B'] },
  commitments: { '/document': { sha256: digest.slice('sha256:'.length), bytes: 1 } },
  attached: { '/document': document },
  occurredAt: minutesAfterNoon(-1),
})

interface Decision {
  readonly no: number
  readonly at: number
  readonly recordedAt: number
  readonly variant: string
}

const DECISIONS: readonly Decision[] = [
  { no: 1, at: 0, recordedAt: 0, variant: 'A' },
  { no: 2, at: 10, recordedAt: 10, variant: 'B' },
  { no: 3, at: 20, recordedAt: 20, variant: 'A' },
  { no: 4, at: 30, recordedAt: 30, variant: 'B' },
  { no: 5, at: 55, recordedAt: 60, variant: 'B' },
]

/** The one with `counts: false`. */
const NOT_COUNTED = 4

/** Message, decision, revision, value, occurred, received. */
const OUTCOMES = [
  [1, 1, 1, 1, 50, 55],
  [1, 1, 1, 1, 50, 56],
  [2, 2, 1, 0, 40, 41],
  [3, 2, 2, 1, 40, 90],
  [4, 3, 1, 1, 121, 122],
  [5, 4, 1, 1, 35, 36],
  [6, 5, 1, 1, 58, 59],
  [7, 1, 2, null, 50, 130],
] as const

export type NotCounted = 'shadow' | 'forced' | 'override'

export const decisions = (notCounted: NotCounted = 'shadow'): readonly Told[] =>
  DECISIONS.flatMap(({ no, at, recordedAt, variant }) => {
    const isOut = no === NOT_COUNTED
    const made = decisionMade({
      id: uuid(no),
      at: minutesAfterNoon(at),
      recordedAt: minutesAfterNoon(recordedAt),
      variant,
      ...(isOut && notCounted === 'shadow' ? { mode: 'shadow' } : {}),
      ...(isOut && notCounted === 'forced' ? { assignmentReason: 'forced' } : {}),
    })
    const override: Told = {
      type: 'DecisionOverridden',
      stream: `decision:${uuid(no)}`,
      data: {},
      occurredAt: minutesAfterNoon(recordedAt),
      recordedAt: minutesAfterNoon(recordedAt),
    }
    return isOut && notCounted === 'override' ? [made, override] : [made]
  })

export const outcomeMessages: readonly Told[] = OUTCOMES.map(
  ([message, decision, revision, value, occurred, received]) =>
    outcomeRecorded({
      id: uuid(0xf000 + message),
      decisionId: uuid(decision),
      revision,
      ...(value === null ? { retract: true, values: {} } : { values: { value } }),
      occurredAt: minutesAfterNoon(occurred),
      recordedAt: minutesAfterNoon(received),
    }),
)

/** The log as recorded until a minute, in order of recording; at one instant a decision stands before its outcome. */
export const knownAt = (minute: number, notCounted?: NotCounted): readonly Told[] => [
  published(),
  ...[...decisions(notCounted), ...outcomeMessages]
    .filter((told) => (told.recordedAt as string) <= minutesAfterNoon(minute))
    .sort((a, b) => ((a.recordedAt as string) < (b.recordedAt as string) ? -1 : 1)),
]

/** Minute → variant → α, β, success, failure, pending, excluded. */
export const EXPECTED: Readonly<Record<number, Readonly<Record<string, readonly number[]>>>> = {
  41: { A: [1, 1, 0, 0, 2, 0], B: [1, 2, 0, 1, 0, 1] },
  57: { A: [2, 1, 1, 0, 1, 0], B: [1, 2, 0, 1, 0, 1] },
  59: { A: [2, 1, 1, 0, 1, 0], B: [1, 2, 0, 1, 0, 1] },
  60: { A: [2, 1, 1, 0, 1, 0], B: [2, 2, 1, 1, 0, 1] },
  91: { A: [2, 1, 1, 0, 1, 0], B: [3, 1, 2, 0, 0, 1] },
  110: { A: [2, 1, 1, 0, 1, 0], B: [3, 1, 2, 0, 0, 1] },
  120: { A: [2, 2, 1, 1, 0, 0], B: [3, 1, 2, 0, 0, 1] },
  131: { A: [1, 3, 0, 2, 0, 0], B: [3, 1, 2, 0, 0, 1] },
  200: { A: [1, 3, 0, 2, 0, 0], B: [3, 1, 2, 0, 0, 1] },
}

/** What the query's SQL counts, in words of this language: the test against a database holds both to one table. */
export const countedAt = (
  rows: readonly Row[],
  minute: number,
): Record<string, readonly number[]> => {
  const asOf = minutesAfterNoon(minute)
  const counts: Record<string, { [standing: string]: number }> = {}
  for (const row of rows.filter(({ recorded_at }) => (recorded_at as string) <= asOf)) {
    const variant = row.variant as string
    counts[variant] ??= { success: 0, failure: 0, pending: 0, excluded: 0 }
    const standing = standingOf(row, asOf)
    const of = counts[variant]
    of[standing] = (of[standing] as number) + 1
  }
  return Object.fromEntries(
    Object.entries(counts).map(
      ([variant, { success = 0, failure = 0, pending = 0, excluded = 0 }]) => [
        variant,
        [1 + success, 1 + failure, success, failure, pending, excluded],
      ],
    ),
  )
}

const standingOf = (row: Row, asOf: string): string => {
  if (row.counts !== true) return 'excluded'
  if (row.verdict !== null && (row.occurred_at as string) <= asOf) return row.verdict as string
  if (asOf < (row.window_ends_at as string)) return 'pending'
  return row.silence === 'failure' ? 'failure' : 'excluded'
}
