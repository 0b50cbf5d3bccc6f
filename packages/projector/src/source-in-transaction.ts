import type { StoredEntry } from '@writ/event-log'
import type { LedgerName, SqlRunner } from '@writ/kernel'
import type { EntrySource } from './page-folding.ts'

type Raw = { readonly position: bigint; readonly hash: Uint8Array; readonly entry: string }

/** Reads the log inside a transaction, where the process's own reader, which stands on the pool, may not be used. */
export const sourceInTransaction = (tx: SqlRunner): Pick<EntrySource, 'page' | 'attachment'> => ({
  page: async (ledger, after, limit) => {
    const rows = await tx.query<Raw>({
      text: `select e.position, e.hash, e.entry from log.ledgers l join log.entries e using (ledger_no)
        where l.ledger = $1 and e.position > $2 and e.position <= $3 order by e.position`,
      values: [ledger, after, after + limit],
    })
    return rows.map(storedEntry)
  },
  attachment: async (ledger: LedgerName, sha256Hex: string) => {
    const [row] = await tx.query<{ content: string }>({
      text: `select a.content from log.ledgers l join log.attachments a using (ledger_no)
        where l.ledger = $1 and a.digest = $2`,
      values: [ledger, Buffer.from(sha256Hex, 'hex')],
    })
    return row?.content
  },
})

const storedEntry = ({ position, hash, entry }: Raw): StoredEntry => ({
  position: Number(position),
  hash: Buffer.from(hash).toString('hex'),
  text: entry,
})
