import type { AlarmMeasure, DriftAlarmRaised } from '@writ/domain'
import { Problem, type SqlRunner } from '@writ/kernel'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf } from '../shared/read-live.ts'
import { categoriesOf, type DriftCounts, type KindCount } from './drift-counts.ts'

export const DRIFT_ALARM_STATES = ['open', 'cleared'] as const

/** Which decisions are compared: of one domain, one policy, and after the position from which they are alike. */
export interface DriftAsked {
  readonly domain: string
  readonly action?: string
  readonly policyDigest: string
  /** Only decisions after this position. */
  readonly after: number
  /** And up to this one; absent: all that are folded. */
  readonly through?: number
  readonly windows: DriftWindows
}

/** The current window, and the reference right before it; they share no decision. */
export type DriftWindows =
  | {
      readonly by: 'decisions'
      /** So many of the newest are left out. */
      readonly skip: number
      readonly current: number
      readonly reference: number
    }
  | {
      readonly by: 'time'
      /** Decided at or after, RFC 3339; before `currentFrom` they are the reference. */
      readonly referenceFrom: string
      readonly currentFrom: string
      /** Decided before. */
      readonly until: string
    }

/** A window that was counted. `first` and `last` are 0 where no decision is in it. */
export interface CountedWindow {
  readonly first: number
  readonly last: number
  readonly decisions: number
  readonly counts: DriftCounts
}

export interface CountedWindows {
  readonly position: number
  readonly reference: CountedWindow
  readonly current: CountedWindow
}

/** Both windows counted in one statement, so of one state. */
export const driftWindows = async (
  sql: SqlRunner,
  ledger: string,
  asked: DriftAsked,
): Promise<CountedWindows> => {
  const { windows, domain, policyDigest, after, through, action } = asked
  const parts = windows.by === 'decisions' ? byDecisions(windows) : byTime(windows)
  const values = [domain, policyDigest, after, through ?? Number.MAX_SAFE_INTEGER, ...parts.values]
  const own = filtersOf([['action', action, (p) => `action = ${p}`]], values.length + 2)
  const found = await readLive<Raw>(sql, {
    projection: 'drift',
    ledger,
    name: `windows-${windows.by}+${own.names}`,
    with: [
      `kinds as materialized (select * from projection.drift_kinds
        where ledger = $1 and domain = $2 and policy_digest = $3${own.text})`,
      ...parts.with,
    ],
    rows: `select side, outcome, level, rules, missing_evidence, null as verdict,
        count(*) as cases, min(position) as first, max(position) as last
      from picked join kinds using (kind) where side <> 'after' group by 1, 2, 3, 4, 5
      union all
      select side, outcome, level, rules, missing_evidence, verdict, count(*), 0, 0
      from said join kinds using (kind) group by 1, 2, 3, 4, 5, 6`,
    order: 'found.side',
    values: [...values, ...own.values],
  })
  const sideOf = (side: string) => windowOf(found.rows.filter((row) => row.side === side))
  return {
    position: found.position,
    reference: sideOf('reference'),
    current: sideOf('current'),
  }
}

/** Decisions after a position, with the position up to which they were counted. */
export const decisionsAfter = async (
  sql: SqlRunner,
  ledger: string,
  { domain, action, policyDigest, after }: Omit<DriftAsked, 'windows' | 'through'>,
): Promise<{ readonly position: number; readonly decisions: number }> => {
  const own = filtersOf([['action', action, (p) => `k.action = ${p}`]], 5)
  const { position, rows } = await readLive<{ decisions: bigint }>(sql, {
    projection: 'drift',
    ledger,
    name: `count+${own.names}`,
    rows: `select count(*) as decisions from projection.drift_decisions d
      where d.ledger = $1 and d.domain = $2 and d.position > $4 and d.kind in (
        select k.kind from projection.drift_kinds k
        where k.ledger = $1 and k.domain = $2 and k.policy_digest = $3${own.text})`,
    order: '1',
    values: [domain, policyDigest, after, ...own.values],
  })
  return { position, decisions: numberOf(rows[0]?.decisions ?? 0) }
}

interface Parts {
  readonly with: readonly string[]
  /** From `$6` on. */
  readonly values: readonly unknown[]
}

const OF_THE_DOMAIN = `from projection.drift_decisions d
  where d.ledger = $1 and d.domain = $2 and d.position > $4 and d.position <= $5
    and d.kind in (select kind from kinds)`

/** What people said between the first decision of a window and the first of the next counts in that window. */
const byDecisions = ({
  skip,
  current,
  reference,
}: Extract<DriftWindows, { by: 'decisions' }>): Parts => ({
  with: [
    `newest as (select d.position, d.kind ${OF_THE_DOMAIN}
      order by d.position desc limit $6::int8 + $7::int8 + $8::int8)`,
    `numbered as (select *, row_number() over (order by position desc) as back from newest)`,
    `picked as (select position, kind, case
      when back <= $6::int8 then 'after'
      when back <= $6::int8 + $7::int8 then 'current' else 'reference' end as side from numbered)`,
    `begins as (select
      min(position) filter (where side = 'reference') as reference,
      min(position) filter (where side = 'current') as current,
      min(position) filter (where side = 'after') as after from picked)`,
    `said as (select v.kind, v.verdict,
        case when v.position < b.current then 'reference' else 'current' end as side
      from projection.drift_verdicts v cross join begins b
      where v.ledger = $1 and v.domain = $2 and v.position <= $5
        and v.position >= coalesce(b.reference, b.current)
        and (b.after is null or v.position < b.after))`,
  ],
  values: [skip, current, reference],
})

const byTime = ({
  referenceFrom,
  currentFrom,
  until,
}: Extract<DriftWindows, { by: 'time' }>): Parts => ({
  with: [
    `picked as (select d.position, d.kind,
      case when d.decided_at >= $7::timestamptz then 'current' else 'reference' end as side
      ${OF_THE_DOMAIN} and d.decided_at >= $6::timestamptz and d.decided_at < $8::timestamptz)`,
    `said as (select v.kind, v.verdict,
        case when v.at >= $7::timestamptz then 'current' else 'reference' end as side
      from projection.drift_verdicts v
      where v.ledger = $1 and v.domain = $2 and v.position > $4 and v.position <= $5
        and v.at >= $6::timestamptz and v.at < $8::timestamptz)`,
  ],
  values: [referenceFrom, currentFrom, until],
})

interface Raw {
  side: string
  outcome: string
  level: string
  rules: string
  missing_evidence: boolean
  verdict: string | null
  cases: bigint
  first: bigint
  last: bigint
}

const windowOf = (rows: readonly Raw[]): CountedWindow => {
  const made = rows.filter(({ verdict }) => verdict === null)
  return {
    first: made.length === 0 ? 0 : Math.min(...made.map(({ first }) => numberOf(first))),
    last: made.length === 0 ? 0 : Math.max(...made.map(({ last }) => numberOf(last))),
    decisions: made.reduce((sum, { cases }) => sum + numberOf(cases), 0),
    counts: categoriesOf(
      rows.map(
        ({ missing_evidence: missingEvidence, cases, ...row }): KindCount => ({
          ...row,
          missingEvidence,
          cases: numberOf(cases),
        }),
      ),
    ),
  }
}

export interface DriftAlarmFilter extends PageRequest {
  readonly domain?: string
  readonly state?: (typeof DRIFT_ALARM_STATES)[number]
}

export interface ListedDriftAlarm {
  readonly id: string
  readonly state: (typeof DRIFT_ALARM_STATES)[number]
  readonly domain: string
  readonly action: string | null
  readonly policyDigest: string
  readonly measures: readonly AlarmMeasure[]
  readonly windows: DriftAlarmRaised['windows']
  readonly falseAlarmRate: number
  readonly loweredTo: string | null
  readonly raised: { readonly at: string; readonly by: string }
  readonly cleared: { readonly at: string; readonly by: string; readonly reason: string } | null
  readonly position: number
}

const LIST = 'drift'

/**
 * Alarms, those raised last first.
 *
 * @problem cursor-invalid, request-invalid
 */
export const driftAlarms = async (
  sql: SqlRunner,
  ledger: string,
  filter: DriftAlarmFilter = {},
): Promise<Listed<ListedDriftAlarm> | Problem> => {
  const page = pageOf(LIST, filter)
  if (page instanceof Problem) return page
  const own = filtersOf(
    [
      ['domain', filter.domain, (p) => `a.domain = ${p}`],
      ['state', filter.state, (p) => `a.state = ${p}`],
    ],
    4,
  )
  const { position, rows } = await readLive<RawAlarm>(sql, {
    projection: LIST,
    ledger,
    name: `alarms+${own.names}`,
    rows: `select a.* from projection.drift_alarms a
      where a.ledger = $1 and a.position < $2${own.text} order by a.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), ...own.values],
  })
  return listed(LIST, page, {
    position,
    rows: rows.map((raw) => ({ position: numberOf(raw.position), item: alarmOf(raw) })),
  })
}

interface RawAlarm {
  id: string
  domain: string
  action: string | null
  state: ListedDriftAlarm['state']
  position: bigint
  policy_digest: string
  measures: ListedDriftAlarm['measures']
  windows: ListedDriftAlarm['windows']
  false_alarm_rate: number
  lowered_to: string | null
  raised_at: Date
  raised_by: string
  cleared_at: Date | null
  cleared_by: string | null
  cleared_reason: string | null
}

const alarmOf = (raw: RawAlarm): ListedDriftAlarm => ({
  id: raw.id,
  state: raw.state,
  domain: raw.domain,
  action: raw.action,
  policyDigest: raw.policy_digest,
  measures: raw.measures,
  windows: raw.windows,
  falseAlarmRate: raw.false_alarm_rate,
  loweredTo: raw.lowered_to,
  raised: { at: timeOf(raw.raised_at), by: raw.raised_by },
  cleared:
    raw.cleared_at === null
      ? null
      : {
          at: timeOf(raw.cleared_at),
          by: raw.cleared_by as string,
          reason: raw.cleared_reason as string,
        },
  position: numberOf(raw.position),
})
