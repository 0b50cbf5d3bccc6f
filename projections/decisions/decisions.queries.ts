import { Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { hourOf } from '../shared/cells.ts'
import {
  type Listed,
  listed,
  type Page,
  type PageRequest,
  pageOf,
  rowsWanted,
} from '../shared/page.ts'
import {
  type Filters,
  filtersOf,
  type LiveQuery,
  numberOf,
  readLive,
  timeOf,
  timeOrNull,
} from '../shared/read-live.ts'

/** What a list of decisions may be narrowed by; all of what is given must hold. Times are RFC 3339. */
export interface DecisionFilter extends PageRequest {
  readonly domain?: string
  readonly action?: string
  readonly outcome?: string
  readonly level?: string
  /** By the id that entries hold: of a person, the one that Writ issued. */
  readonly subject?: { readonly type: string; readonly id: string }
  readonly policy?: string
  readonly policyVersion?: string
  readonly variant?: string
  /** Decided at or after. */
  readonly from?: string
  /** Decided before. */
  readonly until?: string
}

export interface ListedDecision {
  readonly id: string
  readonly position: number
  readonly domain: string
  readonly action: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly mode: string
  readonly outcome: string
  readonly autonomyLevel: string
  readonly neededLevel: string | null
  readonly codes: readonly string[]
  readonly effectiveAt: string | null
  readonly vetoUntil: string | null
  readonly policy: {
    readonly name: string
    readonly version: string
    readonly variant: string | null
    readonly digest: string
  } | null
  readonly decidedAt: string
  readonly recordedAt: string
  readonly vetoed?: { readonly at: string; readonly by: string }
  readonly overridden?: { readonly at: string; readonly by: string }
}

const LIST = 'decisions'

/**
 * Decisions, the newest record first: by position, which is the order of the log and never changes.
 *
 * @problem cursor-invalid, request-invalid
 */
export const decisionsBy = async (
  sql: SqlRunner,
  ledger: string,
  filter: DecisionFilter = {},
): Promise<Listed<ListedDecision> | Problem> => {
  const page = pageOf(LIST, filter)
  if (page instanceof Problem) return page
  const from = askedTime('from', filter.from)
  if (from instanceof Problem) return from
  const until = askedTime('until', filter.until)
  if (until instanceof Problem) return until
  const query = pageQuery(filter, page, timeRange(from, until))
  const found = await readLive<Raw>(sql, { ...query, projection: LIST, ledger })
  const rows = found.rows.map((raw) => ({ position: numberOf(raw.position), item: itemOf(raw) }))
  return listed(LIST, page, { position: found.position, rows })
}

type PageQuery = Pick<LiveQuery, 'name' | 'with' | 'rows' | 'order' | 'values'>

/** `$2` is the position below which the page begins, `$3` how many rows it may have. */
const pageQuery = (filter: DecisionFilter, page: Page, time: TimeRange): PageQuery => {
  const own = filtersOf(kindFilters(filter), 4 + time.values.length)
  const given = {
    values: [page.before, rowsWanted(page), ...time.values, ...own.values],
    ...(time.expression === undefined ? {} : { with: [time.expression] }),
    order: 'found.position desc',
  }
  if (filter.subject !== undefined)
    return { ...given, ...bySubject(filter.subject, time, given, own) }
  if (own.values.length > 0) return { ...given, ...byKind(time, given, own) }
  return {
    ...given,
    name: `all${time.name}`,
    rows: `select d.* from projection.decisions d
      where d.ledger = $1 and d.position < $2${time.condition} order by d.position desc limit $3`,
  }
}

/** A subject has few decisions: its index finds them, the other filters sift. */
const bySubject = (
  { type, id }: { readonly type: string; readonly id: string },
  time: TimeRange,
  given: Pick<PageQuery, 'values'>,
  own: Filters,
): Pick<PageQuery, 'name' | 'rows' | 'values'> => {
  const values = given.values ?? []
  const subject = filtersOf(
    [
      ['type', type, (p) => `d.subject_type = ${p}`],
      ['id', id, (p) => `d.subject_id = ${p}`],
    ],
    2 + values.length,
  )
  return {
    name: `subject+${own.names}${time.name}`,
    rows: `select d.* from projection.decisions d
      where d.ledger = $1 and d.position < $2${subject.text}${own.text}${time.condition}
      order by d.position desc limit $3`,
    values: [...values, ...subject.values],
  }
}

/**
 * The newest positions of each kind that the filters mean, of those the newest, and only then the rows themselves.
 *
 * Kinds that ended long ago are left out, so that versions long superseded cost nothing. Without a range of time every
 * row of a kind fits, and the kinds tell how many that are: counted back from where the page begins, the kinds that lie
 * wholly before it fill the page at some position, and no kind that ended before that one has a row on it.
 */
const byKind = (
  time: TimeRange,
  { with: expressions = [] }: Pick<PageQuery, 'with'>,
  own: Filters,
): Pick<PageQuery, 'name' | 'with' | 'rows'> => {
  const of = `from projection.decision_kinds d where d.ledger = $1${own.text}`
  const bounds =
    time.expression === undefined
      ? `select coalesce(max(kind) filter (where through >= $3), 0) as low, $2 as high from (
          select kind, sum(decisions) over (order by kind desc) as through ${of} and last_position < $2) each`
      : 'select low, high from span'
  return {
    name: `kinds+${own.names}${time.name}`,
    with: [
      ...expressions,
      `bounds as (${bounds})`,
      `kinds as (select d.kind ${of} and d.kind < $2
        and d.kind <= (select high from bounds) and d.last_position >= (select low from bounds))`,
      `page as (
        select one.position from kinds cross join lateral (
          select d.position from projection.decisions d
          where d.ledger = $1 and d.kind = kinds.kind and d.position < $2${time.condition}
          order by d.position desc limit $3) one
        order by one.position desc limit $3)`,
    ],
    rows: `select d.* from page join projection.decisions d on d.ledger = $1 and d.position = page.position`,
  }
}

/** The columns of a kind; both tables have them under one name, the one read is called `d`. */
const kindFilters = (filter: DecisionFilter): Parameters<typeof filtersOf>[0] => [
  ['domain', filter.domain, (p) => `d.domain = ${p}`],
  ['action', filter.action, (p) => `d.action = ${p}`],
  ['outcome', filter.outcome, (p) => `d.outcome = ${p}`],
  ['level', filter.level, (p) => `d.level = ${p}`],
  ['policy', filter.policy, (p) => `d.policy = ${p}`],
  ['version', filter.policyVersion, (p) => `d.policy_version = ${p}`],
  ['variant', filter.variant, (p) => `d.variant = ${p}`],
]

interface TimeRange {
  readonly name: string
  readonly expression?: string
  readonly condition: string
  readonly values: readonly unknown[]
}

const NO_RANGE: TimeRange = { name: '', condition: '', values: [] }
const EARLIEST = '0001-01-01T00:00:00.000Z'
const LATEST = '9999-12-31T23:59:59.999Z'

/** From `$4` on: the hour to begin with, the beginning, the end. */
const timeRange = (from: string | undefined, until: string | undefined): TimeRange => {
  if (from === undefined && until === undefined) return NO_RANGE
  return {
    name: '+time',
    expression: `span as (
      select coalesce(min(first_position), 1) as low, coalesce(max(last_position), 0) as high
      from projection.decision_hours
      where ledger = $1 and hour >= $4::timestamptz and hour < $6::timestamptz)`,
    condition: ` and d.position >= (select low from span) and d.position <= (select high from span)
      and d.decided_at >= $5::timestamptz and d.decided_at < $6::timestamptz`,
    values: [hourOf(from ?? EARLIEST), from ?? EARLIEST, until ?? LATEST],
  }
}

interface Raw {
  id: string
  position: bigint
  domain: string
  action: string
  subject_type: string
  subject_id: string
  mode: string
  outcome: string
  level: string
  needed_level: string | null
  codes: readonly string[]
  effective_at: Date | null
  veto_until: Date | null
  policy: string | null
  policy_version: string | null
  policy_digest: string | null
  variant: string | null
  decided_at: Date
  recorded_at: Date
  vetoed_at: Date | null
  vetoed_by: string | null
  overridden_at: Date | null
  overridden_by: string | null
}

const itemOf = (raw: Raw): ListedDecision => ({
  id: raw.id,
  position: numberOf(raw.position),
  domain: raw.domain,
  action: raw.action,
  subject: { type: raw.subject_type, id: raw.subject_id },
  mode: raw.mode,
  outcome: raw.outcome,
  autonomyLevel: raw.level,
  neededLevel: raw.needed_level,
  codes: raw.codes,
  effectiveAt: timeOrNull(raw.effective_at),
  vetoUntil: timeOrNull(raw.veto_until),
  policy:
    raw.policy === null
      ? null
      : {
          name: raw.policy,
          version: raw.policy_version as string,
          variant: raw.variant,
          digest: raw.policy_digest as string,
        },
  decidedAt: timeOf(raw.decided_at),
  recordedAt: timeOf(raw.recorded_at),
  ...(raw.vetoed_at === null
    ? {}
    : { vetoed: { at: timeOf(raw.vetoed_at), by: raw.vetoed_by as string } }),
  ...(raw.overridden_at === null
    ? {}
    : { overridden: { at: timeOf(raw.overridden_at), by: raw.overridden_by as string } }),
})
