import type { Database, DatabaseRunner } from '@writ/database'
import { entryHash } from '@writ/event-log'
import type { TestLog } from './test-log.ts'

/** What an attack needs to know of the ledger it works on. */
export interface Target {
  readonly tx: DatabaseRunner
  /** The ledger's number inside the log. */
  readonly no: number
}

/**
 * Does something to a ledger as a superuser who has switched the triggers off: triggers stop accidents, and what is
 * tested here is what still stops an attacker, or at least tells of one.
 */
export const attack = async (
  owner: Database,
  { ledger }: TestLog,
  work: (target: Target) => Promise<void>,
): Promise<void> => {
  const [row] = await owner.query<{ no: number }>({
    text: 'select ledger_no as no from log.ledgers where ledger = $1',
    values: [ledger],
  })
  if (row === undefined) throw new Error(`${ledger} is not open`)
  await owner.transaction(async (tx) => {
    await tx.query({ text: 'set local session_replication_role = replica' })
    await work({ tx, no: row.no })
  })
}

/** `update log.entries set …` at one position; must hit one row. */
export const alter = async ({ tx, no }: Target, position: number, set: string): Promise<void> => {
  const { affectedRows } = await tx.run({
    text: `update log.entries set ${set} where ledger_no = ${no} and position = ${position}`,
  })
  if (affectedRows !== 1n) throw new Error(`position ${position} was not altered: ${set}`)
}

/** Replaces a piece of an entry's text; the piece must be there. */
export const rewrite = async (
  target: Target,
  position: number,
  [before, after]: readonly [string, string],
): Promise<void> => {
  const { tx, no } = target
  const [row] = await tx.query<{ entry: string }>({
    text: `select entry from log.entries where ledger_no = ${no} and position = ${position}`,
  })
  if (row?.entry.includes(before) !== true) throw new Error(`${before} is not in ${row?.entry}`)
  await setText(target, position, row.entry.replace(before, after))
}

const setText = async ({ tx, no }: Target, position: number, text: string): Promise<void> => {
  await tx.query({
    text: `update log.entries set entry = $1 where ledger_no = ${no} and position = ${position}`,
    values: [text],
  })
}

/** Computes hashes and links anew from a position on, and the head: the chain is then whole again. */
export const rechain = async (target: Target, from: number): Promise<void> => {
  const { tx, no } = target
  const rows = await tx.query<{ position: bigint; entry: string; hash: Uint8Array }>({
    text: `select position, entry, hash from log.entries where ledger_no = ${no} and position >= ${from - 1}
      order by position`,
  })
  let prev = Buffer.from((rows[0] as { hash: Uint8Array }).hash).toString('hex')
  for (const { position, entry } of rows.slice(1)) {
    const text = entry.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`)
    prev = entryHash(text)
    await setText(target, Number(position), text)
    await alter(target, Number(position), `hash = '\\x${prev}'`)
  }
  await tx.query({ text: `update log.heads set hash = '\\x${prev}' where ledger_no = ${no}` })
}

/** Cuts the tail behind a position and sets the head back, as if nothing had come after. */
export const cutTail = async ({ tx, no }: Target, last: number): Promise<void> => {
  await tx.query({
    text: `delete from log.entries where ledger_no = ${no} and position > ${last}`,
  })
  await tx.query({
    text: `update log.heads h set position = e.position, hash = e.hash from log.entries e
      where h.ledger_no = ${no} and e.ledger_no = ${no} and e.position = ${last}`,
  })
}
