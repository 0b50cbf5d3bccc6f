import { exportLedger, parseEntry } from '@writ/event-log'
import type { JsonObject } from '@writ/kernel'
import { PROJECTIONS } from '@writ/projections'
import { startRebuild } from '@writ/projector'
import { beforeAll, expect, it } from 'vitest'
import { alarmCleared, alarmRaised } from '../../projections/drift/drift-history.fixture.ts'
import {
  shadowEnded,
  shadowEvaluated,
  shadowStarted,
} from '../../projections/shadows/shadow-events.fixture.ts'
import {
  actionFlagSet,
  killSwitchSet,
  policyActivated,
} from '../../projections/shared/control-events.fixture.ts'
import {
  decisionMade,
  FINANCE,
  minutesAfterNoon,
  outcomeRecorded,
  type Told,
  uuid,
} from '../../projections/shared/history.fixture.ts'
import {
  reviewOpened,
  reviewTold,
  voteCast,
} from '../../projections/shared/review-events.fixture.ts'
import { POLICY, published } from '../../projections/variant-stats/outcome-scenario.fixture.ts'
import {
  describeOnEmbedded,
  describeOnServer,
  type TestDatabase,
} from '../support/test-databases.ts'
import { item, nextId, openTestLog, type TestLog, verifyNow } from './support/test-log.ts'
import { projectorOver, rowsOf } from './support/test-projections.ts'
import { appendTold, attachable } from './support/told-history.ts'

const DECISIONS = 180

/** A policy whose digest is the one of its text: the log holds the two together. */
const VERSIONS = ['1.1.0', '1.2.0'].map((version) => {
  const document: JsonObject = { ...POLICY, version }
  const { text, sha256 } = attachable(document)
  return { version, document, bytes: Buffer.byteLength(text), sha256 }
})

const publishing = ({ version, document, bytes, sha256 }: (typeof VERSIONS)[number]): Told => {
  const told = published(document, `sha256:${sha256}`)
  return {
    ...told,
    data: { ...told.data, version },
    commitments: { '/document': { sha256, bytes } },
  }
}

/** What befalls one decision: its outcomes with their corrections, and what people do to it. */
const following = (no: number): readonly Told[] => {
  const decisionId = uuid(no)
  const values = { value: no % 2, margin: 0.1 * no, won: no % 2 === 0 }
  const told = (revision: number, more: object = {}): Told =>
    outcomeRecorded({
      decisionId,
      values,
      revision,
      occurredAt: minutesAfterNoon(no * 7 + revision),
      ...more,
    })
  const marked: Told = { type: 'DecisionVetoed', stream: `decision:${decisionId}`, data: {} }
  return [
    ...(no % 3 === 0 ? [] : [told(1)]),
    ...(no % 5 === 1 ? [told(2, { values: { value: 1, margin: 1 / 3 } })] : []),
    ...(no % 11 === 1 ? [told(3, { retract: true, values: {} })] : []),
    ...(no % 13 === 0 ? [marked] : []),
    ...(no % 17 === 0 ? [{ ...marked, type: 'DecisionOverridden' }] : []),
  ]
}

const deciding = (no: number): Told => {
  const { version, sha256 } = VERSIONS[no > DECISIONS / 2 ? 1 : 0] as (typeof VERSIONS)[number]
  return decisionMade({
    id: uuid(no),
    at: minutesAfterNoon(no * 7),
    domain: no % 7 === 0 ? 'credit' : 'finance',
    outcome: no % 6 === 0 ? 'denied' : 'approved',
    variant: no % 9 === 0 ? null : no % 2 === 0 ? 'A' : 'B',
    subject: { type: 'customer', id: `c-${no % 8}` },
    request: { discount: 0.1 * no, note: 'é"\\\u{1F600}' },
    policy: { ...FINANCE, version, digest: `sha256:${sha256}` },
    ...(no % 10 === 0 ? { mode: 'shadow' } : {}),
  })
}

const aroundDecision = (no: number): readonly Told[] => [
  ...(no % 10 === 5
    ? [reviewOpened(`r-${no}`), voteCast(`r-${no}`, no % 20 === 5 ? 'approve' : 'decline')]
    : []),
  ...(no % 20 === 5 ? [reviewTold(`r-${no}`, 'ReviewGranted', { by: ['bo'] })] : []),
  ...(no % 25 === 0 ? [killSwitchSet(no % 50 === 0 ? 'run' : 'halt', { kind: 'ledger' }, no)] : []),
  ...(no % 4 === 0
    ? [
        {
          type: 'OrderPlaced',
          stream: `customer:c-${no % 8}`,
          data: { cents: no },
          occurredAt: minutesAfterNoon(no * 400),
        },
      ]
    : []),
]

const HISTORY: readonly Told[] = [
  actionFlagSet('finance', 'discount', 'on'),
  ...VERSIONS.map(publishing),
  policyActivated({ name: FINANCE.name, version: '1.1.0' }),
  ...Array.from({ length: DECISIONS }, (_, i) => i + 1).flatMap((no) => [
    ...(no === DECISIONS / 2
      ? [policyActivated({ name: FINANCE.name, version: '1.2.0' }, no)]
      : []),
    deciding(no),
    ...aroundDecision(no),
    // Late: the outcomes of a decision arrive among later decisions.
    ...(no > 10 ? following(no - 10) : []),
  ]),
  alarmRaised('a-1'),
  alarmCleared('a-1'),
  shadowStarted(0x51),
  shadowEvaluated({ run: 0x51, decision: 21, class: 'tightened', verdict: null }),
  shadowEnded(0x51, 'date'),
]

type Rows = Readonly<Record<string, readonly string[]>>

/** Every table as texts. Sorted here: how a text sorts is a machine's own affair. */
const everyRow = async ({ database }: TestDatabase): Promise<Rows> => {
  const found: Record<string, readonly string[]> = {}
  for (const model of PROJECTIONS) {
    for (const [table, rows] of Object.entries(await rowsOf(database, model)))
      found[table] = [...rows].sort()
  }
  return found
}

const exported = async ({ reader, ledger }: TestLog): Promise<readonly string[]> => {
  let text = ''
  for await (const lines of exportLedger(reader, ledger)) text += lines
  return text.split('\n').slice(0, -1)
}

/**
 * Puts an export where there was no such ledger. As the superuser and with the triggers off, because nothing in
 * production may write an entry that it did not append; the chain is verified afterwards. Attachments are no part of an
 * export, so they come beside it.
 */
const load = async (
  { owner }: TestDatabase,
  { ledger, lines, attachments }: Carried,
): Promise<void> => {
  await owner.transaction(async (tx) => {
    await tx.query({ text: 'set local session_replication_role = replica' })
    const tenant = ledger.split('/')[0]
    const [opened] = await tx.query<{ no: number }>({
      text: 'insert into log.ledgers (tenant, ledger) values ($1, $2) returning ledger_no as no',
      values: [tenant, ledger],
    })
    await tx.query({
      text: `insert into log.entries
          (ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, entry)
        select $1, (j ->> 'revision')::int, (j ->> 'position')::bigint, (j ->> 'id')::uuid,
          nullif(j ->> 'correlationId', j ->> 'id')::uuid, $2, j ->> 'stream', j ->> 'type',
          sha256('\\x00'::bytea || convert_to(e, 'UTF8')), e
        from unnest($3::text[]) e cross join lateral (select e::jsonb as j) parsed`,
      values: [opened?.no, tenant, lines],
    })
    await tx.query({
      text: `insert into log.control_entries (ledger_no, tenant, counter, position)
        select ledger_no, tenant, row_number() over (order by position), position from log.entries
        where ledger_no = $1 and log.is_control(stream, type)`,
      values: [opened?.no],
    })
    await tx.query({
      text: `insert into log.heads (ledger_no, tenant, position, hash, control_counter, epoch, recorded_at)
        select ledger_no, tenant, position, hash,
          (select count(*) from log.control_entries c where c.ledger_no = e.ledger_no), 0,
          (entry::jsonb ->> 'recordedAt')::timestamptz
        from log.entries e where ledger_no = $1 order by position desc limit 1`,
      values: [opened?.no],
    })
    for (const content of attachments) {
      await tx.query({
        text: `insert into log.attachments (ledger_no, tenant, digest, content)
          values ($1, $2, sha256(convert_to($3, 'UTF8')), $3)`,
        values: [opened?.no, tenant, content],
      })
    }
  })
}

interface Carried {
  readonly ledger: TestLog['ledger']
  readonly lines: readonly string[]
  readonly attachments: readonly string[]
}

describeOnServer('read models on a second machine', (openFirst) => {
  describeOnEmbedded('which has another engine and the export alone', (openSecond) => {
    let first: TestDatabase
    let second: TestDatabase
    let log: TestLog
    let carried: Carried

    beforeAll(async () => {
      first = await openFirst()
      second = await openSecond()
      log = await openTestLog(first.database)
      for (const told of HISTORY) await appendTold(log, [{ id: nextId(), ...told }])
      // Some plain events in one append, so that a page ends inside it.
      await log.append(
        Array.from({ length: 40 }, (_, i) => item({ stream: `customer:c-${i % 8}`, data: { i } })),
      )
      carried = {
        ledger: log.ledger,
        lines: await exported(log),
        attachments: VERSIONS.map(({ document }) => attachable(document).text),
      }
      await load(second, carried)
    })

    const fold = async ({ database }: TestDatabase, near: number): Promise<void> => {
      const { projector, faults } = projectorOver(database, PROJECTIONS, {
        pages: { near, far: 2 * near },
      })
      await projector.catchUp()
      await projector.catchUp()
      await projector.stop()
      expect(faults).toEqual([])
    }

    it('carries the log over whole', async () => {
      const [here, there] = await Promise.all(
        [first, second].map(({ database }) => verifyNow(database, log.ledger)),
      )
      expect(there).toMatchObject({ findings: [], entries: carried.lines.length, head: here?.head })
      expect(carried.lines.length).toBeGreaterThan(400)
      expect(parseEntry({ text: carried.lines.at(-1) as string }).position).toBe(
        carried.lines.length,
      )
      const stored = await first.owner.query({ text: 'select from log.attachments' })
      expect(stored).toHaveLength(carried.attachments.length)
    })

    it('29: have the same rows there, byte for byte, folded by other pages', async () => {
      await fold(first, 500)
      await fold(second, 7)
      const rows = await everyRow(first)
      expect(Object.entries(rows).filter(([, list]) => list.length === 0)).toEqual([])
      expect(rows.decisions).toHaveLength(DECISIONS)
      expect(await everyRow(second)).toEqual(rows)
      for (const { owner } of [first, second])
        expect(await owner.query({ text: 'select * from projection.parked' })).toEqual([])
    })

    it('29: have them again after a rebuild there, in strides of many pages', async () => {
      const before = await everyRow(second)
      for (const model of PROJECTIONS) await startRebuild(second.database, model)
      await fold(second, 11)
      const builds = await second.database.query({
        text: "select distinct build from projection.builds where state = 'live'",
      })
      expect(builds).toEqual([{ build: 2 }])
      expect(await everyRow(second)).toEqual(before)
    })
  })
})
