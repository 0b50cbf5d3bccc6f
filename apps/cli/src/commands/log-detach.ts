import { type Database, isSqlError, openServerDatabase } from '@writ/database'
import type { SqlRunner } from '@writ/kernel'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { type Progress, progress } from '../progress.ts'
import { readConfig } from '../setup/config.ts'
import { openAsOwner } from '../setup/open-database.ts'

export interface DetachOptions extends OutputOptions {
  readonly shard: number
  readonly range: number
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** Positions copied by one command: a second's work or less, so that the bar moves. */
const WINDOW = 50_000

interface Part {
  readonly ledger_no: number
  readonly ledger: string
  readonly first_position: bigint
  readonly last_position: bigint
}

/**
 * Puts one range of positions of one shard away (ADR-0004): its ids, stream ends and the chain's end stay in the log,
 * the range itself stays beside it as a plain table. One transaction: whatever ends it early leaves all as it was.
 */
export const detachRange = async (options: DetachOptions): Promise<void> => {
  const { shard, range } = options
  if (!Number.isInteger(shard) || !Number.isInteger(range) || shard < 0 || shard > 7 || range < 0)
    throw new CommandFailed(EXIT.usage, '--shard is 0 to 7, --range a whole number from 0.')
  if (options.dryRun !== true && options.yes !== true)
    throw new CommandFailed(
      EXIT.usage,
      'What is detached can no longer be read or verified here. Look with --dry-run, verify and export, then repeat with --yes.',
    )
  const owner = await openOwner()
  try {
    report(options, options.dryRun ? await partsOf(owner, options) : await move(owner, options))
  } finally {
    await owner.close()
  }
}

/** Without the limits of ordinary commands: 64 Mi entries take minutes to copy and count. */
const openOwner = (): Promise<Database> => {
  const config = readConfig(process.env)
  const url = config.ownerUrl ?? config.databaseUrl
  return url === undefined
    ? openAsOwner(config)
    : openServerDatabase({ url, poolMax: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 })
}

const partsOf = (runner: SqlRunner, { shard, range }: DetachOptions): Promise<readonly Part[]> =>
  orRefused(
    runner.query<Part>({
      text: 'select * from log.range_to_detach($1, $2)',
      values: [shard, range],
    }),
  )

const move = async (owner: Database, options: DetachOptions): Promise<readonly Part[]> => {
  const bar = progress(`detach entries_${options.shard}_${options.range}`, options.json === true)
  try {
    return await orRefused(
      owner.transaction(async (tx) => {
        // The lock of log.detach_range, taken before anything is copied: one at a time.
        await tx.query({
          text: `select pg_advisory_xact_lock(hashtextextended('log.entry_ranges', 0))`,
        })
        const parts = await partsOf(tx, options)
        await copy(tx, parts, bar)
        await tx.query({
          text: 'select log.detach_range($1, $2)',
          values: [options.shard, options.range],
        })
        return parts
      }),
    )
  } finally {
    bar.stop()
  }
}

/** The function would copy it all by itself; window by window one can see how far it is. */
const copy = async (tx: SqlRunner, parts: readonly Part[], bar: Progress): Promise<void> => {
  const of = entriesOf(parts)
  let done = 0
  for (const { ledger_no, first_position, last_position } of parts) {
    const last = Number(last_position)
    for (let after = Number(first_position) - 1; after < last; ) {
      const to = Math.min(after + WINDOW, last)
      await tx.query({ text: 'select log.copy_cold_entries($1, $2)', values: [ledger_no, to] })
      done += to - after
      after = to
      bar.update(done, of)
    }
  }
}

const entriesOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + Number(part.last_position - part.first_position) + 1, 0)

/** The database says why it refuses; what it found damaged is for verify. */
const orRefused = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (fault) {
    if (!isSqlError(fault)) throw fault
    const { code, message } = fault
    if (code === 'XX001') throw new CommandFailed(EXIT.integrityBroken, `${message}.`)
    if (code === '55P03')
      throw new CommandFailed(
        EXIT.checkFailed,
        'A long query, or another detach, holds the range; nothing was changed. Repeat when it has ended.',
      )
    if (code === '55000' || code === '42P01')
      throw new CommandFailed(EXIT.checkFailed, `Not detached: ${message}.`)
    if (code === '42501')
      throw new CommandFailed(
        EXIT.usage,
        `Only the owner of the log may detach: ${message}. Set DATABASE_OWNER_URL.`,
      )
    throw fault
  }
}

const report = (options: DetachOptions, parts: readonly Part[]): void => {
  const table = `log.entries_${options.shard}_${options.range}`
  const entries = entriesOf(parts)
  const ledgers = parts.map((part) => ({
    ledger: part.ledger,
    from: Number(part.first_position),
    to: Number(part.last_position),
  }))
  if (options.json) {
    printJson({ status: options.dryRun ? 'dry-run' : 'detached', table, entries, ledgers })
    return
  }
  for (const { ledger, from, to } of ledgers) print(`${ledger}: positions ${from} to ${to}`)
  print(
    options.dryRun
      ? `${entries} entries would leave the log; ${table} would stay as a plain table.`
      : `${entries} entries left the log. Dump ${table}, keep the file where an auditor finds it, then drop the table.`,
  )
}
