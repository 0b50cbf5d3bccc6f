import type { Database } from '@writ/database'
import type { TestDatabase } from '../../support/test-databases.ts'
import { openTestLog, type TestLog } from './test-log.ts'

/** Positions a range in these tests. */
export const SHORT_SPAN = 8

const SPAN = 67_108_864

/**
 * Makes every range 8 positions long, in a database that has no ledger yet, and gives each shard three of them. A range
 * has 64 Mi positions, which no test can fill; and a head moved there by hand would leave a chain with a hole, so that
 * nothing of verify could be tested. So the server's own functions are made anew with another constant: 67108864 where
 * they say how long a range is, 67108863 where log.append asks whether a ledger is still in its first.
 */
export const withShortRanges = async ({ owner }: TestDatabase): Promise<void> => {
  const functions = await owner.query<{ text: string }>({
    text: `select pg_get_functiondef(p.oid) as text from pg_proc p join pg_namespace s on s.oid = p.pronamespace
      where s.nspname = 'log' and p.prosrc ~ '6710886[34]'`,
  })
  if (functions.length < 5) throw new Error('functions no longer say how long a range is')
  await owner.transaction(async (tx) => {
    await tx.script('set local role writ_owner')
    for (const { text } of functions)
      await tx.script(
        text.replaceAll(`${SPAN}`, `${SHORT_SPAN}`).replaceAll(`${SPAN - 1}`, `${SHORT_SPAN - 1}`),
      )
    for (let shard = 0; shard < 8; shard++) {
      await tx.script(`drop table log.entries_${shard}_0`)
      for (const range of [0, 1, 2])
        await tx.script(`select log.add_entry_partition(${shard}, ${range})`)
    }
  })
}

/** The hash partition a ledger lies in. */
export const shardOf = async (owner: Database, { ledger }: TestLog): Promise<number> => {
  const [row] = await owner.query<{ shard: number }>({
    text: `select s as shard from generate_series(0, 7) s, log.ledgers l
      where l.ledger = $1 and satisfies_hash_partition('log.entries'::regclass, 8, s, l.ledger_no)`,
    values: [ledger],
  })
  if (row === undefined) throw new Error(`${ledger} is not open`)
  return row.shard
}

/** As the owner of the tables, who alone may. @returns how many entries left */
export const detach = async (owner: Database, shard: number, range: number): Promise<number> => {
  const [row] = await owner.query<{ entries: bigint }>({
    text: 'select log.detach_range($1, $2) as entries',
    values: [shard, range],
  })
  return Number(row?.entries)
}

const used = new WeakMap<TestDatabase, Set<number>>()

/**
 * A ledger in a shard that no ledger of this kind had before: ranges are detached by shard, and another ledger with its
 * head in the range would keep it there. Those opened in vain lie in shards that were used before.
 */
export const ledgerOfOwnShard = async (
  opened: TestDatabase,
): Promise<{ readonly log: TestLog; readonly shard: number }> => {
  const shards = used.get(opened) ?? new Set()
  used.set(opened, shards)
  for (let tries = 0; tries < 200; tries++) {
    const log = await openTestLog(opened.database)
    const shard = await shardOf(opened.owner, log)
    if (shards.has(shard)) continue
    shards.add(shard)
    return { log, shard }
  }
  throw new Error('every shard has had its ledger: open another database')
}
