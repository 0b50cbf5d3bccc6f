import type { Database } from '@writ/database'
import { Problem } from '@writ/kernel'
import { type DecisionFilter, decisionsBy, PROJECTIONS } from '@writ/projections'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer, type TestDatabase } from '../support/test-databases.ts'
import { openTestLog, type TestLog } from './support/test-log.ts'
import { projectorOver } from './support/test-projections.ts'

const ROWS = 60_000
/** Of each filter: more than the five after which the server may keep one plan for all values. */
const ASKED = 12
const LIMIT = 50

interface Read {
  readonly seqScans: number
  /** Rows that index scans of the decisions have fetched, and that scans of the whole table have. */
  readonly rows: number
}

const at = (no: number): string =>
  new Date(Date.parse('2026-06-01T00:00:00.000Z') + no * 240_000).toISOString()

/**
 * Each a list of filters to ask in turn, so that a plan that is kept serves values of every kind: those on most rows,
 * those on a handful and those on none.
 */
const FILTERS: Readonly<Record<string, readonly DecisionFilter[]>> = {
  nothing: [{}],
  domain: [{ domain: 'd1' }, { domain: 'd4' }, { domain: 'none' }],
  action: [{ action: 'a0' }, { action: 'a3' }],
  'a frequent outcome': [{ outcome: 'approved' }],
  'a rare outcome': [{ outcome: 'blocked' }],
  'frequent and rare outcomes': [
    { outcome: 'approved' },
    { outcome: 'blocked' },
    { outcome: 'none' },
  ],
  level: [{ level: 'AL2' }, { level: 'AL0' }],
  subject: [{ subject: { type: 'customer', id: 'c-17' } }, { subject: { type: 'x', id: 'y' } }],
  'policy and version': [
    { policy: 'bench', policyVersion: '1.19.0' },
    { policy: 'bench', policyVersion: '1.0.0' },
  ],
  variant: [{ variant: 'A' }, { variant: 'B' }],
  'a range of time': [
    { from: at(ROWS / 2), until: at(ROWS / 2 + 500) },
    { from: at(0), until: at(30) },
  ],
  'outcome, domain and time': [
    { outcome: 'denied', domain: 'd3', from: at(10_000), until: at(14_000) },
  ],
  'subject, level and variant': [
    { subject: { type: 'customer', id: 'c-18' }, level: 'AL2', variant: 'A' },
  ],
}

/**
 * Most rows of the decisions a page may read. Seen: 2,955, where 57 kinds are a page each; 51 where nothing is asked.
 * Unit: rows.
 */
const ROWS_READ_MAX = 3_500

describeOnServer('what a search reads', (open) => {
  let test: TestDatabase
  let log: TestLog
  /** Its one connection keeps the prepared statements, as those of a running process do. */
  let asking: Database

  beforeAll(async () => {
    test = await open()
    log = await openTestLog(test.database)
    const { projector } = projectorOver(test.database, PROJECTIONS)
    await projector.catchUp()
    await projector.stop()
    await fill(await test.open('owner', { statementTimeoutMs: 0 }), log.ledger)
    asking = await test.open('writ_app', { poolMax: 1 })
  })

  /** The server's own counters of the decisions, of all connections that have told theirs. */
  const read = async (): Promise<Read> => {
    // A backend tells what it has read within a second of rest, or when it is asked to.
    await asking.query({ text: 'select pg_stat_force_next_flush()' })
    await asking.query({ text: 'select 1' })
    const [row] = await test.owner.query<Record<'seqScans' | 'rows', bigint>>({
      text: `select sum(seq_scan)::bigint as "seqScans", sum(seq_tup_read + idx_tup_fetch)::bigint as rows
        from pg_stat_user_tables where schemaname = 'projection' and relname = $1`,
      values: ['decisions_1'],
    })
    return { seqScans: Number(row?.seqScans), rows: Number(row?.rows) }
  }

  const during = async (work: () => Promise<unknown>): Promise<Read> => {
    const before = await read()
    await work()
    const after = await read()
    return { seqScans: after.seqScans - before.seqScans, rows: after.rows - before.rows }
  }

  const found = async (filter: DecisionFilter): Promise<number> => {
    const page = await decisionsBy(asking, log.ledger, { ...filter, limit: LIMIT })
    if (page instanceof Problem) throw new Error(page.detail)
    return page.items.length
  }

  it('counts: a scan of the whole table is seen, and so is each row that an index leads to', async () => {
    const whole = await during(() =>
      asking.query({ text: "select count(*) from projection.decisions where level = 'AL2'" }),
    )
    expect(whole).toEqual({ seqScans: 1, rows: ROWS })
    const few = await during(() =>
      asking.query({
        text: 'select mode from projection.decisions where ledger = $1 and position < 101 order by position desc',
        values: [log.ledger],
      }),
    )
    expect(few).toEqual({ seqScans: 0, rows: 99 })
  })

  const usesIndexes = async (filters: readonly DecisionFilter[]): Promise<void> => {
    let most = 0
    for (let turn = 0; turn < ASKED; turn++) {
      const filter = filters[turn % filters.length] as DecisionFilter
      let items = 0
      const { seqScans, rows } = await during(async () => {
        items = await found(filter)
      })
      most = Math.max(most, items)
      expect({ turn, filter, seqScans }).toEqual({ turn, filter, seqScans: 0 })
      expect(rows, `${turn} ${JSON.stringify(filter)}`).toBeLessThanOrEqual(ROWS_READ_MAX)
    }
    // A filter that finds nothing would prove nothing.
    expect(most).toBeGreaterThan(0)
  }

  it.each(Object.entries(FILTERS))(
    'by %s: no table is walked, and few rows are read',
    (_, filters) => usesIndexes(filters),
  )

  it('nor by a plan for all values, which the server may keep after five', async () => {
    await asking.query({ text: 'set plan_cache_mode = force_generic_plan' })
    for (const filters of Object.values(FILTERS)) await usesIndexes(filters)
    const kept = await asking.query<{ name: string }>({
      text: "select name from pg_prepared_statements where name like 'read-decisions-%' and generic_plans > 0",
    })
    expect(kept.length).toBeGreaterThan(8)
  })
})

/**
 * The rows of a live build as folding them would have left them, in a second and not in minutes. The ledger's first
 * entry is its opening, so decisions have positions from 2 on.
 */
const fill = async (owner: Database, ledger: string): Promise<void> => {
  await owner.script(`
    create temporary table made as
    select i + 1 as position, timestamptz '2026-06-01Z' + i * interval '240 s' as at,
      'd' || i % 5 as domain, 'a' || i / 5 % 4 as action,
      case when i % 1000 = 7 then 'blocked' when i % 10 = 3 then 'denied' else 'approved' end as outcome,
      case when i % 10 = 3 or i % 1000 = 7 then 'AL0' else 'AL' || 1 + i / 20 % 3 end as level,
      '1.' || i * 20 / ${ROWS + 1} || '.0' as version, case when i / 60 % 2 = 0 then 'A' else 'B' end as variant,
      'c-' || i * 7919 % 4000 as customer
    from generate_series(1, ${ROWS}) i;
    insert into projection.decision_kinds_1 (ledger, tenant, domain, action, outcome, level, policy, policy_version,
      variant, kind, last_position, decisions, as_of)
    select '${ledger}', 'acme', domain, action, outcome, level, 'bench', version, variant, min(position), max(position),
      count(*), max(position) from made group by domain, action, outcome, level, version, variant;
    insert into projection.decision_hours_1 (ledger, tenant, hour, first_position, last_position, decisions, as_of)
    select '${ledger}', 'acme', date_trunc('hour', at), min(position), max(position), count(*), max(position)
    from made group by date_trunc('hour', at);
    insert into projection.decisions_1 (ledger, tenant, id, position, kind, recorded_at, decided_at, domain, action,
      subject_type, subject_id, mode, outcome, level, codes, policy, policy_version, policy_digest, variant, as_of)
    select '${ledger}', 'acme', gen_random_uuid(), m.position, k.kind, m.at, m.at, m.domain, m.action,
      'customer', m.customer, 'live', m.outcome, m.level, '["WITHIN_BAND"]', 'bench', m.version, 'sha256:d', m.variant,
      m.position
    from made m join projection.decision_kinds_1 k
      on (k.domain, k.action, k.outcome, k.level, k.policy_version, k.variant)
        = (m.domain, m.action, m.outcome, m.level, m.version, m.variant);
    analyze projection.decisions_1; analyze projection.decision_kinds_1; analyze projection.decision_hours_1`)
}
