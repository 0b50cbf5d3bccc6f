import type { PolicyStatus } from '@writ/domain'
import { Problem, type SqlRunner } from '@writ/kernel'
import { askedTime } from '../shared/asked-time.ts'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf, timeOrNull } from '../shared/read-live.ts'

export interface ListedPolicy {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly digest: string
  readonly state: PolicyStatus
  readonly variants: readonly string[]
  readonly published: { readonly at: string; readonly by: string }
  /** The last time it was activated. */
  readonly activated: { readonly at: string; readonly by: string } | null
  readonly activations: number
  readonly approvedBy: readonly string[]
  /** When it is to be activated; null where no time was agreed or it has come. */
  readonly activateAt: string | null
  readonly position: number
}

export interface PolicyFilter extends PageRequest {
  readonly name?: string
  readonly domain?: string
  readonly state?: ListedPolicy['state']
}

const PROJECTION = 'policies'

const STATE = `case when exists (
    select from projection.policy_pointers p
    where p.ledger = $1 and p.domain = v.domain and p.name = v.name and p.digest = v.digest) then 'active'
  when v.revoked_at is not null then 'revoked'
  when jsonb_array_length(v.approved_by) > 0 and v.activations = 0 then 'approved'
  when v.activations > 0 then 'superseded'
  when v.validated then 'validated' else 'draft' end`

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
  /** Null, as version and digest: the active one was revoked, and people decide. */
  readonly name: string | null
  readonly version: string | null
  readonly digest: string | null
  readonly activated: { readonly at: string; readonly by: string }
  /** Besides its author. */
  readonly approvedBy: readonly string[]
  /** From when on it is valid; at or before it was recorded. */
  readonly from: string
  readonly publishedBy: string | null
  readonly position: number
  /** From when on the next version is valid; null: it decides still. */
  readonly until: string | null
}

export interface ActivationFilter extends PageRequest {
  /** Only what was valid then: at most one. */
  readonly at?: string
  /**
   * Only what the log knew then. With the same `at` it says which version decided at that time; without it, which one
   * should have, for one that was agreed for a time can be recorded after it.
   */
  readonly knownAt?: string
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
  const knownAt = askedTime('knownAt', filter.knownAt)
  if (knownAt instanceof Problem) return knownAt
  const own = filtersOf(
    [
      [
        'at',
        at,
        (p) => `a.effective_from <= ${p}::timestamptz
          and (a.until is null or a.until > ${p}::timestamptz)`,
      ],
    ],
    6,
  )
  const { position, rows } = await readLive<RawActivation>(sql, {
    projection: PROJECTION,
    ledger,
    name: `activations+${own.names}`,
    rows: `select a.* from (
        select t.*, lead(t.effective_from) over (order by t.effective_from, t.position) as until
        from projection.policy_activations t where t.ledger = $1 and t.domain = $4
          and ($5::timestamptz is null or t.recorded_at <= $5::timestamptz)
      ) a where a.position < $2${own.text} order by a.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), domain, knownAt ?? null, ...own.values],
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
  approved_by: readonly string[]
  activate_at: Date | null
  position: bigint
}

interface RawActivation {
  domain: string
  position: bigint
  name: string | null
  policy_version: string | null
  digest: string | null
  activated_by: string
  approved_by: readonly string[]
  effective_from: Date
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
  approvedBy: raw.approved_by,
  activateAt: timeOrNull(raw.activate_at),
  position: numberOf(raw.position),
})

const activationOf = (raw: RawActivation): Activation => ({
  domain: raw.domain,
  name: raw.name,
  version: raw.policy_version,
  digest: raw.digest,
  activated: { at: timeOf(raw.recorded_at), by: raw.activated_by },
  approvedBy: raw.approved_by,
  from: timeOf(raw.effective_from),
  publishedBy: raw.published_by,
  position: numberOf(raw.position),
  until: timeOrNull(raw.until),
})

export interface DueActivation {
  readonly ledger: string
  readonly name: string
  readonly version: string
  readonly at: Date
}

/** Most activations of one answer. What fills it up is followed by more, to be asked for after the last of it. */
export const DUE_ACTIVATIONS_MAX = 100

/**
 * Versions of every ledger that were to be activated by `now`, in the order of their names. Those that another
 * activation has overtaken stay among them, so whoever asks goes on after the last and comes round again. For the due
 * job.
 */
export const dueActivations = async (
  sql: SqlRunner,
  now: string,
  after: Pick<DueActivation, 'ledger' | 'name' | 'version'> = { ledger: '', name: '', version: '' },
): Promise<readonly DueActivation[]> =>
  sql.query<{ ledger: string; name: string; version: string; at: Date }>({
    name: 'read-policies-due',
    text: `select v.ledger, v.name, v.policy_version as version, v.activate_at as at
      from projection.policy_versions v
      where v.activate_at <= $1::timestamptz and (v.ledger, v.name, v.policy_version) > ($2, $3, $4)
      order by v.ledger, v.name, v.policy_version limit ${DUE_ACTIVATIONS_MAX}`,
    values: [now, after.ledger, after.name, after.version],
  })
