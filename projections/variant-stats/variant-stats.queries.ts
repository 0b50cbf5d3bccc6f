import { Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { filtersOf, numberOf, readLive } from '../shared/read-live.ts'

/** Before anything is known every rate is as likely as any other: Beta(1, 1). */
const PRIOR = { alpha: 1, beta: 1 } as const

export interface VariantStatsAsked {
  readonly policy: string
  /** The instant to count at. Decisions recorded later are not seen; what happened later does not count. */
  readonly asOf: string
  readonly policyVersion?: string
  readonly metric?: string
  /**
   * Only decisions that ended so, `approved` say. Left out, all count: a variant that grants only what cannot go wrong
   * would look best if the others' share of refusals were not seen.
   */
  readonly decisionOutcome?: string
}

export interface VariantCounts {
  readonly policyVersion: string
  readonly metric: string
  /** Null: the policy has no variants. */
  readonly variant: string | null
  readonly successes: number
  readonly failures: number
  readonly pending: number
  readonly excluded: number
  /** Of successes and failures those whose window is over: what evidence is made of, for young decisions flatter. */
  readonly matured: { readonly successes: number; readonly failures: number }
  readonly alpha: number
  readonly beta: number
}

export interface VariantStats {
  /** Up to where the log was known: with `asOf` it names these counts for ever. */
  readonly position: number
  readonly asOf: string
  readonly items: readonly VariantCounts[]
}

/**
 * The counts of each variant at one instant. α and β are computed from the rows each time and stored nowhere, so no
 * late, repeated, corrected or retracted outcome can leave them wrong.
 *
 * @problem request-invalid
 */
export const variantStats = async (
  sql: SqlRunner,
  ledger: string,
  asked: VariantStatsAsked,
): Promise<VariantStats | Problem> => {
  const asOf = askedTime('asOf', asked.asOf)
  if (asOf instanceof Problem) return asOf
  const own = filtersOf(
    [
      ['version', asked.policyVersion, (p) => `policy_version = ${p}`],
      ['metric', asked.metric, (p) => `metric = ${p}`],
      ['outcome', asked.decisionOutcome, (p) => `decision_outcome = ${p}`],
    ],
    4,
  )
  const { position, rows } = await readLive<Raw>(sql, {
    projection: 'variant-stats',
    ledger,
    name: `counts+${own.names}`,
    rows: `select policy_version, metric, variant, ${COUNTS} from (
        select policy_version, metric, variant, $3::timestamptz >= window_ends_at as matured, ${STANDING} as standing
        from projection.variant_results
        where ledger = $1 and policy = $2 and recorded_at <= $3::timestamptz${own.text}
      ) each group by policy_version, metric, variant`,
    order: 'found.policy_version, found.metric, found.variant nulls first',
    values: [asked.policy, asOf, ...own.values],
  })
  return { position, asOf, items: rows.map(countsOf) }
}

/** How a decision stands at `$3`: by its verdict, else by its silence once the window is over. */
const STANDING = `case
  when not counts then 'excluded'
  when verdict is not null and occurred_at <= $3::timestamptz then verdict
  when $3::timestamptz < window_ends_at then 'pending'
  when silence = 'failure' then 'failure'
  else 'excluded' end`

const COUNTS = `count(*) filter (where standing = 'success') as successes,
  count(*) filter (where standing = 'failure') as failures,
  count(*) filter (where standing = 'pending') as pending,
  count(*) filter (where standing = 'excluded') as excluded,
  count(*) filter (where standing = 'success' and matured) as matured_successes,
  count(*) filter (where standing = 'failure' and matured) as matured_failures`

interface Raw {
  policy_version: string
  metric: string
  variant: string | null
  successes: bigint
  failures: bigint
  pending: bigint
  excluded: bigint
  matured_successes: bigint
  matured_failures: bigint
}

const countsOf = (raw: Raw): VariantCounts => {
  const successes = numberOf(raw.successes)
  const failures = numberOf(raw.failures)
  return {
    policyVersion: raw.policy_version,
    metric: raw.metric,
    variant: raw.variant,
    successes,
    failures,
    pending: numberOf(raw.pending),
    excluded: numberOf(raw.excluded),
    matured: {
      successes: numberOf(raw.matured_successes),
      failures: numberOf(raw.matured_failures),
    },
    alpha: PRIOR.alpha + successes,
    beta: PRIOR.beta + failures,
  }
}
