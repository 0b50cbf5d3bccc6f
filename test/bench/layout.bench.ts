import type { Database } from '@writ/database'
import { binaryArray } from '@writ/kernel'
import { median, note, report } from './support/figure.ts'
import { appendFunction, LAYOUTS, type Layout } from './support/layouts.ts'
import { newId, type Rig, startRig } from './support/rig.ts'

const BATCH = 500
const STREAMS = 100_000
/** Sizes at which each layout is measured, in rows. */
const SIZES = process.env.LAYOUT_ROWS?.split(',').map(Number) ?? [100_000, 1_000_000, 5_000_000]
const MEASURED_ROUNDS = 5
const BATCHES_A_ROUND = 60
const ENTRY = `{"actor":{"id":"01a1f92c-0f77-7000-8000-000000000000","type":"key"},"data":{"note":"${'x'.repeat(560)}"}}`

/** The layouts of ADR-0004 beside each other: append rate as they grow, size on disk, time to detach a range. */
export const layoutBench = async (): Promise<void> => {
  const rig = await startRig()
  try {
    for (const layout of LAYOUTS) {
      note(`${layout.name}: ${layout.about}`)
      await rig.owner.script(`${layout.tables} ${appendFunction(layout)}`)
    }
    const writers = LAYOUTS.map((layout) => new Writer(rig.owner, layout))
    for (const size of SIZES) {
      for (const writer of writers) await writer.growTo(size)
      await rig.owner.script('checkpoint')
      await measure(writers, size)
    }
    await sizes(rig)
    await detach(rig)
  } finally {
    await rig.stop()
  }
}

/** In turn, so that a slow spell of the disk meets all. */
const measure = async (writers: readonly Writer[], size: number): Promise<void> => {
  const rates = new Map<string, number[]>()
  for (let round = 0; round < MEASURED_ROUNDS; round++) {
    for (const writer of writers) {
      for (const kind of ['fresh', 'streams'] as const) {
        const name = `${writer.layout.name}-${kind}`
        const rate = await writer.round(kind)
        rates.set(name, [...(rates.get(name) ?? []), rate])
      }
    }
  }
  for (const [figure, values] of rates) {
    const baseline = median(rates.get(`hash-${figure.split('-')[1]}`) as number[])
    const value = median(values)
    report({
      bench: 'layout',
      figure: `${figure}-${size}`,
      value,
      unit: 'rows/s',
      baseline,
      ratio: value / baseline,
      n: MEASURED_ROUNDS,
    })
  }
}

class Writer {
  readonly layout: Layout
  private readonly owner: Database
  private rows = 0

  constructor(owner: Database, layout: Layout) {
    this.owner = owner
    this.layout = layout
  }

  async growTo(size: number): Promise<void> {
    while (this.rows < size) await this.append('fresh')
  }

  async round(kind: 'fresh' | 'streams'): Promise<number> {
    const batches = Array.from({ length: BATCHES_A_ROUND }, () => this.batch(kind))
    const started = performance.now()
    for (const values of batches) await this.call(values)
    return (BATCHES_A_ROUND * BATCH) / ((performance.now() - started) / 1000)
  }

  private append(kind: 'fresh' | 'streams'): Promise<void> {
    return this.call(this.batch(kind))
  }

  private batch(kind: 'fresh' | 'streams'): unknown[] {
    const ids = Array.from({ length: BATCH }, newId)
    const wanted = ids.map((id) =>
      kind === 'fresh'
        ? `order:${id}`
        : `order:known-${Math.floor(Math.random() * STREAMS)}-${'a'.repeat(20)}`,
    )
    const streams = [...new Set(wanted)]
    const numbers = new Map(streams.map((stream, i) => [stream, i + 1]))
    return [
      binaryArray('uuid', ids),
      binaryArray(
        'int4',
        wanted.map((stream) => numbers.get(stream) as number),
      ),
      binaryArray('text', streams),
      binaryArray(
        'text',
        ids.map((id) => `${ENTRY}${id}`),
      ),
    ]
  }

  private async call(values: readonly unknown[]): Promise<void> {
    await this.owner.query({
      name: `layout-${this.layout.name}`,
      text: `select ${this.layout.name}.append($1, $2::uuid[], $3::int[], $4::text[], $5::text[])`,
      values: [this.rows, ...values],
    })
    this.rows += BATCH
  }
}

const sizes = async ({ owner }: Rig): Promise<void> => {
  for (const { name } of LAYOUTS) {
    const [row] = await owner.query<{ bytes: bigint; n: bigint }>({
      text: `select sum(pg_total_relation_size(c.oid))::bigint as bytes, (select count(*) from ${name}.entries) as n
        from pg_class c join pg_namespace s on s.oid = c.relnamespace where s.nspname = $1 and c.relkind = 'r'`,
      values: [name],
    })
    const value = Number(row?.bytes ?? 0) / Number(row?.n ?? 1)
    report({
      bench: 'layout',
      figure: `${name}-bytes`,
      value,
      unit: 'bytes a row',
      n: Number(row?.n ?? 0),
    })
  }
}

/** What a bank with one ledger can put away: a range goes by a catalogue change where ranges exist. */
const detach = async ({ owner }: Rig): Promise<void> => {
  for (const name of ['side', 'leaf']) {
    const [row] = await owner.query<{ leaf: string }>({
      text: `select tableoid::regclass::text as leaf from ${name}.entries limit 1`,
    })
    const leaf = row?.leaf ?? ''
    const parent = leaf.replace(/_0$/, '')
    const started = performance.now()
    await owner.script(`alter table ${parent} detach partition ${leaf}`)
    report({
      bench: 'layout',
      figure: `${name}-detach`,
      value: performance.now() - started,
      unit: 'ms',
      n: 1,
    })
  }
}
