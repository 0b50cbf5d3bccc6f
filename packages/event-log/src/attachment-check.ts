import { type Kysely, sql } from 'kysely'
import type { ChainVerifier } from './chain-verifier.ts'
import { parseEntry } from './entry.ts'
import type { LogTables } from './log-tables.ts'

/** Holds the large values that entries name by digest against what is stored beside them. */
export class AttachmentCheck {
  /** Digest → position of the first entry that names it. */
  private readonly named = new Map<string, number>()

  /** Parses only entries that may name one: `sha256` stands in few texts. */
  add(position: number, text: string): void {
    if (!text.includes('"sha256":"')) return
    try {
      for (const commitment of Object.values(parseEntry({ text }).commitments ?? {})) {
        if ('sha256' in commitment && !this.named.has(commitment.sha256))
          this.named.set(commitment.sha256, position)
      }
    } catch {
      // A text that does not parse is found as NOT_CANONICAL.
    }
  }

  /** Hashes in the database: contents together may be larger than this process. */
  async finish(db: Kysely<LogTables>, no: number, verifier: ChainVerifier): Promise<void> {
    const { rows } = await sql<{ digest: string; found: string }>`
      select encode(digest, 'hex') as digest, encode(sha256(convert_to(content, 'UTF8')), 'hex') as found
      from log.attachments where ledger_no = ${no}`.execute(db)
    const stored = new Set<string>()
    for (const { digest, found } of rows) {
      stored.add(digest)
      if (digest === found) continue
      const position = this.named.get(digest) ?? verifier.verified
      verifier.find('COMMITMENT', position, `attachment ${digest}`, found)
    }
    for (const [digest, position] of this.named) {
      if (!stored.has(digest))
        verifier.find('COMMITMENT', position, `attachment ${digest}`, 'nothing stored')
    }
  }
}
