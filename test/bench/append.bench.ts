import { EventLog, type EventToAppend } from '@writ/event-log'
import { type LedgerName, Problem } from '@writ/kernel'
import { atLeast, latencies, median, note, ratioOf, report } from './support/figure.ts'
import { INSERT_SIZES, PlainInsert } from './support/plain-insert.ts'
import {
  benchEvent,
  clock,
  drive,
  newId,
  openBenchLedger,
  type Rig,
  random,
  startRig,
} from './support/rig.ts'

const CALLERS = 256
const ROUNDS = 7
const ROUND_MS = 2_000
const STREAMS = 100_000
/** More than a round can use. */
const STOCK = 100_000
const LEDGER = 'bench/main' as LedgerName
/** 340 bytes of data: entries of some 800 bytes, as a decision's event without its trace. */
const DATA = { note: 'x'.repeat(300), amount: 1250, accepted: true }

/** The log's append against the best plain insert into the same table. */
export const appendBench = async (only?: string): Promise<void> => {
  const figures: Readonly<Record<string, (rig: Rig) => Promise<void>>> = {
    'by-id': byId,
    'by-key': byKey,
    'by-stream': byStream,
    'ledgers-16': ledgers16,
    flat,
  }
  for (const [name, measure] of Object.entries(figures)) {
    if (only !== undefined && only !== name) continue
    // A server of its own for each: what one leaves behind must not slow the next.
    const rig = await startRig()
    try {
      await measure(rig)
    } finally {
      await rig.stop()
    }
  }
}

type Row = (id: string) => { stream: string; head: string; tail: string }

const freshRow: Row = (id) => rowOf(id, `order:${id}`)

const rowOf = (id: string, stream: string): ReturnType<Row> => ({
  stream,
  head: `{"actor":{"id":"01a1f92c-0f77-7000-8000-000000000000","type":"key"},"correlationId":"${id}","data":{"accepted":true,"amount":1250,"note":"${'x'.repeat(300)}"},"id":"${id}","ledger":"bench/main","occurredAt":"2026-11-20T13:00:00.000Z"`,
  tail: `"schema":1,"stream":"${stream}","type":"Tested","v":1}`,
})

const freshEvent = (): EventToAppend => {
  const id = newId()
  return {
    event: benchEvent({ id, type: 'Tested', stream: `order:${id}`, data: DATA }),
    expectedRevision: 0,
    mac: random(16),
  }
}

const append = async (
  log: EventLog,
  caller: number,
  item: EventToAppend,
  keyed = false,
): Promise<void> => {
  const result = await log.append(LEDGER, {
    caller: `caller-${caller}`,
    events: [item],
    ...(keyed ? { idempotency: { key: random(16), fingerprint: random(16) } } : {}),
  })
  if (result instanceof Problem || result.status !== 'appended')
    throw new Error(JSON.stringify(result))
}

/** Events of one round, built beforehand as the plain insert's rows are; one that runs out builds more. */
const stock = (build: () => EventToAppend): (() => EventToAppend) => {
  const built: EventToAppend[] = Array.from({ length: STOCK }, build)
  return () => built.pop() ?? build()
}

/** Rounds in turn: insert, then append, so that a slow spell of the disk meets both. */
const inTurn = async (rig: Rig, row: Row, ours: () => ReturnType<typeof drive>) => {
  const plain = new PlainInsert(rig.owner)
  const size = await bestSize(plain, row)
  const inserts: number[] = []
  const appends: number[] = []
  const latenciesMs: number[] = []
  for (let round = -1; round < ROUNDS; round++) {
    const batches = plain.build(Math.ceil(60_000 / size), size, row)
    const insertRate = await plain.run(batches, size)
    const driven = await ours()
    if (round < 0) continue // The first warms both.
    inserts.push(insertRate)
    appends.push(driven.rate)
    latenciesMs.push(...driven.latenciesMs)
  }
  await rig.owner.script(
    'set session_replication_role = replica; delete from log.entries where ledger_no = 1000000; set session_replication_role = origin',
  )
  return { ...ratioOf(appends, inserts), n: latenciesMs.length, ms: latencies(latenciesMs), size }
}

const bestSize = async (plain: PlainInsert, row: Row): Promise<number> => {
  const rates = []
  for (const size of INSERT_SIZES) {
    rates.push({
      size,
      rate: await plain.run(plain.build(Math.ceil(20_000 / size), size, row), size),
    })
  }
  const best = rates.sort((a, b) => b.rate - a.rate)[0] as { size: number; rate: number }
  note(
    `plain insert: ${rates.map(({ size, rate }) => `${size} rows ${Math.round(rate)}/s`).join(', ')}`,
  )
  return best.size
}

const byId = async (rig: Rig): Promise<void> => {
  const log = await openBenchLedger(rig.database, LEDGER)
  const figure = await inTurn(rig, freshRow, () => {
    const next = stock(freshEvent)
    return drive(CALLERS, ROUND_MS, (caller) => append(log, caller, next()))
  })
  report({
    bench: 'append',
    figure: 'by-id',
    unit: 'events/s',
    ...figure,
    ...atLeast(figure.ratio, 0.8),
  })
}

const byKey = async (rig: Rig): Promise<void> => {
  const log = await openBenchLedger(rig.database, LEDGER)
  await rig.database.query({
    text: "select log.add_key_partition((now() at time zone 'UTC')::date)",
  })
  const figure = await inTurn(rig, freshRow, () => {
    const next = stock(freshEvent)
    return drive(CALLERS, ROUND_MS, (caller) => append(log, caller, next(), true))
  })
  report({
    bench: 'append',
    figure: 'by-key',
    unit: 'events/s',
    ...figure,
    ...atLeast(figure.ratio, 0.65),
  })
}

const byStream = async (rig: Rig): Promise<void> => {
  const log = await openBenchLedger(rig.database, LEDGER)
  const streams = Array.from(
    { length: STREAMS },
    (_, i) => `order:${String(i).padStart(6, '0')}-${'a'.repeat(24)}`,
  )
  const revisions = new Int32Array(STREAMS)
  await preload(log, streams, revisions)
  const pick = (caller: number): number =>
    caller + CALLERS * Math.floor(Math.random() * Math.floor((STREAMS - caller) / CALLERS))
  const figure = await inTurn(
    rig,
    (id) => rowOf(id, streams[Math.floor(Math.random() * STREAMS)] as string),
    () =>
      drive(CALLERS, ROUND_MS, async (caller) => {
        const stream = pick(caller)
        const event = benchEvent({ type: 'Tested', stream: streams[stream] as string, data: DATA })
        await append(log, caller, {
          event,
          expectedRevision: revisions[stream] as number,
          mac: random(16),
        })
        revisions[stream] = (revisions[stream] as number) + 1
      }),
  )
  report({
    bench: 'append',
    figure: 'by-stream',
    unit: 'events/s',
    ...figure,
    ...atLeast(figure.ratio, 0.6),
  })
}

const preload = async (
  log: EventLog,
  streams: readonly string[],
  revisions: Int32Array,
): Promise<void> => {
  for (let at = 0; at < streams.length; at += 500) {
    const events = streams
      .slice(at, at + 500)
      .map((stream) => ({ event: benchEvent({ type: 'Tested', stream, data: DATA }) }))
    const result = await log.append(LEDGER, { caller: 'preload', events })
    if (result instanceof Problem || result.status !== 'appended')
      throw new Error(JSON.stringify(result))
  }
  revisions.fill(1)
}

/** Many small ledgers at once, with hints and without: what the wake-up of followers costs the writers. */
const ledgers16 = async (rig: Rig): Promise<void> => {
  const ledgers = Array.from({ length: 16 }, (_, i) => `bench/l${i}` as LedgerName)
  for (const ledger of ledgers) await openBenchLedger(rig.database, ledger)
  const logs = {
    on: new EventLog({ database: rig.database, clock }),
    off: new EventLog({ database: rig.database, clock, hints: false }),
  }
  const run = (log: EventLog) =>
    drive(CALLERS, ROUND_MS, async (caller) => {
      const result = await log.append(ledgers[caller % 16] as LedgerName, {
        caller: `c${caller}`,
        events: [freshEvent()],
      })
      if (result instanceof Problem || result.status !== 'appended')
        throw new Error(JSON.stringify(result))
    })
  const rates = { on: [] as number[], off: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    for (const hints of order) {
      const { rate } = await run(logs[hints])
      if (round >= 0) rates[hints].push(rate)
    }
  }
  const figure = ratioOf(rates.on, rates.off)
  report({
    bench: 'append',
    figure: 'ledgers-16',
    unit: 'events/s',
    ...figure,
    n: ROUNDS,
    ...atLeast(figure.ratio, 0.9),
  })
}

const SMALL = 100_000
const LARGE = 5_000_000

/** Is the rate the same when the ledger is large? A ledger of its own, measured at 0.1 M and at 5 M entries. */
const flat = async (rig: Rig): Promise<void> => {
  const ledger = 'bench/flat' as LedgerName
  const log = await openBenchLedger(rig.database, ledger)
  const measure = async (): Promise<number> => {
    const rates = []
    for (let round = 0; round < 5; round++) {
      const { rate } = await drive(CALLERS, ROUND_MS, async (caller) => {
        const result = await log.append(ledger, { caller: `c${caller}`, events: [freshEvent()] })
        if (result instanceof Problem || result.status !== 'appended')
          throw new Error(JSON.stringify(result))
      })
      rates.push(rate)
    }
    return median(rates)
  }
  await grow(log, ledger, SMALL)
  const small = await measure()
  await grow(log, ledger, LARGE)
  await rig.owner.script('checkpoint')
  const large = await measure()
  const ratio = large / small
  report({
    bench: 'append',
    figure: 'flat',
    value: large,
    unit: 'events/s',
    baseline: small,
    ratio,
    n: LARGE,
    ...atLeast(ratio, 0.9),
  })
}

const grow = async (log: EventLog, ledger: LedgerName, to: number): Promise<void> => {
  const perAppend = 250
  let position = 0
  let last = 0
  await Promise.all(
    Array.from({ length: 4 }, async (_, lane) => {
      while (position < to) {
        const result = await log.append(ledger, {
          caller: `grow-${lane}`,
          events: Array.from({ length: perAppend }, freshEvent),
        })
        if (result instanceof Problem || result.status !== 'appended')
          throw new Error(JSON.stringify(result))
        position = Math.max(position, result.places.at(-1)?.position ?? 0)
        if (position - last >= 500_000) {
          last = position
          note(`${ledger} grown to ${position}`)
        }
      }
    }),
  )
}
