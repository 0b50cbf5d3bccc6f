import { randomBytes } from 'node:crypto'
import type { EventToAppend, SealedJudge, Verification } from '@writ/event-log'
import { type LogTables, verifyLedger } from '@writ/event-log'
import { fixedClock } from '@writ/kernel'
import { type KnownSubject, SubjectVault, sealedJudge, sealValue } from '@writ/privacy'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { attack } from './support/attacker.ts'
import {
  codesOf,
  event,
  item,
  NOON,
  nextId,
  openTestLog,
  type TestLog,
} from './support/test-log.ts'

const SECRETS = { masterKey: Buffer.alloc(32, 1), serverSecret: Buffer.alloc(32, 2) }

describeOnBothDatabases('sealed values and their commitments', (open) => {
  let opened: TestDatabase
  let log: TestLog
  let vault: SubjectVault
  beforeAll(async () => {
    opened = await open()
  })

  const vaultWith = (masterKey: Buffer): SubjectVault =>
    new SubjectVault({
      database: opened.database,
      secrets: { ...SECRETS, masterKey },
      clock: fixedClock(NOON),
      random: randomBytes,
      newId: nextId,
    })

  const verify = (sealed?: SealedJudge, depth: 'full' | 'links' = 'full'): Promise<Verification> =>
    verifyLedger(opened.database.kysely<LogTables>(), log.ledger, {
      depth,
      now: () => performance.now(),
      ...(sealed === undefined ? {} : { sealed }),
    })

  /** Ada in positions 2 and 3, Bo in 4, each with a note sealed under their own key. */
  const threeNotes = async (): Promise<{ ada: KnownSubject; bo: KnownSubject }> => {
    log = await openTestLog(opened.database)
    vault = vaultWith(SECRETS.masterKey)
    const ada = await vault.known('acme', 'customer', `ada of ${log.ledger}`)
    const bo = await vault.known('acme', 'customer', `bo of ${log.ledger}`)
    for (const [subject, note] of [
      [ada, 'first'],
      [ada, 'second'],
      [bo, 'third'],
    ] as const)
      await appendNote(subject, note)
    return { ada, bo }
  }
  const appendNote = async (subject: KnownSubject, note: string): Promise<void> => {
    const plain = event()
    const place = { ledger: log.ledger, eventId: plain.id, pointer: '/note' }
    const sealed = sealValue(subject, place, { value: note, random: randomBytes })
    const { nonce, ciphertext, commitment } = sealed
    const one: EventToAppend = item({ ...plain, commitments: { '/note': commitment } })
    const row = { eventId: plain.id, pointer: '/note', keyId: subject.keyId, nonce, ciphertext }
    expect((await log.append([one], { sealed: [row] })).status).toBe('appended')
  }
  const tamper = (text: string): Promise<void> =>
    attack(opened.owner, log, async ({ tx, no }) => {
      await tx.script(
        text
          .replaceAll('$no', String(no))
          .replaceAll(
            /\$id(\d)/g,
            (_, position) =>
              `(select id from log.entries where ledger_no = ${no} and position = ${position})`,
          ),
      )
    })
  const seen = async () => {
    const found = await verify(sealedJudge(vault))
    return { codes: codesOf(found), sealed: found.sealed }
  }

  it('are opened, and fit', async () => {
    await threeNotes()
    expect(await seen()).toEqual({ codes: [], sealed: { status: 'opened', values: 3, erased: 0 } })
  })

  it('are left alone without secrets, with --links and under another master key, which the result says', async () => {
    await threeNotes()
    await tamper(`update log.sealed_values set ciphertext = sha256('') where ledger_no = $no`)
    const judged = { status: 'not-opened' }
    expect(await verify()).toMatchObject({ findings: [], sealed: { ...judged, why: 'no-secrets' } })
    const links = await verify(sealedJudge(vault), 'links')
    expect(links).toMatchObject({ findings: [], sealed: { ...judged, why: 'links-only' } })
    const other = await verify(sealedJudge(vaultWith(Buffer.alloc(32, 9))))
    expect(other).toMatchObject({ findings: [], sealed: { ...judged, why: 'other-master-key' } })
  })

  it('do not open where one byte of the ciphertext was changed', async () => {
    await threeNotes()
    await tamper(`update log.sealed_values set ciphertext = set_byte(ciphertext, 3, get_byte(ciphertext, 3) # 1)
      where event_id = $id3`)
    expect((await seen()).codes).toEqual(['SEALED_UNREADABLE 3'])
  })

  it('do not open where two events of one person were given each other’s', async () => {
    await threeNotes()
    await tamper(`update log.sealed_values a set nonce = b.nonce, ciphertext = b.ciphertext from log.sealed_values b
      where a.ledger_no = $no and b.ledger_no = $no and a.event_id in ($id2, $id3) and b.event_id in ($id2, $id3)
        and a.event_id <> b.event_id`)
    expect((await seen()).codes).toEqual(['SEALED_UNREADABLE 2', 'SEALED_UNREADABLE 3'])
  })

  it('are found where another value was sealed in its place by one who holds the key', async () => {
    const { ada } = await threeNotes()
    const { text } = (await log.reader.at(log.ledger, 2)) ?? { text: '{}' }
    const { id } = JSON.parse(text) as { id: string }
    const place = { ledger: log.ledger, eventId: id, pointer: '/note' }
    const other = sealValue(ada, place, { value: 'never said', random: randomBytes })
    await tamper(`update log.sealed_values set nonce = '\\x${Buffer.from(other.nonce).toString('hex')}',
      ciphertext = '\\x${Buffer.from(other.ciphertext).toString('hex')}' where event_id = $id2`)
    expect((await seen()).codes).toEqual(['SEALED_COMMITMENT 2'])
  })

  it('are found gone, or put under another key, while their key exists', async () => {
    const { bo } = await threeNotes()
    await tamper(`delete from log.sealed_values where event_id = $id2;
      update log.sealed_values set key_id = '${bo.keyId}' where event_id = $id3`)
    expect((await seen()).codes).toEqual(['SEALED_UNREADABLE 2', 'SEALED_UNREADABLE 3'])
  })

  it('of an erased subject are counted, with or without their rows, and are no finding', async () => {
    const { ada } = await threeNotes()
    await tamper(`delete from log.subject_keys where key_id = '${ada.keyId}'`)
    expect(await seen()).toEqual({ codes: [], sealed: { status: 'opened', values: 1, erased: 2 } })
    await tamper(`delete from log.sealed_values where key_id = '${ada.keyId}'`)
    expect(await seen()).toEqual({ codes: [], sealed: { status: 'opened', values: 1, erased: 2 } })
  })

  it('are found where the wrapped key of one subject was spoilt', async () => {
    const { bo } = await threeNotes()
    await tamper(`update log.subject_keys set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)
      where key_id = '${bo.keyId}'`)
    expect((await seen()).codes).toEqual(['SEALED_UNREADABLE 4'])
  })
})
