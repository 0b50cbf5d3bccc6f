import { Problem, type SqlRunner } from '@writ/kernel'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf } from '../shared/read-live.ts'

/** Who set a control, when and why. */
interface SetBy {
  readonly by: { readonly type: string; readonly id: string }
  readonly at: string
  readonly position: number
}

export interface ControlsInForce {
  readonly position: number
  readonly switches: readonly (SetBy & {
    readonly scope: string
    readonly domain: string | null
    readonly action: string | null
    readonly state: string
    readonly reason: string
  })[]
  readonly flags: readonly (SetBy & {
    readonly domain: string
    readonly action: string
    readonly state: string
    readonly reason: string
  })[]
  readonly activePolicies: readonly (SetBy & {
    readonly domain: string
    readonly name: string
    readonly version: string
    readonly digest: string
    readonly publishedBy: string | null
  })[]
}

const PROJECTION = 'controls'

/**
 * Every control of a ledger as it stands. Switches that were set to `off` are among them: who released a switch is as
 * much a fact as who set it. Controls of the whole installation are those of the ledger `system/control`.
 */
export const controlsInForce = async (sql: SqlRunner, ledger: string): Promise<ControlsInForce> => {
  const { position, rows } = await readLive<RawControl>(sql, {
    projection: PROJECTION,
    ledger,
    name: 'in-force',
    // One statement for three tables: the switches of one moment beside the flags of another would be no state at all.
    rows: `select 'switch' as kind, scope, domain, action, state, reason, null as name, null as policy_version,
        null as digest, null as published_by, set_by, set_by_type, set_at, position
      from projection.control_switches where ledger = $1
      union all select 'flag', null, domain, action, state, reason, null, null, null, null,
        set_by, set_by_type, set_at, position
      from projection.control_flags where ledger = $1
      union all select 'policy', null, domain, null, null, null, name, policy_version, digest, published_by,
        set_by, set_by_type, set_at, position
      from projection.control_active_policies where ledger = $1`,
    order: 'found.kind, found.scope, found.domain, found.action',
  })
  const of = (kind: RawControl['kind']): readonly RawControl[] =>
    rows.filter((row) => row.kind === kind)
  return {
    position,
    switches: of('switch').map((raw) => ({
      scope: raw.scope as string,
      domain: raw.domain,
      action: raw.action,
      state: raw.state as string,
      reason: raw.reason as string,
      ...setBy(raw),
    })),
    flags: of('flag').map((raw) => ({
      domain: raw.domain as string,
      action: raw.action as string,
      state: raw.state as string,
      reason: raw.reason as string,
      ...setBy(raw),
    })),
    activePolicies: of('policy').map((raw) => ({
      domain: raw.domain as string,
      name: raw.name as string,
      version: raw.policy_version as string,
      digest: raw.digest as string,
      publishedBy: raw.published_by,
      ...setBy(raw),
    })),
  }
}

export interface ControlChange extends SetBy {
  readonly type: string
  readonly scope: string | null
  readonly domain: string | null
  readonly action: string | null
  readonly state: string | null
  readonly reason: string | null
  readonly policy: {
    readonly name: string
    readonly version: string
    readonly digest: string
  } | null
}

export interface ControlHistoryFilter extends PageRequest {
  readonly domain?: string
}

/**
 * Every change of a control, the newest first.
 *
 * @problem cursor-invalid, request-invalid
 */
export const controlHistory = async (
  sql: SqlRunner,
  ledger: string,
  filter: ControlHistoryFilter = {},
): Promise<Listed<ControlChange> | Problem> => {
  const list = 'control-history'
  const page = pageOf(list, filter)
  if (page instanceof Problem) return page
  const own = filtersOf([['domain', filter.domain, (p) => `h.domain = ${p}`]], 4)
  const { position, rows } = await readLive<RawChange>(sql, {
    projection: PROJECTION,
    ledger,
    name: `history+${own.names}`,
    rows: `select h.* from projection.control_history h
      where h.ledger = $1 and h.position < $2${own.text} order by h.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), ...own.values],
  })
  return listed(list, page, {
    position,
    rows: rows.map((raw) => ({ position: numberOf(raw.position), item: changeOf(raw) })),
  })
}

interface RawSetBy {
  set_by: string
  set_by_type: string
  set_at: Date
  position: bigint
}

interface RawControl extends RawSetBy {
  kind: 'switch' | 'flag' | 'policy'
  scope: string | null
  domain: string | null
  action: string | null
  state: string | null
  reason: string | null
  name: string | null
  policy_version: string | null
  digest: string | null
  published_by: string | null
}

interface RawChange extends RawSetBy {
  type: string
  scope: string | null
  domain: string | null
  action: string | null
  state: string | null
  reason: string | null
  policy: string | null
  policy_version: string | null
  digest: string | null
}

const setBy = ({ set_by, set_by_type, set_at, position }: RawSetBy): SetBy => ({
  by: { type: set_by_type, id: set_by },
  at: timeOf(set_at),
  position: numberOf(position),
})

const changeOf = (raw: RawChange): ControlChange => ({
  type: raw.type,
  scope: raw.scope,
  domain: raw.domain,
  action: raw.action,
  state: raw.state,
  reason: raw.reason,
  policy:
    raw.policy === null
      ? null
      : { name: raw.policy, version: raw.policy_version as string, digest: raw.digest as string },
  ...setBy(raw),
})
