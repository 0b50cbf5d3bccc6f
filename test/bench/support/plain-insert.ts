import type { Database } from '@writ/database'
import { binaryArray } from '@writ/kernel'
import { newId, random } from './rig.ts'

/** Batch sizes tried; the best one is the baseline. */
export const INSERT_SIZES = [100, 500, 1_000] as const

const INSERT = `insert into log.entries
  (ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, request_mac, entry)
  select 1000000, n.revision, n.position, n.id, null, 'bench', n.stream, 'Tested', n.hash, n.mac, n.entry
  from unnest($1::int[], $2::bigint[], $3::uuid[], $4::text[], $5::bytea[], $6::bytea[], $7::text[])
    n(revision, position, id, stream, hash, mac, entry)`

/**
 * The best plain INSERT we can write into the very table of the log: set-based, prepared, arrays in binary form, values
 * built beforehand; nothing is chained, checked or made idempotent.
 */
export class PlainInsert {
  private position = 0
  private readonly revisions = new Map<string, number>()
  private readonly owner: Database

  constructor(owner: Database) {
    this.owner = owner
  }

  /** Parameters of `count` batches of `size` rows; `streamOf` gives each row's stream. */
  build(
    count: number,
    size: number,
    row: (id: string) => { stream: string; head: string; tail: string },
  ): unknown[][] {
    return Array.from({ length: count }, () => this.batch(size, row))
  }

  private batch(
    size: number,
    row: (id: string) => { stream: string; head: string; tail: string },
  ): unknown[] {
    const revisions: number[] = []
    const positions: bigint[] = []
    const ids: string[] = []
    const streams: string[] = []
    const hashes: Uint8Array[] = []
    const macs: Uint8Array[] = []
    const entries: string[] = []
    for (let i = 0; i < size; i++) {
      const id = newId()
      const { stream, head, tail } = row(id)
      const revision = (this.revisions.get(stream) ?? 0) + 1
      // Only streams that come again need their count kept.
      if (!stream.includes(id)) this.revisions.set(stream, revision)
      const position = ++this.position
      revisions.push(revision)
      positions.push(BigInt(position))
      ids.push(id)
      streams.push(stream)
      hashes.push(random(32))
      macs.push(random(16))
      entries.push(
        `${head},"position":${position},"prev":"${'e'.repeat(64)}","recordedAt":"2026-11-20T13:00:00.000Z","revision":${revision},${tail}`,
      )
    }
    return [
      binaryArray('int4', revisions),
      binaryArray('int8', positions),
      binaryArray('uuid', ids),
      binaryArray('text', streams),
      binaryArray('bytea', hashes),
      binaryArray('bytea', macs),
      binaryArray('text', entries),
    ]
  }

  /** Rows a second over prepared batches, one after the other on one connection. */
  async run(batches: readonly unknown[][], size: number): Promise<number> {
    const started = performance.now()
    for (const values of batches)
      await this.owner.query({ name: 'plain-insert', text: INSERT, values })
    return (batches.length * size) / ((performance.now() - started) / 1000)
  }
}
