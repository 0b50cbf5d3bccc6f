import { binaryArray, type LedgerName, type SqlStatement } from '@writ/kernel'
import type { Append, AppendedPlace, AppendResult } from './append.ts'
import type { EntryTexts } from './entry.ts'

/** An append whose entries are rendered already, so that a flush only gathers arrays. */
export interface RenderedAppend {
  readonly append: Append
  readonly texts: readonly EntryTexts[]
  readonly bytes: number
}

/** The one row that `log.append` returns. */
export interface AppendRow {
  readonly base_hash: Uint8Array
  readonly base_position: bigint
  readonly firsts: readonly bigint[]
  readonly hashes: Uint8Array
  readonly recorded_at: string
  readonly revisions: readonly number[]
  readonly statuses: string
}

const APPEND = `with bound as materialized (select set_config('writ.tenant', $1, true))
select a.base_position, a.base_hash, a.recorded_at, a.statuses, a.revisions, a.hashes, a.firsts
from bound, log.append($2, $3::int[], $4::int[], $5::int[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[],
  $11::bytea[], $12::text[], $13::bytea[], $14::bytea[], $15::timestamptz, $16::int[], $17::bigint[], $18::bigint[],
  $19::int[], $20::uuid[], $21::int[], $22::int[], $23::int[], $24::int[], $25::text[], $26::timestamptz[],
  $27::bigint[], $28::jsonb, $29::jsonb, $30::jsonb) a`

const MUST_EXIST = -2

/** One call of `log.append` for a batch. `keyTime` is the clock that idempotency keys age by. */
export const appendStatement = (
  ledger: LedgerName,
  tenant: string,
  batch: readonly RenderedAppend[],
  keyTime: string,
): SqlStatement => {
  const columns = new BatchColumns()
  for (const rendered of batch) columns.add(rendered)
  return { name: 'log-append', text: APPEND, values: columns.values(ledger, tenant, keyTime) }
}

/** The arrays of one batch; a rare part stays null until an append brings it. */
class BatchColumns {
  private readonly appendNo: number[] = []
  private readonly streamNo: number[] = []
  private readonly expected: (number | null)[] = []
  private readonly ids: string[] = []
  private readonly correlationIds: (string | null)[] = []
  private readonly types: string[] = []
  private readonly heads: string[] = []
  private readonly tails: string[] = []
  private readonly macs: (Uint8Array | null)[] = []
  private readonly streams: string[] = []
  private readonly streamNumbers = new Map<string, number>()
  private readonly keys: (Uint8Array | null)[] = []
  private readonly fingerprints: (Uint8Array | null)[] = []
  private readonly epochs: (number | null)[] = []
  private readonly counters: (number | null)[] = []
  private readonly systemCounters: (number | null)[] = []
  private readonly keyAppendNo: number[] = []
  private readonly keyIds: string[] = []
  private readonly readAppendNo: number[] = []
  private readonly readStreamNo: number[] = []
  private readonly readRevisions: number[] = []
  private readonly limitNo: (number | null)[] = []
  private readonly limitMax: (number | null)[] = []
  private readonly limits: { name: string; windowStart: string }[] = []
  private readonly limitNumbers = new Map<string, number>()
  private readonly sealed: object[] = []
  private readonly attached: object[] = []
  private readonly registers: object[] = []
  private anyKey = false
  private appends = 0

  add({ append, texts }: RenderedAppend): void {
    const no = ++this.appends
    append.events.forEach((item, i) => {
      this.addEvent(no, item, texts[i] as EntryTexts)
    })
    this.keys.push(append.idempotency?.key ?? null)
    this.fingerprints.push(append.idempotency?.fingerprint ?? null)
    if (append.idempotency !== undefined) this.anyKey = true
    this.epochs.push(append.control?.epoch ?? null)
    this.counters.push(append.control?.counter ?? null)
    this.systemCounters.push(append.control?.systemCounter ?? null)
    this.addLimit(append)
    this.addRareParts(no, append)
  }

  private addEvent(no: number, item: Append['events'][number], texts: EntryTexts): void {
    const { event, expectedRevision } = item
    this.appendNo.push(no)
    this.streamNo.push(this.numberOfStream(event.stream))
    this.expected.push(expectedRevision === 'exists' ? MUST_EXIST : (expectedRevision ?? null))
    this.ids.push(event.id)
    this.correlationIds.push(event.correlationId === event.id ? null : event.correlationId)
    this.types.push(event.type)
    this.heads.push(texts.head)
    this.tails.push(texts.tail)
    this.macs.push(item.mac ?? null)
  }

  private numberOfStream(stream: string): number {
    const known = this.streamNumbers.get(stream)
    if (known !== undefined) return known
    this.streams.push(stream)
    this.streamNumbers.set(stream, this.streams.length)
    return this.streams.length
  }

  private addLimit({ limit }: Append): void {
    this.limitMax.push(limit?.max ?? null)
    if (limit === undefined) {
      this.limitNo.push(null)
      return
    }
    const key = `${limit.windowStart} ${limit.name}`
    let no = this.limitNumbers.get(key)
    if (no === undefined) {
      no = this.limits.push(limit)
      this.limitNumbers.set(key, no)
    }
    this.limitNo.push(no)
  }

  private addRareParts(no: number, append: Append): void {
    // Nothing is sealed under a destroyed key, whether or not the caller names it apart.
    const sealedUnder = append.sealed?.map((value) => value.keyId) ?? []
    for (const keyId of new Set([...(append.keyIds ?? []), ...sealedUnder])) {
      this.keyAppendNo.push(no)
      this.keyIds.push(keyId)
    }
    for (const { stream, revision } of append.reads ?? []) {
      this.readAppendNo.push(no)
      this.readStreamNo.push(this.numberOfStream(stream))
      this.readRevisions.push(revision)
    }
    for (const { eventId, pointer, keyId, nonce, ciphertext } of append.sealed ?? []) {
      this.sealed.push({
        a: no,
        id: eventId,
        pointer,
        key: keyId,
        nonce: b64(nonce),
        text: b64(ciphertext),
      })
    }
    for (const content of append.attachments ?? []) this.attached.push({ a: no, content })
    const event = this.appendNo.length - append.events.length + 1
    for (const register of append.registers ?? [])
      this.registers.push({ a: no, event, ...register })
  }

  /** In binary form: entries are full of quotes, which a text array would escape here and unescape in the server. */
  values(ledger: LedgerName, tenant: string, keyTime: string): readonly unknown[] {
    return [
      tenant,
      ledger,
      binaryArray('int4', this.appendNo),
      binaryArray('int4', this.streamNo),
      binaryArray('int4', this.expected),
      binaryArray('uuid', this.ids),
      binaryArray('uuid', this.correlationIds),
      binaryArray('text', this.types),
      binaryArray('text', this.heads),
      binaryArray('text', this.tails),
      binaryArray('bytea', this.macs),
      binaryArray('text', this.streams),
      this.anyKey ? binaryArray('bytea', this.keys) : null,
      this.anyKey ? binaryArray('bytea', this.fingerprints) : null,
      keyTime,
      binaryArray('int4', this.epochs),
      binaryArray('int8', this.counters),
      binaryArray('int8', this.systemCounters),
      ...this.keyIdValues(),
      ...this.readValues(),
      ...this.limitValues(),
      jsonOrNull(this.sealed),
      jsonOrNull(this.attached),
      jsonOrNull(this.registers),
    ]
  }

  private keyIdValues(): readonly unknown[] {
    if (this.keyIds.length === 0) return [null, null]
    return [binaryArray('int4', this.keyAppendNo), binaryArray('uuid', this.keyIds)]
  }

  private readValues(): readonly unknown[] {
    if (this.readAppendNo.length === 0) return [null, null, null]
    return [this.readAppendNo, this.readStreamNo, this.readRevisions].map((column) =>
      binaryArray('int4', column),
    )
  }

  private limitValues(): readonly unknown[] {
    if (this.limits.length === 0) return [null, null, null, null]
    return [
      binaryArray('int4', this.limitNo),
      this.limits.map((limit) => limit.name),
      this.limits.map((limit) => limit.windowStart),
      binaryArray('int8', this.limitMax),
    ]
  }
}

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const jsonOrNull = (items: readonly object[]): string | null =>
  items.length === 0 ? null : JSON.stringify(items)

const REFUSALS = {
  k: 'key-reused',
  i: 'id-reused',
  s: 'stale-control',
  p: 'stale-key',
  l: 'over-limit',
  u: 'unknown-ledger',
} as const

/** Hands the row's results back to the appends of the batch, in their order. */
export const appendResults = (
  batch: readonly RenderedAppend[],
  row: AppendRow,
): readonly AppendResult[] => {
  const hashes = Buffer.from(row.hashes.buffer, row.hashes.byteOffset, row.hashes.byteLength)
  let position = Number(row.base_position)
  let prev = Buffer.from(row.base_hash).toString('hex')
  let accepted = 0
  let event = 0
  const placeNext = (): AppendedPlace => {
    const hash = hashes.toString('hex', accepted * 32, (accepted + 1) * 32)
    const place = { position: position + 1, revision: Number(row.revisions[event]), hash, prev }
    position += 1
    accepted += 1
    event += 1
    prev = hash
    return place
  }
  return batch.map(({ append }, i): AppendResult => {
    const count = append.events.length
    const status = row.statuses[i]
    if (status === 'a') {
      const places = Array.from({ length: count }, placeNext)
      return { status: 'appended', recordedAt: row.recorded_at, places }
    }
    const actual = row.revisions.slice(event, event + count).map(Number)
    event += count
    if (status === 'd') return { status: 'duplicate', firstPosition: Number(row.firsts[i]) }
    if (status === 'c') return { status: 'conflict', actual }
    return { status: REFUSALS[status as keyof typeof REFUSALS] }
  })
}
