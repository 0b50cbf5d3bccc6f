import { sha256Hex } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { alter, attack, rewrite, type Target } from './support/attacker.ts'
import { codesOf, item, NOON, openTestLog, orders, type TestLog } from './support/test-log.ts'

/** One attack on position 4 of six, and every finding it must leave. */
interface Tamper {
  readonly title: string
  readonly attack: (target: Target, log: TestLog) => Promise<void>
  readonly findings: readonly string[]
}

const text = (
  title: string,
  change: readonly [string, string],
  findings: string[] = [],
): Tamper => ({
  title: `22: the ${title} of an entry`,
  attack: (target) => rewrite(target, 4, change),
  findings: ['ENTRY_HASH 4', ...findings],
})

const column = (title: string, set: string, findings: string[]): Tamper => ({
  title: `22: the column ${title} beside an entry`,
  attack: (target) => alter(target, 4, set),
  findings,
})

const move = async (target: Target, from: number, to: number): Promise<void> =>
  alter(target, from, `position = ${to}`)

const STRANGER = '01a1f92c-0f77-7000-8000-0000000000ff'

const TAMPERS: readonly Tamper[] = [
  text('body', ['"no":3', '"no":4']),
  text('type', ['"type":"OrderPlaced"', '"type":"OrderPlacee"'], ['COLUMN_MISMATCH 4']),
  text('time of occurrence', [new Date(NOON).toISOString(), new Date(NOON + 1).toISOString()]),
  text('time of recording', ['"recordedAt":"2', '"recordedAt":"1']),
  text('actor', ['"actor":{"id":"01a1', '"actor":{"id":"02a1']),
  text('position', ['"position":4', '"position":5'], ['SEQ_GAP 4']),
  text('revision', ['"revision":3', '"revision":4'], ['COLUMN_MISMATCH 4']),
  text('ledger', ['"ledger":"acme/', '"ledger":"acne/'], ['SCHEMA 4']),
  {
    title: '22: the prev of an entry',
    attack: async (target) => {
      await alter(
        target,
        4,
        `entry = regexp_replace(entry, '"prev":"[0-9a-f]{8}', '"prev":"00000000')`,
      )
    },
    findings: ['ENTRY_HASH 4', 'CHAIN_LINK 4'],
  },
  // The correlation of these events is their own id, kept once: so two copies are wrong.
  column('id', `id = '${STRANGER}'`, ['COLUMN_MISMATCH 4', 'COLUMN_MISMATCH 4']),
  column('correlation_id', `correlation_id = '${STRANGER}'`, ['COLUMN_MISMATCH 4']),
  column('type', `type = 'OrderPaid'`, ['COLUMN_MISMATCH 4']),
  column('tenant', `tenant = 'other'`, ['COLUMN_MISMATCH 4']),
  column('stream', `stream = 'order:2'`, ['COLUMN_MISMATCH 4', 'SEQ_GAP 4', 'SEQ_GAP 6']),
  column('revision', `revision = 30`, ['COLUMN_MISMATCH 4', 'SEQ_GAP 6']),
  // The walk goes on from what is stored, so the next link does not fit either.
  column('hash', `hash = sha256('')`, ['ENTRY_HASH 4', 'CHAIN_LINK 5']),
  {
    title: '22: two faults at once, each at its place',
    attack: async (target) => {
      await rewrite(target, 3, ['"no":2', '"no":9'])
      await rewrite(target, 5, ['"no":4', '"no":9'])
    },
    findings: ['ENTRY_HASH 3', 'ENTRY_HASH 5'],
  },
  {
    title: '23: one entry deleted',
    attack: async ({ tx, no }) => {
      await tx.query({ text: `delete from log.entries where ledger_no = ${no} and position = 4` })
    },
    findings: ['SEQ_GAP 5', 'CHAIN_LINK 5', 'SEQ_GAP 6'],
  },
  {
    title: '23: two entries swapped',
    attack: async (target) => {
      await move(target, 4, 99)
      await move(target, 5, 4)
      await move(target, 99, 5)
    },
    findings: ['SEQ_GAP 4', 'SEQ_GAP 5', 'CHAIN_LINK 6'],
  },
  {
    title: '23: one entry inserted in the middle, those behind it moved on, and the head with them',
    attack: async (target) => {
      const { tx, no } = target
      await move(target, 6, 7)
      await move(target, 5, 6)
      await tx.query({
        text: `insert into log.entries
          select ledger_no, 1, 5, '${STRANGER}', correlation_id, tenant, 'order:9', type, hash, request_mac, entry
          from log.entries where ledger_no = ${no} and position = 4`,
      })
      await tx.query({ text: `update log.heads set position = 7 where ledger_no = ${no}` })
    },
    // id, correlation, stream and revision are not those of the copied text.
    findings: [
      'SEQ_GAP 5',
      ...Array.from({ length: 4 }, () => 'COLUMN_MISMATCH 5'),
      'SEQ_GAP 6',
      'SEQ_GAP 7',
    ],
  },
  {
    title: '23: one entry put behind the head',
    attack: async ({ tx, no }) => {
      await tx.query({
        text: `insert into log.entries
          select ledger_no, 1, 7, '${STRANGER}', correlation_id, tenant, 'order:9', type, hash, request_mac, entry
          from log.entries where ledger_no = ${no} and position = 6`,
      })
    },
    findings: ['HEAD_MISMATCH 6'],
  },
  {
    title: '23: the last entry deleted, the head left as it was',
    attack: async ({ tx, no }) => {
      await tx.query({ text: `delete from log.entries where ledger_no = ${no} and position = 6` })
    },
    findings: ['HEAD_MISMATCH 6', 'HEAD_MISMATCH 6'],
  },
]

describeOnBothDatabases('tampering is found', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })
  const sixEntries = async (): Promise<TestLog> => {
    const log = await openTestLog(opened.database)
    await log.append(orders(5))
    return log
  }

  it('an untouched ledger has no findings', async () => {
    const log = await sixEntries()
    expect(await log.verify()).toMatchObject({ entries: 6, findings: [], findingCount: 0 })
  })

  for (const { title, attack: work, findings } of TAMPERS) {
    it(title, async () => {
      const log = await sixEntries()
      await attack(opened.owner, log, (target) => work(target, log))
      expect(codesOf(await log.verify())).toEqual(findings)
    })
  }

  it('22: a correlation that only looks like one, deeper in the data, does not cover an edited column', async () => {
    const log = await openTestLog(opened.database)
    await log.append([item({ data: { a: 1, correlationId: STRANGER, data: {} } })])
    await attack(opened.owner, log, (target) => alter(target, 2, `correlation_id = '${STRANGER}'`))
    expect(codesOf(await log.verify())).toEqual(['COLUMN_MISMATCH 2'])
  })

  it('a control hidden from the list that deciders fold is found, and so is a false counter', async () => {
    const log = await sixEntries()
    await log.append([item({ type: 'KillSwitchSet', stream: 'control:tenant' })])
    expect(codesOf(await log.verify())).toEqual([])
    await attack(opened.owner, log, async ({ tx, no }) => {
      await tx.query({ text: `delete from log.control_entries where ledger_no = ${no}` })
    })
    expect(codesOf(await log.verify())).toEqual(['COLUMN_MISMATCH 7', 'HEAD_MISMATCH 7'])
  })

  it('an attachment altered or gone is found at the entry that names it', async () => {
    const content = '{"rules":[]}'
    const named = { sha256: sha256Hex(content), bytes: content.length }
    const log = await openTestLog(opened.database)
    await log.append([item({ commitments: { '/document': named } })], { attachments: [content] })
    await attack(opened.owner, log, async ({ tx, no }) => {
      await tx.query({ text: 'alter table log.attachments drop constraint attachments_digest' })
      await tx.query({
        text: `update log.attachments set content = '{"rules":[1]}' where ledger_no = ${no}`,
      })
    })
    expect(codesOf(await log.verify())).toEqual(['COMMITMENT 2'])
    await attack(opened.owner, log, async ({ tx, no }) => {
      await tx.query({ text: `delete from log.attachments where ledger_no = ${no}` })
    })
    expect(codesOf(await log.verify())).toEqual(['COMMITMENT 2'])
  })
})
