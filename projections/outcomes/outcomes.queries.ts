import { isUuid, type JsonObject, Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf } from '../shared/read-live.ts'

export interface OutcomeVersionView {
  readonly id: string
  readonly decisionId: string
  readonly metric: string
  readonly revision: number
  readonly values: JsonObject
  readonly retracted: boolean
  readonly occurredAt: string
  readonly recordedAt: string
  readonly position: number
}

export interface OutcomesAsked {
  readonly decisionId: string
  /** Only what had happened by then counts (valid time). */
  readonly asOf?: string
  /** Only what the log had recorded by then counts (known time). */
  readonly knownAt?: string
}

export interface OutcomesOfDecision {
  readonly position: number
  readonly decisionId: string
  /** The version that counts, of each metric. One that is retracted stands here as retracted. */
  readonly effective: readonly OutcomeVersionView[]
  /** Every version that was known at `knownAt`, by arrival, whatever time it tells of. */
  readonly history: readonly OutcomeVersionView[]
}

const PROJECTION = 'outcomes'

/**
 * What came of one decision, as the world stood at `asOf`, as far as the log knew at `knownAt`. Without them: all there
 * is.
 *
 * @problem request-invalid
 */
export const outcomesOfDecision = async (
  sql: SqlRunner,
  ledger: string,
  asked: OutcomesAsked,
): Promise<OutcomesOfDecision | Problem> => {
  const asOf = askedTime('asOf', asked.asOf)
  if (asOf instanceof Problem) return asOf
  const knownAt = askedTime('knownAt', asked.knownAt)
  if (knownAt instanceof Problem) return knownAt
  const { decisionId } = asked
  const id = isUuid(decisionId) ? decisionId : null
  // Rank in SQL and not here: one read, and the rule stands where whoever asks the tables directly finds it.
  const valid = asOf === undefined ? 'true' : 'v.occurred_at <= $3::timestamptz'
  const known =
    knownAt === undefined ? '' : ` and v.recorded_at <= $${asOf === undefined ? 3 : 4}::timestamptz`
  const { position, rows } = await readLive<RawVersion & { is_effective: boolean }>(sql, {
    projection: PROJECTION,
    ledger,
    name: `versions${asOf === undefined ? '' : '+asOf'}${knownAt === undefined ? '' : '+knownAt'}`,
    rows: `select v.*, ${valid} and 1 = row_number() over (
          partition by v.metric, ${valid} order by v.revision desc, v.occurred_at desc, v.position desc
        ) as is_effective
      from projection.outcome_versions v where v.ledger = $1 and v.decision_id = $2::uuid${known}`,
    order: 'found.position',
    values: [id, asOf, knownAt].filter((value) => value !== undefined),
  })
  const effective = rows.filter(({ is_effective }) => is_effective).map(versionView)
  return {
    position,
    decisionId,
    effective: effective.sort((a, b) => (a.metric < b.metric ? -1 : 1)),
    history: rows.map(versionView),
  }
}

export interface OutcomeFilter extends PageRequest {
  readonly metric?: string
}

export interface ListedOutcome extends OutcomeVersionView {
  /** How many versions were told. */
  readonly versions: number
}

/**
 * The outcomes that count, one of each (decision, metric), by when the first version was told, the newest first: a
 * correction changes a row and never its place.
 *
 * @problem cursor-invalid, request-invalid
 */
export const outcomesBy = async (
  sql: SqlRunner,
  ledger: string,
  filter: OutcomeFilter = {},
): Promise<Listed<ListedOutcome> | Problem> => {
  const page = pageOf(PROJECTION, filter)
  if (page instanceof Problem) return page
  const metric = filtersOf([['metric', filter.metric, (p) => `o.metric = ${p}`]], 4)
  const { position, rows } = await readLive<
    RawVersion & { versions: number; first_position: bigint }
  >(sql, {
    projection: PROJECTION,
    ledger,
    name: `list+${metric.names}`,
    rows: `select o.* from projection.outcomes o
      where o.ledger = $1 and o.first_position < $2${metric.text}
      order by o.first_position desc limit $3`,
    order: 'found.first_position desc',
    values: [page.before, rowsWanted(page), ...metric.values],
  })
  return listed(PROJECTION, page, {
    position,
    rows: rows.map((raw) => ({
      position: numberOf(raw.first_position),
      item: { ...versionView(raw), versions: raw.versions },
    })),
  })
}

interface RawVersion {
  event_id: string
  decision_id: string
  metric: string
  revision: bigint
  reported: JsonObject
  retracted: boolean
  occurred_at: Date
  recorded_at: Date
  position: bigint
}

const versionView = (raw: RawVersion): OutcomeVersionView => ({
  id: raw.event_id,
  decisionId: raw.decision_id,
  metric: raw.metric,
  revision: numberOf(raw.revision),
  values: raw.reported,
  retracted: raw.retracted,
  occurredAt: timeOf(raw.occurred_at),
  recordedAt: timeOf(raw.recorded_at),
  position: numberOf(raw.position),
})
