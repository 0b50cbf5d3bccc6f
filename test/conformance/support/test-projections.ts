import type { Database } from '@writ/database'
import { LogReader, type LogTables } from '@writ/event-log'
import type { SqlDatabase } from '@writ/kernel'
import type { Effect, FoldedEvent, Projection } from '@writ/projector'
import { Projector, type ProjectorDeps } from '@writ/projector'
import { nextId } from './test-log.ts'

/** Positions whose fold fails while they are in here: a defect that somebody mends later. */
export const broken = new Set<number>()

const cents = (event: FoldedEvent): number => Number(event.data.cents ?? 0)

/** Two tables: a row an event, and a total a stream that is read before it is written. */
export const sales = (version = 1, more: Partial<Projection> = {}): Projection => ({
  name: 'test-sales',
  version,
  purpose: 'orders and totals, for tests',
  tables: [
    {
      name: 'test_orders',
      columns: {
        id: 'uuid',
        stream: 'text',
        cents: 'int8',
        note: 'text?',
        at: 'timestamptz',
        raw: 'jsonb',
      },
      key: ['id'],
      indexes: [['stream', 'cents desc']],
    },
    {
      name: 'test_totals',
      columns: { stream: 'text', orders: 'int4', cents: 'int8', mean: 'float8', large: 'bool' },
      key: ['stream'],
    },
  ],
  folds: { order: ['OrderPlaced'], basket: ['*'] },
  keys: (event) => [{ table: 'test_totals', key: [event.stream] }],
  fold: (event, rows) => {
    rows.put('test_orders', {
      id: event.id,
      stream: event.stream,
      cents: cents(event) * version,
      note: (event.data.note as string | undefined) ?? null,
      at: event.occurredAt,
      raw: event.data,
    })
    const before = rows.get('test_totals', event.stream)
    const orders = Number(before?.orders ?? 0) + 1
    const total = Number(before?.cents ?? 0) + cents(event) * version
    rows.put('test_totals', {
      stream: event.stream,
      orders,
      cents: total,
      mean: total / orders,
      large: total > 10_000,
    })
    if (broken.has(event.position)) throw new Error(`position ${event.position} cannot be folded`)
  },
  ...more,
})

export const telling = (): Projection =>
  sales(1, {
    name: 'test-telling',
    tables: [{ name: 'test_told', columns: { stream: 'text' }, key: ['stream'] }],
    keys: () => [],
    fold: (event, rows) => rows.put('test_told', { stream: event.stream }),
    effects: (event): Effect[] => [{ kind: 'greet', payload: { id: event.id } }],
  })

export interface TestProjector {
  readonly projector: Projector
  readonly faults: unknown[]
}

/** A worker of its own, as another process would have it. Its clock of housekeeping stands still unless told. */
export const projectorOver = (
  database: Database,
  projections: readonly Projection[],
  more: Partial<ProjectorDeps> & { readonly sql?: SqlDatabase } = {},
): TestProjector => {
  const faults: unknown[] = []
  const projector = new Projector({
    database: more.sql ?? database,
    source: new LogReader(database.kysely<LogTables>()),
    projections,
    holder: nextId(),
    monotonic: () => performance.now(),
    onFault: (fault) => faults.push(fault),
    ...more,
  })
  return { projector, faults }
}

/** Time passes: whoever holds a lease has slept through its end, and counts no longer as a worker. */
export const leasesRunOut = async (owner: Database): Promise<void> => {
  await owner.query({
    text: "update projection.checkpoints set held_until = clock_timestamp() - interval '1 second' where holder is not null",
  })
  await owner.query({ text: 'delete from projection.workers' })
}

/** All rows of the views, as texts, in order. */
export const rowsOf = async (
  database: Database,
  projection: Projection,
): Promise<Readonly<Record<string, readonly string[]>>> => {
  const found: Record<string, readonly string[]> = {}
  for (const { name } of projection.tables) {
    const rows = await database.query<{ row: string }>({
      text: `select t::text as row from projection.${name} t order by 1`,
    })
    found[name] = rows.map(({ row }) => row)
  }
  return found
}

/** What the log itself says the totals are: computed in SQL, by nobody's fold. */
export const totalsByHand = async (
  owner: Database,
  ledger: string,
): Promise<readonly { stream: string; orders: number; cents: number }[]> =>
  owner.query({
    text: `select e.stream, count(*)::int as orders, sum((e.entry::jsonb #>> '{data,cents}')::int)::float8 as cents
      from log.entries e join log.ledgers l using (ledger_no)
      where l.ledger = $1 and e.type = 'OrderPlaced' and e.stream like 'order:%' group by 1 order by 1`,
    values: [ledger],
  })

export const totalsOf = async (
  database: Database,
  ledger: string,
): Promise<readonly { stream: string; orders: number; cents: number }[]> =>
  database.query({
    text: "select stream, orders, cents::float8 from projection.test_totals where ledger = $1 and stream like 'order:%' order by 1",
    values: [ledger],
  })
