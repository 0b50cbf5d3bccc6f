import { kyselyOver } from '@writ/database'
import {
  type Anchor,
  exportLedger,
  LogDetached,
  LogGap,
  LogReader,
  type LogTables,
  MerkleFrontier,
  type NewEvent,
  type Verification,
  verifyLedger,
} from '@writ/event-log'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { detach, ledgerOfOwnShard, withShortRanges } from './support/short-ranges.ts'
import { bytes16, codesOf, event, item, orders, type TestLog } from './support/test-log.ts'

/** The detached range ends here. */
const END = 7

describeOnBothDatabases('reading a ledger whose first range is detached', (open) => {
  let opened: TestDatabase
  let log: TestLog
  let reader: LogReader
  const first: NewEvent = event({ stream: 'order:first' })
  let early: readonly Anchor[]
  let late: Anchor

  /** 1 LedgerOpened, 2 `first`, 3 a kill switch, 4 a policy, 5 to 11 orders, 12 a second switch. */
  beforeAll(async () => {
    opened = await open()
    await withShortRanges(opened)
    const { log: aged, shard } = await ledgerOfOwnShard(opened)
    log = aged
    reader = log.reader
    await log.append([{ event: first, mac: bytes16(1) }])
    await log.append([item({ type: 'KillSwitchSet', stream: 'control:tenant', data: { no: 1 } })])
    await log.append([item({ type: 'PolicyVersionPublished', stream: 'policy:discount' })])
    const anchors = [await log.anchor()]
    await log.append(orders(3))
    anchors.push(await log.anchor())
    await log.append(orders(4))
    await log.append([item({ type: 'KillSwitchSet', stream: 'control:tenant', data: { no: 2 } })])
    early = anchors
    late = await log.anchor()
    await detach(opened.owner, shard, 0)
  })

  const told = (work: Promise<unknown>): Promise<unknown> => work.catch((fault) => fault)

  it('tells detached positions, ids and streams from lost ones', async () => {
    const { ledger } = log
    for (const work of [
      () => reader.page(ledger, 0, 100),
      () => reader.page(ledger, 0, 3),
      () => reader.page(ledger, END - 1, 100),
      () => reader.hashes(ledger, 0, 100),
      () => reader.hashes(ledger, 0, 3),
      () => reader.at(ledger, 2),
      () => reader.byId(ledger, first.id),
      () => reader.stream(ledger, 'order:first'),
      () => reader.stream(ledger, 'order:1'),
      () => exportLedger(reader, ledger).next(),
    ]) {
      const fault = await told(work())
      expect(fault).toBeInstanceOf(LogDetached)
      expect(fault).toMatchObject({ detachedTo: END, message: expect.stringContaining('detached') })
    }
  })

  it('reads what is attached as before, from the first position that is', async () => {
    const { ledger } = log
    const page = await reader.page(ledger, END, 100)
    expect(page.map(({ position }) => position)).toEqual([8, 9, 10, 11, 12])
    expect((await reader.hashes(ledger, END, 100)).length).toBe(5)
    expect(await reader.hashes(ledger, 12, 100)).toEqual([])
    expect((await reader.at(ledger, 8))?.position).toBe(8)
    expect((await reader.stream(ledger, 'order:1', 4)).length).toBe(4)
    expect(await reader.stream(ledger, 'order:none')).toEqual([])
    expect(await reader.byId(ledger, event().id)).toBeUndefined()
  })

  it('still takes a hole behind the end for a loss', async () => {
    await altered(
      `delete from log.entries where ledger_no = $no and position = 9`,
      async (inside) => {
        const fault = await told(inside.page(log.ledger, END, 100))
        expect(fault).toBeInstanceOf(LogGap)
        expect(fault).toMatchObject({ expected: 9, found: 10 })
      },
    )
  })

  it('forgets no kill switch and no policy', async () => {
    const { ledger } = log
    const controls = await reader.controls(ledger, 0)
    expect(controls.map(({ counter, position }) => [counter, position])).toEqual([
      [1, 3],
      [2, 12],
    ])
    expect((await reader.stream(ledger, 'policy:discount')).length).toBe(1)
    expect((await reader.stream(ledger, 'control:tenant')).length).toBe(2)
    const published = { type: 'PolicyVersionPublished', after: 0, limit: 10 }
    expect((await reader.byType(ledger, published)).map(({ position }) => position)).toEqual([4])
    // Were it gone, whoever decides must not take the switch for off.
    await altered(
      'delete from log.kept_entries where ledger_no = $no and position = 3',
      async (inside) => {
        expect(await told(inside.controls(ledger, 0))).toBeInstanceOf(LogGap)
      },
    )
  })

  it('goes on with the tree of the whole ledger', async () => {
    const end = await reader.coldEnd(log.ledger)
    const tree = end?.frontier() ?? new MerkleFrontier()
    expect([end?.position, tree.size, tree.root().toString('hex')]).toEqual([
      END,
      END,
      early[1]?.root,
    ])
    for (const hash of await reader.hashes(log.ledger, END, 100)) tree.push(hash)
    expect([tree.size, tree.root().toString('hex')]).toEqual([late.size, late.root])
  })

  it('verifies from there, and anchors behind the end still bind what is detached', async () => {
    const anchors = [...early, late]
    expect(await log.verify(anchors)).toMatchObject({
      findings: [],
      detachedTo: END,
      entries: 5,
      anchoredTo: 12,
    })
    // Of a tree that ended inside the range nothing can be said any more.
    const small = { ...(early[0] as Anchor), root: '0'.repeat(64) }
    expect(codesOf(await log.verify([small, late]))).toEqual([])
    const edge = { ...(early[1] as Anchor), root: '0'.repeat(64) }
    expect(codesOf(await log.verify([edge]))).toEqual([`ROOT_MISMATCH ${END}`])
    expect(codesOf(await log.verify([{ ...late, size: 13 }]))).toEqual(['SIZE_REGRESSION 12'])
  })

  const TAMPERS: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'an id is gone',
      'delete from log.cold_ids where ledger_no = $no and position = 5',
      ['DETACHED 7'],
    ],
    [
      'a kept control is edited',
      `update log.kept_entries set entry = replace(entry, '"no":1', '"no":9') where ledger_no = $no and position = 3`,
      ['ENTRY_HASH 3'],
    ],
    [
      'a kept control is gone',
      'delete from log.kept_entries where ledger_no = $no and position = 3',
      // The list has a control that no entry bears out, and the next one another number.
      ['COLUMN_MISMATCH 3', 'COLUMN_MISMATCH 12'],
    ],
    [
      'its copy beside it is edited',
      "update log.kept_entries set type = 'X' where ledger_no = $no and position = 4",
      ['COLUMN_MISMATCH 4'],
    ],
    [
      'the end is another hash',
      `update log.cold_ends set hash = sha256('') where ledger_no = $no`,
      ['CHAIN_LINK 8'],
    ],
    [
      'the tree’s edge is another',
      `update log.cold_ends set frontier = overlay(frontier placing sha256('') from 1) where ledger_no = $no`,
      ['ROOT_MISMATCH 7', 'ROOT_MISMATCH 12'],
    ],
    [
      'the tree’s edge is cut',
      'update log.cold_ends set frontier = substr(frontier, 33) where ledger_no = $no',
      ['DETACHED 7'],
    ],
    [
      'a stream end is set back',
      "update log.cold_streams set revision = 1 where ledger_no = $no and stream = 'order:1'",
      ['SEQ_GAP 11'],
    ],
    [
      'the first attached entry is gone',
      'delete from log.entries where ledger_no = $no and position = 8',
      ['SEQ_GAP 9', 'CHAIN_LINK 9', 'SEQ_GAP 11', 'ROOT_MISMATCH 12'],
    ],
    [
      'the cold end is gone, so that a range seems lost',
      'delete from log.cold_ends where ledger_no = $no',
      ['SEQ_GAP 8', 'CHAIN_LINK 8', 'ROOT_MISMATCH 7', 'ROOT_MISMATCH 12'],
    ],
  ]
  for (const [title, text, findings] of TAMPERS) {
    it(`verify finds it where ${title}`, async () => {
      let found: Verification | undefined
      await altered(text, async (_, verify) => {
        found = await verify([...early.slice(1), late])
      })
      expect(found === undefined ? [] : codesOf(found).toSorted()).toEqual(findings.toSorted())
    })
  }

  it('verify is not kept away from attached positions by a cold end that somebody wrote', async () => {
    const { log: other } = await ledgerOfOwnShard(opened)
    await other.append(orders(4))
    const forge = `
      update log.entries set entry = replace(entry, '"no":1', '"no":9') where ledger_no = $no and position = 2;
      insert into log.cold_ends select ledger_no, tenant, 4, hash, hash from log.entries
        where ledger_no = $no and position = 4`
    let found: Verification | undefined
    await altered(
      forge,
      async (_, verify) => {
        found = await verify([])
      },
      other,
    )
    expect(found?.detachedTo).toBe(0)
    expect(found === undefined ? [] : codesOf(found)).toEqual(['DETACHED 4', 'ENTRY_HASH 2'])
  })

  /** Alters the ledger as a superuser with the triggers off, looks, and takes it back for the next test. */
  const altered = async (
    text: string,
    look: (
      inside: LogReader,
      verify: (anchors: readonly Anchor[]) => Promise<Verification>,
    ) => Promise<void>,
    target: TestLog = log,
  ): Promise<void> => {
    const undo = new Error('taken back')
    const [row] = await opened.owner.query<{ no: number }>({
      text: 'select ledger_no as no from log.ledgers where ledger = $1',
      values: [target.ledger],
    })
    const working = opened.owner.transaction(async (tx) => {
      await tx.script('set local session_replication_role = replica')
      await tx.script(text.replaceAll('$no', String(row?.no)))
      const db = kyselyOver<LogTables>(tx)
      const now = () => performance.now()
      await look(new LogReader(db), (anchors) =>
        verifyLedger(db, target.ledger, { depth: 'full', anchors, now }),
      )
      throw undo
    })
    await working.catch((fault) => {
      if (fault !== undo) throw fault
    })
  }
})
