import type { Database } from '@writ/database'
import { entryHash, type LogTables, verifyLedger } from '@writ/event-log'
import { isJsonObject, type LedgerName, Problem } from '@writ/kernel'
import canonicalize from 'canonicalize'
import { atLeast, note, ratioOf, report } from './support/figure.ts'
import { benchEvent, newId, openBenchLedger, startRig } from './support/rig.ts'

const LEDGER = 'bench/main' as LedgerName
const ENTRIES = 300_000
const ROUNDS = 7

/** The verifier against reading the same rows and doing the least that can be called hashing, or canonical checking. */
export const verifyBench = async (): Promise<void> => {
  const rig = await startRig()
  try {
    await fill(rig.database)
    await rig.owner.script('vacuum (analyze) log.entries')
    await links(rig.database)
    await full(rig.database)
  } finally {
    await rig.stop()
  }
}

const fill = async (database: Database): Promise<void> => {
  const log = await openBenchLedger(database, LEDGER)
  for (let done = 0; done < ENTRIES; done += 500) {
    const events = Array.from({ length: 500 }, (_, i) => {
      const id = newId()
      const data = {
        amount: done + i,
        discount: 0.08,
        margin: 0.31,
        note: 'ordinary text, größer als ASCII',
        items: [1, 2, 3],
        nested: { a: true, b: null },
      }
      return { event: benchEvent({ id, type: 'Tested', stream: `order:${id}`, data }) }
    })
    const result = await log.append(LEDGER, { caller: 'fill', events })
    if (result instanceof Problem || result.status !== 'appended')
      throw new Error(JSON.stringify(result))
  }
  note(`${ENTRIES} entries to verify`)
}

const inTurn = async (ours: () => Promise<number>, theirs: () => Promise<number>) => {
  const rates = { ours: [] as number[], theirs: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const)
    for (const side of order) {
      const rate = await (side === 'ours' ? ours() : theirs())
      if (round >= 0) rates[side].push(rate)
    }
  }
  return ratioOf(rates.ours, rates.theirs)
}

const verified = (database: Database, depth: 'links' | 'full') => async (): Promise<number> => {
  const result = await verifyLedger(database.kysely<LogTables>(), LEDGER, {
    depth,
    now: () => performance.now(),
  })
  if (result.findingCount > 0) throw new Error(JSON.stringify(result.findings[0]))
  return result.entries / result.seconds
}

type Row = { readonly position: bigint; readonly entry: string; readonly hash: Uint8Array }

/** Reads every row in pages of the verifier's size, the next one while this one is worked on, as the verifier does. */
const reading = (database: Database, work: (row: Row) => void) => async (): Promise<number> => {
  const started = performance.now()
  const page = (after: bigint): Promise<readonly Row[]> =>
    database.query<Row>({
      name: 'bench-page',
      text: `select position, entry, hash from log.entries
        where ledger_no = (select ledger_no from log.ledgers where ledger = $1) and position > $2 order by position limit 2000`,
      values: [LEDGER, after],
    })
  let count = 0
  let rows = await page(0n)
  while (rows.length > 0) {
    const next = page((rows.at(-1) as Row).position)
    for (const row of rows) work(row)
    count += rows.length
    rows = await next
  }
  return count / ((performance.now() - started) / 1000)
}

const links = async (database: Database): Promise<void> => {
  const baseline = reading(database, ({ entry, hash }) => {
    if (entryHash(entry) !== Buffer.from(hash).toString('hex'))
      throw new Error('the baseline found a wrong hash')
  })
  const figure = await inTurn(verified(database, 'links'), baseline)
  report({
    bench: 'verify',
    figure: 'links',
    unit: 'entries/s',
    n: ENTRIES,
    ...figure,
    ...atLeast(figure.ratio, 0.8),
  })
}

const full = async (database: Database): Promise<void> => {
  const baseline = reading(database, ({ entry }) => {
    const value = JSON.parse(entry) as unknown
    if (!isJsonObject(value) || canonicalize(value) !== entry)
      throw new Error('the baseline found a text that is not canonical')
  })
  const figure = await inTurn(verified(database, 'full'), baseline)
  report({
    bench: 'verify',
    figure: 'full',
    unit: 'entries/s',
    n: ENTRIES,
    ...figure,
    ...atLeast(figure.ratio, 0.9),
  })
}
