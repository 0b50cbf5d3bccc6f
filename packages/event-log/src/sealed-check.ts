import type { LedgerName } from '@writ/kernel'
import { type Kysely, sql } from 'kysely'
import type { ChainVerifier } from './chain-verifier.ts'
import { parseEntry } from './entry.ts'
import type { LogTables } from './log-tables.ts'

/** A sealed value as it lies beside the log, with what its entry says of it. */
export interface SealedToOpen {
  readonly eventId: string
  readonly pointer: string
  readonly commitment: { readonly c: string; readonly k: string }
  /** Absent where nothing is stored for it. */
  readonly sealed?: { readonly nonce: Uint8Array; readonly ciphertext: Uint8Array }
}

/**
 * fits: opened, and it is the value that was committed to; unfit: opened, and it is another; unreadable: the key is
 * there and does not open it; erased: the key is gone; locked: the master key at hand does not open the subject's key.
 */
export type SealedVerdict = 'fits' | 'unfit' | 'unreadable' | 'erased' | 'locked'

/** Opens sealed values; brought by whoever holds the secrets. One verdict a value, in their order. */
export interface SealedJudge {
  judge(ledger: LedgerName, values: readonly SealedToOpen[]): Promise<readonly SealedVerdict[]>
}

/** How far a verification looked into sealed values. */
export type SealedReport =
  | { readonly status: 'opened'; readonly values: number; readonly erased: number }
  | {
      readonly status: 'not-opened'
      readonly why: 'no-secrets' | 'other-master-key' | 'links-only' | 'export'
    }

type Named = Omit<SealedToOpen, 'sealed'> & { readonly position: number }

/** Opens the sealed values that entries commit to and holds them against their commitments, a page at a time. */
export class SealedCheck {
  private readonly judge: SealedJudge
  private readonly locked: Named[] = []
  private named: Named[] = []
  private values = 0
  private erased = 0

  constructor(judge: SealedJudge) {
    this.judge = judge
  }

  /** Parses only entries that may commit to a value. */
  add(position: number, text: string): void {
    if (!text.includes('"commitments":{')) return
    try {
      const { id, commitments } = parseEntry({ text })
      for (const [pointer, commitment] of Object.entries(commitments ?? {}))
        if ('c' in commitment) this.named.push({ position, eventId: id, pointer, commitment })
    } catch {
      // A text that does not parse is found as NOT_CANONICAL.
    }
  }

  /** Judges what was added since the last page. */
  async page(
    db: Kysely<LogTables>,
    given: { readonly no: number; readonly ledger: LedgerName; readonly verifier: ChainVerifier },
  ): Promise<void> {
    const named = this.named
    if (named.length === 0) return
    this.named = []
    const ids = [...new Set(named.map(({ eventId }) => eventId))]
    const { rows } = await sql<Stored>`
      select event_id, pointer, key_id, nonce, ciphertext from log.sealed_values
      where ledger_no = ${given.no} and event_id = any(${ids}::uuid[])`.execute(db)
    const stored = new Map(rows.map((row) => [`${row.event_id} ${row.pointer}`, row]))
    const verdicts = await this.judge.judge(
      given.ledger,
      named.map((one) => {
        const sealed = stored.get(`${one.eventId} ${one.pointer}`)
        // A row under another key than the entry names is not the row of this value.
        return sealed?.key_id === one.commitment.k ? { ...one, sealed } : one
      }),
    )
    named.forEach((one, i) => {
      this.count(one, verdicts[i] as SealedVerdict, given.verifier)
    })
  }

  private count(one: Named, verdict: SealedVerdict, verifier: ChainVerifier): void {
    if (verdict === 'erased') this.erased++
    else if (verdict === 'locked') this.locked.push(one)
    else {
      this.values++
      const what = `${one.pointer === '' ? 'the data' : one.pointer} of ${one.eventId}`
      if (verdict === 'unfit')
        verifier.find('SEALED_COMMITMENT', one.position, `${what} as committed`, 'another value')
      if (verdict === 'unreadable')
        verifier.find(
          'SEALED_UNREADABLE',
          one.position,
          `${what}, since its key exists`,
          'no value',
        )
    }
  }

  /** Call behind the last page. */
  finish(verifier: ChainVerifier): SealedReport {
    // No key at all opened: then it is the wrong master key, and nothing is known of the values.
    if (this.values === 0 && this.locked.length > 0)
      return { status: 'not-opened', why: 'other-master-key' }
    for (const { position, commitment } of this.locked)
      verifier.find(
        'SEALED_UNREADABLE',
        position,
        `key ${commitment.k}`,
        'a key that does not open',
      )
    return { status: 'opened', values: this.values, erased: this.erased }
  }
}

interface Stored {
  readonly event_id: string
  readonly pointer: string
  readonly key_id: string
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}
