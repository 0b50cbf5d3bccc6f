import { Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { filtersOf, numberOf, readLive, timeOf } from '../shared/read-live.ts'

/** Most periods of one answer. Unit: periods. A year of days, or a fortnight of hours. */
export const AUTONOMY_PERIODS_MAX = 370
const HOUR_MS = 3_600_000
const PERIOD_MS = { hour: HOUR_MS, day: 24 * HOUR_MS } as const

export interface AutonomyAsked {
  /** First instant, counted from the beginning of its hour. */
  readonly from: string
  /** First instant no longer asked about; the hour it lies in is counted whole unless it begins there. */
  readonly until: string
  /** UTC. Default day. */
  readonly by?: 'hour' | 'day'
  readonly domain?: string
  readonly policy?: string
  readonly policyVersion?: string
}

export interface AutonomyPeriod {
  /** Beginning of the hour or day, UTC. */
  readonly start: string
  readonly domain: string
  /** `name@version`; null where no policy was active. */
  readonly policy: string | null
  readonly decisions: number
  readonly byLevel: Readonly<Record<string, number>>
  readonly byOutcome: Readonly<Record<string, number>>
}

export interface AutonomyMix {
  readonly position: number
  readonly by: 'hour' | 'day'
  /** By start, then domain, then policy. Periods without decisions are left out. */
  readonly items: readonly AutonomyPeriod[]
}

/**
 * The mix of levels over a range of time.
 *
 * @problem request-invalid  times that are none, or more periods than one answer holds
 */
export const autonomyMix = async (
  sql: SqlRunner,
  ledger: string,
  asked: AutonomyAsked,
): Promise<AutonomyMix | Problem> => {
  const from = askedTime('from', asked.from)
  if (from instanceof Problem) return from
  const until = askedTime('until', asked.until)
  if (until instanceof Problem) return until
  const by = asked.by ?? 'day'
  if (Date.parse(until) - Date.parse(from) > AUTONOMY_PERIODS_MAX * PERIOD_MS[by])
    return tooLong(by)
  const own = filtersOf(
    [
      ['domain', asked.domain, (p) => `domain = ${p}`],
      ['policy', asked.policy, (p) => `policy = ${p}`],
      ['version', asked.policyVersion, (p) => `policy_version = ${p}`],
    ],
    4,
  )
  // The zone is named: without it a day would begin where the session's settings say.
  const start =
    by === 'hour' ? 'hour' : "date_trunc('day', hour at time zone 'UTC') at time zone 'UTC'"
  const { position, rows } = await readLive<Raw>(sql, {
    projection: 'autonomy',
    ledger,
    name: `${by}+${own.names}`,
    rows: `select ${start} as start, domain, policy, policy_version, level, outcome, sum(decisions)::int8 as decisions
      from projection.autonomy_hours
      where ledger = $1 and hour >= $2::timestamptz and hour < $3::timestamptz${own.text}
      group by 1, 2, 3, 4, 5, 6`,
    order: `found.start, found.domain, found.policy, found.policy_version, found.level, found.outcome`,
    values: [hourBefore(from), until, ...own.values],
  })
  return { position, by, items: periodsOf(rows) }
}

const hourBefore = (time: string): string =>
  new Date(Math.floor(Date.parse(time) / HOUR_MS) * HOUR_MS).toISOString()

const tooLong = (by: 'hour' | 'day'): Problem => {
  const message = `spans more than ${AUTONOMY_PERIODS_MAX} ${by}s: ask for less, or for days`
  return new Problem('request-invalid', `The range ${message}.`, {
    errors: [{ pointer: '/until', message }],
  })
}

interface Raw {
  start: Date
  domain: string
  policy: string
  policy_version: string
  level: string
  outcome: string
  decisions: bigint
}

/** Rows come in order, so those of one period stand together. */
const periodsOf = (rows: readonly Raw[]): readonly AutonomyPeriod[] => {
  const periods: (AutonomyPeriod & { key: string; decisions: number })[] = []
  for (const raw of rows) {
    const policy = raw.policy === '' ? null : `${raw.policy}@${raw.policy_version}`
    const start = timeOf(raw.start)
    const key = JSON.stringify([start, raw.domain, policy])
    let period = periods.at(-1)
    if (period?.key !== key) {
      period = { key, start, domain: raw.domain, policy, decisions: 0, byLevel: {}, byOutcome: {} }
      periods.push(period)
    }
    const count = numberOf(raw.decisions)
    period.decisions += count
    add(period.byLevel, raw.level, count)
    add(period.byOutcome, raw.outcome, count)
  }
  return periods.map(({ key: _, ...period }) => period)
}

const add = (counts: Record<string, number>, name: string, count: number): void => {
  counts[name] = (counts[name] ?? 0) + count
}
