import { Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf, timeOrNull } from '../shared/read-live.ts'

export interface ListedPolicy {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly digest: string
  readonly state: 'published' | 'active' | 'superseded' | 'revoked'
  readonly variants: readonly string[]
  readonly published: { readonly at: string; readonly by: string }
  /** The last time it was activated. */
  readonly activated: { readonly at: string; readonly by: string } | null
  readonly activations: number
  readonly position: number
}

export interface PolicyFilter extends PageRequest {
  readonly name?: string
  readonly domain?: string
  readonly state?: ListedPolicy['state']
}

const PROJECTION = 'policies'

/** A revoked version that is still pointed at still decides, so it is active before it is revoked. */
const STATE = `case when exists (
    select from projection.policy_pointers p
    where p.ledger = $1 and p.domain = v.domain and p.name = v.name and p.digest = v.digest) then 'active'
  when v.revoked_at is not null then 'revoked'
  when v.activations > 0 then 'superseded' else 'published' end`

/**
 * Published versions, the newest first.
 *
 * @problem cursor-invalid, request-invalid
 */
export const policiesBy = async (
  sql: SqlRunner,
  ledger: string,
  filter: PolicyFilter = {},
): Promise<Listed<ListedPolicy> | Problem> => {
  const page = pageOf(PROJECTION, filter)
  if (page instanceof Problem) return page
  const own = filtersOf(
    [
      ['name', filter.name, (p) => `s.name = ${p}`],
      ['domain', filter.domain, (p) => `s.domain = ${p}`],
      ['state', filter.state, (p) => `s.state = ${p}`],
    ],
    4,
  )
  const { position, rows } = await readLive<RawVersion>(sql, {
    projection: PROJECTION,
    ledger,
    name: `list+${own.names}`,
    rows: `select s.* from (
        select v.*, ${STATE} as state from projection.policy_versions v where v.ledger = $1 and v.position < $2
      ) s where true${own.text} order by s.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), ...own.values],
  })
  return listed(PROJECTION, page, {
    position,
    rows: rows.map((raw) => ({ position: numberOf(raw.position), item: policyOf(raw) })),
  })
}

export interface Activation {
  readonly domain: string
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly activated: { readonly at: string; readonly by: string }
  readonly publishedBy: string | null
  readonly position: number
  /** When the next version took over; null: it decides still. */
  readonly until: string | null
}

export interface ActivationFilter extends PageRequest {
  /** Only what was active then, in each domain: at most one. Times are those at which the log recorded. */
  readonly at?: string
}

/**
 * By which version a domain was decided when, the newest first.
 *
 * @problem cursor-invalid, request-invalid
 */
export const activationsOf = async (
  sql: SqlRunner,
  ledger: string,
  domain: string,
  filter: ActivationFilter = {},
): Promise<Listed<Activation> | Problem> => {
  const list = 'activations'
  const page = pageOf(list, filter)
  if (page instanceof Problem) return page
  const at = askedTime('at', filter.at)
  if (at instanceof Problem) return at
  const own = filtersOf(
    [
      [
        'at',
        at,
        (p) =>
          `a.recorded_at <= ${p}::timestamptz and (a.until is null or a.until > ${p}::timestamptz)`,
      ],
    ],
    5,
  )
  const { position, rows } = await readLive<RawActivation>(sql, {
    projection: PROJECTION,
    ledger,
    name: `activations+${own.names}`,
    rows: `select a.* from (
        select t.*, lead(t.recorded_at) over (order by t.position) as until
        from projection.policy_activations t where t.ledger = $1 and t.domain = $4
      ) a where a.position < $2${own.text} order by a.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), domain, ...own.values],
  })
  return listed(list, page, {
    position,
    rows: rows.map((raw) => ({ position: numberOf(raw.position), item: activationOf(raw) })),
  })
}

interface RawVersion {
  name: string
  policy_version: string
  domain: string
  digest: string
  state: ListedPolicy['state']
  variants: readonly string[]
  published_by: string
  published_at: Date
  activations: number
  last_activated_by: string | null
  last_activated_at: Date | null
  position: bigint
}

interface RawActivation {
  domain: string
  position: bigint
  name: string
  policy_version: string
  digest: string
  activated_by: string
  recorded_at: Date
  published_by: string | null
  until: Date | null
}

const policyOf = (raw: RawVersion): ListedPolicy => ({
  name: raw.name,
  version: raw.policy_version,
  domain: raw.domain,
  digest: raw.digest,
  state: raw.state,
  variants: raw.variants,
  published: { at: timeOf(raw.published_at), by: raw.published_by },
  activated:
    raw.last_activated_at === null
      ? null
      : { at: timeOf(raw.last_activated_at), by: raw.last_activated_by as string },
  activations: raw.activations,
  position: numberOf(raw.position),
})

const activationOf = (raw: RawActivation): Activation => ({
  domain: raw.domain,
  name: raw.name,
  version: raw.policy_version,
  digest: raw.digest,
  activated: { at: timeOf(raw.recorded_at), by: raw.activated_by },
  publishedBy: raw.published_by,
  position: numberOf(raw.position),
  until: timeOrNull(raw.until),
})
