import type { SqlRunner } from '@writ/kernel'
import type { BuildState } from './builds.ts'

export interface ProjectionStatus {
  readonly name: string
  readonly build: number
  readonly version: number
  readonly state: BuildState
  readonly ledger: string
  readonly position: number
  readonly head: number
  /** Entries behind the head. */
  readonly lagEvents: number
  /** Age of the oldest entry that is not folded yet; 0 when nothing waits. By the server's clock. */
  readonly lagSeconds: number
  /** The worker that folds it; null when nobody does. */
  readonly holder: string | null
  readonly parked: number
}

interface Raw {
  readonly name: string
  readonly build: number
  readonly version: number
  readonly state: BuildState
  readonly ledger: string
  readonly position: bigint
  readonly head: bigint
  readonly lag_seconds: number
  readonly holder: string | null
  readonly parked: bigint
}

/** Where every build stands on every ledger, retired ones apart. One statement, so one moment. */
export const projectionStatus = async (sql: SqlRunner): Promise<readonly ProjectionStatus[]> => {
  const rows = await sql.query<Raw>({
    name: 'projection-status',
    text: `select b.name, b.build, b.version, b.state, l.ledger, coalesce(c.position, 0) as position,
        h.position as head,
        case when h.position > coalesce(c.position, 0) then greatest(0, extract(epoch from clock_timestamp() - (
          select (t.entry::jsonb ->> 'recordedAt')::timestamptz from log.entries t
          where t.ledger_no = l.ledger_no and t.position = coalesce(c.position, 0) + 1)))::float8
          else 0::float8 end as lag_seconds,
        case when c.held_until > clock_timestamp() then c.holder end as holder,
        (select count(*) from projection.parked p
          where p.name = b.name and p.build = b.build and p.ledger = l.ledger) as parked
      from projection.builds b cross join log.ledgers l join log.heads h using (ledger_no)
      left join projection.checkpoints c on c.name = b.name and c.build = b.build and c.ledger = l.ledger
      where b.state <> 'retired' order by b.name, b.build, l.ledger`,
  })
  return rows.map((row) => {
    const position = Number(row.position)
    const head = Number(row.head)
    return {
      name: row.name,
      build: row.build,
      version: row.version,
      state: row.state,
      ledger: row.ledger,
      position,
      head,
      lagEvents: Math.max(0, head - position),
      lagSeconds: row.lag_seconds ?? 0,
      holder: row.holder,
      parked: Number(row.parked),
    }
  })
}

export interface ParkedEvent {
  readonly name: string
  readonly build: number
  readonly ledger: string
  readonly position: number
  readonly type: string
  readonly reason: string
  readonly attempts: number
  /** A replay was asked for and is still to be done. */
  readonly replay: boolean
}

/** Events that folds refused, of builds that are served or being built. */
export const parkedEvents = async (sql: SqlRunner): Promise<readonly ParkedEvent[]> => {
  const rows = await sql.query<Omit<ParkedEvent, 'position'> & { readonly position: bigint }>({
    name: 'projection-parked',
    text: `select p.name, p.build, p.ledger, p.position, p.type, p.reason, p.attempts, p.replay
      from projection.parked p join projection.builds b using (name, build) where b.state <> 'retired'
      order by p.name, p.build, p.ledger, p.position`,
  })
  return rows.map((row) => ({ ...row, position: Number(row.position) }))
}
