import type { Database } from '@writ/database'
import {
  type Anchor,
  type Append,
  type AppendedPlace,
  type AppendResult,
  EventLog,
  type EventToAppend,
  LogReader,
  type LogTables,
  MerkleFrontier,
  type NewEvent,
  type Verification,
  verifyLedger,
} from '@writ/event-log'
import {
  fixedClock,
  type JsonObject,
  type LedgerName,
  Problem,
  type SqlDatabase,
  timestampOf,
  uuidV7,
} from '@writ/kernel'

export const NOON = Date.parse('2026-03-02T12:00:00.000Z')

/** Ada asks. Any id will do: the log never looks behind it. */
export const ADA = '01a1f92c-0f77-7000-8000-00000000000a'

let issued = 0

/** Ids in order, unlike those of any other call in this process. */
export const nextId = (): string => {
  const random = Buffer.alloc(10)
  random.writeUInt32BE(++issued, 6)
  return uuidV7(NOON, random)
}

export const event = (parts: Partial<NewEvent> = {}): NewEvent => {
  const id = parts.id ?? nextId()
  return {
    type: 'OrderPlaced',
    schema: 1,
    stream: 'order:1',
    data: { cents: 1299 },
    actor: { type: 'key', id: ADA },
    correlationId: id,
    occurredAt: timestampOf(NOON),
    ...parts,
    id,
  }
}

/** One event of an append. */
export const item = (
  parts: Partial<NewEvent> = {},
  conditions: Omit<EventToAppend, 'event'> = {},
): EventToAppend => ({ event: event(parts), ...conditions })

export const opening = (ledger: LedgerName): NewEvent =>
  event({
    type: 'LedgerOpened',
    stream: `ledger:${ledger.split('/')[1]}`,
    data: { origin: `writ.test/${ledger}`, nonce: '0'.repeat(32), formatVersion: 1 },
  })

export interface TestLog {
  readonly ledger: LedgerName
  readonly log: EventLog
  readonly reader: LogReader
  readonly database: Database
  /** Appends for Ada; a problem is a failure of the test. */
  append(
    events: readonly EventToAppend[],
    conditions?: Partial<Omit<Append, 'events'>>,
  ): Promise<AppendResult>
  verify(anchors?: readonly Anchor[]): Promise<Verification>
  /** What the job outside the database would write now. */
  anchor(): Promise<Anchor>
}

let ledgers = 0

/** A ledger nobody else of this test file uses. */
export const nextLedger = (tenant = 'acme'): LedgerName => `${tenant}/l${++ledgers}` as LedgerName

export const logOver = (database: SqlDatabase, now = NOON): EventLog =>
  new EventLog({ database, clock: fixedClock(now), hints: false })

export const openTestLog = async (
  database: Database,
  ledger: LedgerName = nextLedger(),
): Promise<TestLog> => {
  const log = logOver(database)
  await log.open(ledger, opening(ledger))
  const reader = new LogReader(database.kysely<LogTables>())
  return {
    ledger,
    log,
    reader,
    database,
    append: (events, conditions = {}) => appendTo(log, ledger, { events, ...conditions }),
    verify: (anchors = []) => verifyNow(database, ledger, anchors),
    anchor: () => anchorNow(reader, ledger),
  }
}

export const appendTo = async (
  log: EventLog,
  ledger: LedgerName,
  append: Partial<Append> & Pick<Append, 'events'>,
): Promise<AppendResult> => {
  const result = await log.append(ledger, { caller: ADA, ...append })
  if (result instanceof Problem) throw new Error(`${result.code}: ${result.detail}`)
  return result
}

export const verifyNow = (
  database: Database,
  ledger: LedgerName,
  anchors: readonly Anchor[] = [],
): Promise<Verification> =>
  verifyLedger(database.kysely<LogTables>(), ledger, {
    depth: 'full',
    anchors,
    now: () => performance.now(),
  })

const anchorNow = async (reader: LogReader, ledger: LedgerName): Promise<Anchor> => {
  const frontier = new MerkleFrontier()
  for (const hash of await reader.hashes(ledger, 0, 100_000)) frontier.push(hash)
  return {
    origin: `writ.test/${ledger}`,
    size: frontier.size,
    root: frontier.root().toString('hex'),
    time: timestampOf(NOON),
  }
}

/** The places of an append that must have been accepted. */
export const placesOf = (result: AppendResult): readonly AppendedPlace[] => {
  if (result.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`)
  return result.places
}

/** Where the one event of an accepted append stands. */
export const placeOf = (result: AppendResult): AppendedPlace => placesOf(result)[0] as AppendedPlace

export const orders = (count: number, parts: Partial<NewEvent> = {}): EventToAppend[] =>
  Array.from({ length: count }, (_, i) => item({ data: { no: i + 1 }, ...parts }))

/** Code and position of each finding: what a tamper test compares. */
export const codesOf = ({ findings }: Verification): readonly string[] =>
  findings.map(({ code, position }) => `${code} ${position}`)

export const bytes16 = (fill: number): Uint8Array => Buffer.alloc(16, fill)

export const dataOf = (stored: { readonly text: string }): JsonObject =>
  (JSON.parse(stored.text) as { data: JsonObject }).data
