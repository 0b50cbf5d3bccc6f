import { Problem, type SqlRunner } from '@writ/kernel'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf } from '../shared/read-live.ts'

export const SHADOW_STATES = ['running', 'date', 'stale', 'stopped'] as const
export type ShadowState = (typeof SHADOW_STATES)[number]

/** Most differences that are shown of one run, the newest; all of them are counted. */
export const SHADOW_DIFFERENCES_MAX = 1_000
const DIFFERENCES_DEFAULT = 50

interface Verdict {
  readonly outcome: string
  readonly autonomyLevel: string
}

export interface ListedShadow {
  readonly id: string
  readonly status: ShadowState
  readonly domain: string
  readonly candidate: {
    readonly name: string
    readonly version: string
    readonly variant: string | null
    readonly digest: string
  }
  readonly live: { readonly name: string; readonly version: string; readonly digest: string }
  readonly severity: string
  readonly from: number
  readonly until: string
  readonly started: { readonly at: string; readonly by: string }
  /** Decisions judged. */
  readonly evaluated: number
  readonly classes: Readonly<Record<string, number>>
  readonly ended: {
    readonly because: ShadowState
    readonly time: string
    readonly by: string
    /** Head of the ledger then. */
    readonly at: number
    readonly liveDigest: string | null
    readonly reason: string | null
  } | null
  readonly position: number
}

export interface ShadowCounts extends ListedShadow {
  readonly matrix: readonly {
    readonly live: Verdict
    readonly verdict: Verdict
    readonly decisions: number
  }[]
  readonly errors: readonly {
    readonly kind: string
    readonly code: string
    readonly decisions: number
  }[]
  /** Positions of the first and the last decision judged; null before there is one. */
  readonly first: number | null
  readonly last: number | null
  /** Judgements that differ, those of the newest decisions first. */
  readonly differences: readonly ShadowDifference[]
}

export interface ShadowDifference {
  readonly decision: string
  readonly position: number
  readonly class: string
  readonly live: Verdict
  readonly verdict: (Verdict & { readonly codes: readonly string[] }) | null
  readonly error: { readonly kind: string; readonly code: string } | null
  readonly changed: readonly string[]
}

export interface ShadowFilter extends PageRequest {
  readonly state?: ShadowState
  readonly domain?: string
}

const LIST = 'shadows'

/**
 * Shadow runs, those started last first.
 *
 * @problem cursor-invalid, request-invalid
 */
export const shadowsBy = async (
  sql: SqlRunner,
  ledger: string,
  filter: ShadowFilter = {},
): Promise<Listed<ListedShadow> | Problem> => {
  const page = pageOf(LIST, filter)
  if (page instanceof Problem) return page
  const own = filtersOf(
    [
      ['state', filter.state, (p) => `r.state = ${p}`],
      ['domain', filter.domain, (p) => `r.domain = ${p}`],
    ],
    4,
  )
  const { position, rows } = await readLive<Raw>(sql, {
    projection: LIST,
    ledger,
    name: `list+${own.names}`,
    rows: `select r.* from projection.shadow_runs r
      where r.ledger = $1 and r.position < $2${own.text} order by r.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), ...own.values],
  })
  return listed(LIST, page, {
    position,
    rows: rows.map((raw) => ({ position: numberOf(raw.position), item: shadowOf(raw) })),
  })
}

/**
 * What one run has come to.
 *
 * @param differences how many to show, 0 to 1,000
 * @problem shadow-not-found
 */
export const shadowCounts = async (
  sql: SqlRunner,
  ledger: string,
  { id, differences = DIFFERENCES_DEFAULT }: { readonly id: string; readonly differences?: number },
): Promise<{ readonly position: number; readonly run: ShadowCounts } | Problem> => {
  // One statement, so that counts and differences are of one state.
  const { position, rows } = await readLive<Raw & { differences: readonly ShadowDifference[] }>(
    sql,
    {
      projection: LIST,
      ledger,
      name: 'one',
      rows: `select r.*, coalesce((select jsonb_agg(jsonb_build_object(
          'decision', d.decision_id, 'position', d.position, 'class', d.class, 'live', d.live,
          'verdict', d.verdict, 'error', d.error, 'changed', d.changed) order by d.position desc)
        from (select * from projection.shadow_differences x where x.ledger = $1 and x.run_id = $2
          order by x.position desc limit $3) d), '[]') as differences
        from projection.shadow_runs r where r.ledger = $1 and r.id = $2`,
      order: 'found.position',
      values: [id, Math.min(Math.max(0, differences), SHADOW_DIFFERENCES_MAX)],
    },
  )
  const [raw] = rows
  if (raw === undefined) {
    return new Problem(
      'shadow-not-found',
      `The read model knows no shadow run ${id.slice(0, 64)} up to position ${position}.`,
    )
  }
  const run = {
    ...shadowOf(raw),
    matrix: matrixOf(raw.matrix),
    errors: errorsOf(raw.errors),
    first: raw.first_position === null ? null : numberOf(raw.first_position),
    last: raw.last_position === null ? null : numberOf(raw.last_position),
    differences: raw.differences,
  }
  return { position, run }
}

/** Runs of every ledger that have not ended, with where a process that starts goes on. For the shadow thread. */
export const runningShadows = async (
  sql: SqlRunner,
): Promise<
  readonly { readonly ledger: string; readonly id: string; readonly progress: number }[]
> => {
  const found = await sql.query<{ ledger: string; id: string; progress: bigint }>({
    name: 'read-shadows-running',
    // Ledger by ledger, because every index begins with the ledger.
    text: `select r.ledger, r.id, r.progress from projection.checkpoints l
      join projection.builds b on b.name = l.name and b.build = l.build and b.state = 'live'
      cross join lateral (
        select v.ledger, v.id, v.progress from projection.shadow_runs v
        where v.ledger = l.ledger and v.state = 'running' order by v.position desc limit 10
      ) r where l.name = 'shadows' order by r.ledger, r.id`,
    values: [],
  })
  return found.map(({ ledger, id, progress }) => ({ ledger, id, progress: numberOf(progress) }))
}

interface Raw {
  id: string
  state: ShadowState
  position: bigint
  domain: string
  candidate: ListedShadow['candidate']
  live: ListedShadow['live']
  severity: string
  from_position: bigint
  until: Date
  started_at: Date
  started_by: string
  evaluated: bigint
  classes: Readonly<Record<string, number>>
  matrix: Readonly<Record<string, number>>
  errors: Readonly<Record<string, number>>
  first_position: bigint | null
  last_position: bigint | null
  ended_at: Date | null
  ended_by: string | null
  ended_position: bigint | null
  ended_live: string | null
  ended_reason: string | null
}

const shadowOf = (raw: Raw): ListedShadow => ({
  id: raw.id,
  status: raw.state,
  domain: raw.domain,
  candidate: raw.candidate,
  live: raw.live,
  severity: raw.severity,
  from: numberOf(raw.from_position),
  until: timeOf(raw.until),
  started: { at: timeOf(raw.started_at), by: raw.started_by },
  evaluated: numberOf(raw.evaluated),
  classes: raw.classes,
  ended:
    raw.ended_at === null
      ? null
      : {
          ...{ because: raw.state, time: timeOf(raw.ended_at), by: raw.ended_by as string },
          at: numberOf(raw.ended_position as bigint),
          ...{ liveDigest: raw.ended_live, reason: raw.ended_reason },
        },
  position: numberOf(raw.position),
})

const matrixOf = (counts: Raw['matrix']): ShadowCounts['matrix'] =>
  named(counts).map(([name, decisions]) => {
    const [outcome = '', autonomyLevel = '', then = '', level = ''] = name.split(' ')
    return {
      ...{ live: { outcome, autonomyLevel }, decisions },
      verdict: { outcome: then, autonomyLevel: level },
    }
  })

const errorsOf = (counts: Raw['errors']): ShadowCounts['errors'] =>
  named(counts).map(([name, decisions]) => {
    const [kind = '', code = ''] = name.split(' ')
    return { kind, code, decisions }
  })

const named = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
