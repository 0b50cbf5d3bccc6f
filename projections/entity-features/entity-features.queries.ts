import { isJsonObject, type JsonObject, Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { dayOf, ownValue } from '../shared/cells.ts'
import { readLive } from '../shared/read-live.ts'
import type { Sum } from './day-counters.ts'

/** Lengths of the windows. Unit: days, the asked one included. */
export const WINDOW_DAYS = [1, 7, 30, 90] as const
const DAYS_MAX = 90
const DAY_MS = 86_400_000

export interface FeatureCounts {
  readonly decisions: number
  readonly byOutcome: Readonly<Record<string, number>>
  readonly byLevel: Readonly<Record<string, number>>
  readonly events: number
  readonly byType: Readonly<Record<string, number>>
  /** Outcomes that were told and not taken back, by the day they tell of. */
  readonly outcomes: number
  readonly byMetric: Readonly<Record<string, number>>
  /** Numbers of requests, by `domain/action/outcome/field`. */
  readonly sums: Readonly<Record<string, Sum>>
}

export interface FeatureWindow extends FeatureCounts {
  readonly days: number
  /** First and last day of the window, both in it. UTC. */
  readonly from: string
  readonly to: string
  /** Shares of the decisions, 0 to 1; null where there were none. */
  readonly rates: {
    readonly approved: number | null
    readonly escalated: number | null
    readonly denied: number | null
    /** Approved without a person, at any level above AL0. */
    readonly automatic: number | null
  }
}

export interface EntityFeatures {
  readonly position: number
  readonly entity: { readonly type: string; readonly id: string }
  readonly asOf: string
  readonly windows: readonly FeatureWindow[]
}

export interface FeaturesAsked {
  /** By the id that entries hold: of a person, the one that Writ issued. */
  readonly entity: { readonly type: string; readonly id: string }
  /** Any instant of the last day of the windows. */
  readonly asOf: string
}

/**
 * What happened around an entity in the last 1, 7, 30 and 90 days as of a day.
 *
 * @problem request-invalid
 */
export const featuresOf = async (
  sql: SqlRunner,
  ledger: string,
  { entity, asOf }: FeaturesAsked,
): Promise<EntityFeatures | Problem> => {
  const at = askedTime('asOf', asOf)
  if (at instanceof Problem) return at
  const to = dayOf(at)
  const { position, rows } = await readDays(sql, ledger, {
    entity,
    from: daysBefore(to, DAYS_MAX - 1),
    to,
  })
  const windows = WINDOW_DAYS.map((days) => {
    const from = daysBefore(to, days - 1)
    return { days, from, to, ...windowOf(rows.filter(({ day }) => day >= from)) }
  })
  return { position, entity, asOf: at, windows }
}

/**
 * The aggregate of one day of an entity: what `FeaturesAggregated` is made from. Asked again after late news, it says
 * what is known then.
 *
 * @problem request-invalid
 */
export const dayOfEntity = async (
  sql: SqlRunner,
  ledger: string,
  { entity, asOf }: FeaturesAsked,
): Promise<({ readonly position: number; readonly day: string } & FeatureCounts) | Problem> => {
  const at = askedTime('asOf', asOf)
  if (at instanceof Problem) return at
  const day = dayOf(at)
  const { position, rows } = await readDays(sql, ledger, { entity, from: day, to: day })
  const { rates: _, ...counts } = windowOf(rows)
  return { position, day, ...counts }
}

interface RawDay {
  day: string
  decisions: number
  by_outcome: Readonly<Record<string, number>>
  by_level: Readonly<Record<string, number>>
  events: number
  by_type: Readonly<Record<string, number>>
  sums: Readonly<Record<string, Sum>>
  by_metric: JsonObject | null
}

/** At most ninety rows, so they are added up here and not in SQL; days with outcomes alone are rows too. */
const readDays = (
  sql: SqlRunner,
  ledger: string,
  asked: { readonly entity: FeaturesAsked['entity']; readonly from: string; readonly to: string },
): Promise<{ readonly position: number; readonly rows: readonly RawDay[] }> =>
  readLive<RawDay>(sql, {
    projection: 'entity-features',
    ledger,
    name: 'days',
    with: [
      `told as (
        select day, jsonb_object_agg(metric, n) as by_metric from (
          select day, metric, count(*)::int as n from projection.entity_outcomes
          where ledger = $1 and entity_type = $2 and entity_id = $3 and day >= $4 and day <= $5 and not retracted
          group by day, metric) each group by day)`,
      `days as (
        select * from projection.entity_days
        where ledger = $1 and entity_type = $2 and entity_id = $3 and day >= $4 and day <= $5)`,
    ],
    rows: `select coalesce(days.day, told.day) as day, coalesce(days.decisions, 0) as decisions,
        coalesce(days.by_outcome, '{}') as by_outcome, coalesce(days.by_level, '{}') as by_level,
        coalesce(days.events, 0) as events, coalesce(days.by_type, '{}') as by_type,
        coalesce(days.sums, '{}') as sums, told.by_metric
      from days full join told on told.day = days.day`,
    order: 'found.day',
    values: [asked.entity.type, asked.entity.id, asked.from, asked.to],
  })

const daysBefore = (day: string, days: number): string =>
  dayOf(new Date(Date.parse(`${day}T00:00:00.000Z`) - days * DAY_MS).toISOString())

const windowOf = (days: readonly RawDay[]): FeatureCounts & Pick<FeatureWindow, 'rates'> => {
  const byOutcome = added(days.map(({ by_outcome }) => by_outcome))
  const byLevel = added(days.map(({ by_level }) => by_level))
  const byMetric = added(days.map(({ by_metric }) => countsIn(by_metric)))
  const decisions = total(days.map((day) => day.decisions))
  const share = (count: number): number | null => (decisions === 0 ? null : count / decisions)
  const outcome = (name: string): number => ownValue(byOutcome, name) ?? 0
  return {
    decisions,
    byOutcome,
    byLevel,
    events: total(days.map((day) => day.events)),
    byType: added(days.map(({ by_type }) => by_type)),
    outcomes: total(Object.values(byMetric)),
    byMetric,
    sums: addedSums(days.map(({ sums }) => sums)),
    rates: {
      approved: share(outcome('approved')),
      escalated: share(outcome('escalated')),
      denied: share(outcome('denied')),
      automatic: share(decisions - (ownValue(byLevel, 'AL0') ?? 0)),
    },
  }
}

const countsIn = (counts: JsonObject | null): Readonly<Record<string, number>> =>
  isJsonObject(counts) ? (counts as Readonly<Record<string, number>>) : {}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

const added = (
  maps: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> => merged(maps, (a, b) => a + b)

const addedSums = (maps: readonly Readonly<Record<string, Sum>>[]): Readonly<Record<string, Sum>> =>
  merged(maps, (a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }))

const merged = <T>(
  maps: readonly Readonly<Record<string, T>>[],
  add: (a: T, b: T) => T,
): Readonly<Record<string, T>> => {
  const all = new Map<string, T>()
  for (const [name, value] of maps.flatMap((map) => Object.entries(map))) {
    const before = all.get(name)
    all.set(name, before === undefined ? value : add(before, value))
  }
  return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)))
}
