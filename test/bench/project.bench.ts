import { randomUUID } from 'node:crypto'
import { type EventLog, type EventToAppend, LogReader, type LogTables } from '@writ/event-log'
import { type LedgerName, Problem } from '@writ/kernel'
import { type Projection, Projector, startRebuild } from '@writ/projector'
import { atLeast, median, note, ratioOf, report } from './support/figure.ts'
import { benchEvent, newId, openBenchLedger, type Rig, startRig } from './support/rig.ts'

const LEDGER = 'bench/main' as LedgerName
const ENTRIES = 300_000
const DOCUMENTS = 20_000
const ROUNDS = 5
/** Entries folded in one round of the live figures: they are appended just before. */
const LIVE = 20_000
const LIVE_PAGE = 500
const FAR_PAGE = 5_000

/** Documents that many events change, and a row for each event: the two shapes that read models have. */
const documents: Projection = {
  name: 'bench-documents',
  version: 1,
  purpose: 'documents',
  tables: [
    {
      name: 'bench_documents',
      columns: { stream: 'text', events: 'int8', total: 'int8', last: 'jsonb' },
      key: ['stream'],
    },
  ],
  folds: { order: ['Placed'] },
  keys: ({ stream }) => [{ table: 'bench_documents', key: [stream] }],
  fold: (event, rows) => {
    const before = rows.get('bench_documents', event.stream)
    rows.put('bench_documents', {
      stream: event.stream,
      events: Number(before?.events ?? 0) + 1,
      total: Number(before?.total ?? 0) + Number(event.data.amount),
      last: event.data,
    })
  },
}

const rowsModel: Projection = {
  name: 'bench-rows',
  version: 1,
  purpose: 'rows',
  tables: [
    {
      name: 'bench_rows',
      columns: { id: 'uuid', stream: 'text', amount: 'int8', note: 'text', at: 'timestamptz' },
      key: ['id'],
      once: true,
    },
  ],
  folds: { order: ['Placed'] },
  keys: () => [],
  fold: (event, rows) =>
    rows.put('bench_rows', {
      id: event.id,
      stream: event.stream,
      amount: Number(event.data.amount),
      note: event.data.note as string,
      at: event.occurredAt,
    }),
}

/** Read models that follow and are rebuilt, against reading and parsing the same pages and against plain inserts. */
export const projectBench = async (only?: string): Promise<void> => {
  const figures: Readonly<Record<string, (rig: Rig, log: EventLog) => Promise<void>>> = {
    'live-folded': liveFolded,
    'live-rows': liveRows,
    'rebuild-folded': rebuildFolded,
    'rebuild-rows': rebuildRows,
  }
  for (const [name, measure] of Object.entries(figures)) {
    if (only !== undefined && only !== name) continue
    const rig = await startRig()
    try {
      const log = await openBenchLedger(rig.database, LEDGER)
      await append(log, ENTRIES)
      await rig.owner.script('vacuum analyze')
      await measure(rig, log)
    } finally {
      await rig.stop()
    }
  }
}

let appended = 0
const order = (): EventToAppend => ({
  event: benchEvent({
    id: newId(),
    type: 'Placed',
    stream: `order:${String((appended++ * 7_919) % DOCUMENTS)}`,
    data: { note: 'x'.repeat(120), amount: appended, accepted: true, lines: [1, 2, 3] },
  }),
})

const append = async (log: EventLog, count: number): Promise<void> => {
  for (let at = 0; at < count; at += 1_000) {
    const results = await Promise.all(
      Array.from({ length: 4 }, () =>
        log.append(LEDGER, { caller: 'bench', events: Array.from({ length: 250 }, order) }),
      ),
    )
    for (const result of results)
      if (result instanceof Problem || result.status !== 'appended')
        throw new Error(JSON.stringify(result))
  }
}

const workerOver = (
  rig: Rig,
  projection: Projection,
  more: { far: number; onSwap?: (ms: number) => void },
): Projector =>
  new Projector({
    database: rig.database,
    source: new LogReader(rig.database.kysely<LogTables>()),
    projections: [projection],
    holder: randomUUID(),
    monotonic: () => performance.now(),
    onFault: (fault) => {
      throw fault
    },
    pages: { near: LIVE_PAGE, far: more.far },
    ...(more.onSwap === undefined ? {} : { onSwap: (_, { ms }) => more.onSwap?.(ms) }),
  })

/** Entries a second of reading pages and parsing their texts: what nobody who folds can do without. */
const readAndParse = async (rig: Rig, after: number, page: number): Promise<number> => {
  const reader = new LogReader(rig.database.kysely<LogTables>())
  const started = performance.now()
  let at = after
  let parsed = 0
  for (;;) {
    const entries = await reader.page(LEDGER, at, page)
    if (entries.length === 0) break
    for (const { text } of entries)
      parsed += (JSON.parse(text) as { position: number }).position > 0 ? 1 : 0
    at += entries.length
  }
  return parsed / ((performance.now() - started) / 1_000)
}

const headOf = async (rig: Rig): Promise<number> =>
  (await new LogReader(rig.database.kysely<LogTables>()).head(LEDGER))?.position ?? 0

const liveFolded = async (rig: Rig, log: EventLog): Promise<void> => {
  const worker = workerOver(rig, documents, { far: FAR_PAGE })
  await worker.catchUp()
  const rates = { ours: [] as number[], parse: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    const head = await headOf(rig)
    await append(log, LIVE)
    const parse = await readAndParse(rig, head, FAR_PAGE)
    const started = performance.now()
    await worker.catchUp()
    const rate = LIVE / ((performance.now() - started) / 1_000)
    if (round < 0) continue
    rates.ours.push(rate)
    rates.parse.push(parse)
  }
  await worker.stop()
  const figure = ratioOf(rates.ours, rates.parse)
  report({
    bench: 'project',
    figure: 'live-folded',
    unit: 'events/s',
    n: ROUNDS,
    ...figure,
    ...atLeast(figure.ratio, 0.3),
  })
}

const liveRows = async (rig: Rig, log: EventLog): Promise<void> => {
  const worker = workerOver(rig, rowsModel, { far: FAR_PAGE })
  await worker.catchUp()
  await rig.owner.script('create table bench_plain (like projection.bench_rows_1 including all)')
  const rates = { ours: [] as number[], plain: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    await append(log, LIVE)
    const started = performance.now()
    await worker.catchUp()
    const rate = LIVE / ((performance.now() - started) / 1_000)
    const plain = await insertPlain(rig, LIVE)
    if (round < 0) continue
    rates.ours.push(rate)
    rates.plain.push(plain)
  }
  await worker.stop()
  const figure = ratioOf(rates.ours, rates.plain)
  report({
    bench: 'project',
    figure: 'live-rows',
    unit: 'events/s',
    n: ROUNDS,
    ...figure,
    ...atLeast(figure.ratio, 0.8),
  })
}

/** 500 rows an INSERT by unnest, values built beforehand, one transaction each. */
const insertPlain = async (rig: Rig, count: number): Promise<number> => {
  const batches = Array.from({ length: count / LIVE_PAGE }, (_, b) =>
    Array.from({ length: LIVE_PAGE }, (_, i) => ({ id: newId(), n: b * LIVE_PAGE + i })),
  ).map((rows) => [
    rows.map(({ id }) => id),
    rows.map(({ n }) => `order:${n % DOCUMENTS}`),
    rows.map(({ n }) => n),
    rows.map(() => 'x'.repeat(120)),
    rows.map(() => '2026-11-20T12:00:00.000Z'),
    rows.map(({ n }) => n),
  ])
  const started = performance.now()
  for (const values of batches) {
    await rig.owner.query({
      name: 'bench-plain',
      text: `insert into bench_plain (ledger, tenant, id, stream, amount, note, at, as_of)
        select '${LEDGER}', 'bench', *
        from unnest($1::uuid[], $2::text[], $3::int8[], $4::text[], $5::timestamptz[], $6::int8[])`,
      values,
    })
  }
  return count / ((performance.now() - started) / 1_000)
}

const rebuildFolded = async (rig: Rig): Promise<void> => {
  const swaps: number[] = []
  const worker = workerOver(rig, documents, { far: FAR_PAGE, onSwap: (ms) => swaps.push(ms) })
  await worker.catchUp()
  const rates = { ours: [] as number[], parse: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    const parse = await readAndParse(rig, 0, FAR_PAGE)
    const rate = await rebuilt(rig, worker, documents)
    if (round < 0) continue
    rates.ours.push(rate)
    rates.parse.push(parse)
  }
  await worker.stop()
  const figure = ratioOf(rates.ours, rates.parse)
  report({
    bench: 'project',
    figure: 'rebuild-folded',
    unit: 'events/s',
    n: ROUNDS,
    ...figure,
    ...atLeast(figure.ratio, 0.7),
  })
  const swap = median(swaps)
  report({
    bench: 'project',
    figure: 'swap-ms',
    value: swap,
    unit: 'ms',
    n: swaps.length,
    ms: { p50: swap, p95: Math.max(...swaps), p99: Math.max(...swaps) },
    budget: '< 10',
    ok: swap < 10,
  })
}

/** Entries a second from the order to rebuild until the new build serves. */
const rebuilt = async (rig: Rig, worker: Projector, projection: Projection): Promise<number> => {
  const head = await headOf(rig)
  const started = performance.now()
  const { build } = await startRebuild(rig.database, projection)
  for (;;) {
    await worker.catchUp()
    const [row] = await rig.database.query<{ state: string }>({
      text: 'select state from projection.builds where name = $1 and build = $2',
      values: [projection.name, build],
    })
    if (row?.state === 'live') return head / ((performance.now() - started) / 1_000)
  }
}

const rebuildRows = async (rig: Rig): Promise<void> => {
  const worker = workerOver(rig, rowsModel, { far: FAR_PAGE })
  await worker.catchUp()
  const rates = { ours: [] as number[], copy: [] as number[] }
  const file = `${rig.server.directory}/rows.copy`
  await rig.owner.script(`copy (select * from projection.bench_rows) to '${file}'`)
  for (let round = -1; round < ROUNDS; round++) {
    const rate = await rebuilt(rig, worker, rowsModel)
    await rig.owner.script('create table bench_copy (like projection.bench_rows)')
    await rig.owner.script('alter table bench_copy add primary key (ledger, id)')
    const started = performance.now()
    await rig.owner.script(`copy bench_copy from '${file}'`)
    const copy = ENTRIES / ((performance.now() - started) / 1_000)
    await rig.owner.script('drop table bench_copy')
    if (round < 0) continue
    rates.ours.push(rate)
    rates.copy.push(copy)
  }
  await worker.stop()
  const figure = ratioOf(rates.ours, rates.copy)
  note(`resident memory ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`)
  report({
    bench: 'project',
    figure: 'rebuild-rows',
    unit: 'events/s',
    n: ROUNDS,
    ...figure,
    ...atLeast(figure.ratio, 0.6),
  })
}
