import { randomBytes } from 'node:crypto'
import type { Clock } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../../test/support/test-databases.ts'
import { KEY_CACHE_MS, SubjectVault } from './index.ts'

const ADA = 'ada@example.org'

describeOnBothDatabases('the subject vault', (open) => {
  let opened: TestDatabase
  let nowMs = Date.parse('2026-03-02T12:00:00.000Z')
  beforeAll(async () => {
    opened = await open()
  })
  const clock: Clock = { now: () => nowMs }
  let issued = 0
  const newId = () => `019cae6b-6600-7000-8000-${String(++issued).padStart(12, '0')}`
  const secrets = { masterKey: Buffer.alloc(32, 1), serverSecret: Buffer.alloc(32, 2) }
  const freshVault = (own = secrets) =>
    new SubjectVault({
      database: opened.database,
      secrets: own,
      clock,
      random: randomBytes,
      newId,
    })
  /** What an erasure does to the tables. */
  const erase = (keyId: string) =>
    opened.owner.query({
      text: `with gone as (delete from log.subject_keys where key_id = $1 returning tenant, subject_id)
        delete from log.issued_ids i using gone g where i.tenant = g.tenant and i.issued_id = g.subject_id`,
      values: [keyId],
    })
  let kinds = 0
  const kind = () => `person-${++kinds}`

  it('gives a subject one id and one key, in every process and after every restart', async () => {
    const type = kind()
    const first = await freshVault().known('acme', type, ADA)
    expect(first.key).toHaveLength(32)
    const again = await freshVault().known('acme', type, ADA)
    expect(again).toEqual(first)
    expect(await freshVault().externalId('acme', first.issuedId)).toBe(ADA)
    const keys = await freshVault().keys('acme', [first.keyId, first.keyId])
    expect([...keys]).toEqual([[first.keyId, first.key]])
  })

  it('issues one id when many meet a subject for the first time at once', async () => {
    const type = kind()
    const met = await Promise.all(
      Array.from({ length: 12 }, () => freshVault().known('acme', type, ADA)),
    )
    expect(new Set(met.map(({ issuedId, keyId }) => `${issuedId} ${keyId}`)).size).toBe(1)
    const rows = await opened.owner.query({
      text: 'select from log.subject_keys where subject_type = $1',
      values: [type],
    })
    expect(rows).toHaveLength(1)
  })

  it('knows nobody across tenants or kinds', async () => {
    const type = kind()
    const vault = freshVault()
    const own = await vault.known('acme', type, ADA)
    const others = [
      await vault.known('other', type, ADA),
      await vault.known('acme', kind(), ADA),
      await vault.known('acme', type, 'bo@example.org'),
    ]
    expect(new Set([own, ...others].map(({ issuedId }) => issuedId)).size).toBe(4)
    expect(await vault.externalId('other', own.issuedId)).toBeUndefined()
    expect((await vault.keys('other', [own.keyId])).size).toBe(0)
  })

  it('stores neither the caller’s id nor the key in the clear', async () => {
    const type = kind()
    const { key } = await freshVault().known('acme', type, ADA)
    const [row] = await opened.owner.query<{ all: string }>({
      text: `select i::text || k::text as all from log.issued_ids i
        join log.subject_keys k on k.subject_id = i.issued_id where i.kind = $1`,
      values: [type],
    })
    expect(row?.all).toContain(type)
    expect(row?.all).not.toContain('ada')
    expect(row?.all).not.toContain(Buffer.from(ADA).toString('hex'))
    expect(row?.all).not.toContain(Buffer.from(key).toString('hex'))
  })

  it('after an erasure opens nothing, and issues a new id that is not tied to the old one', async () => {
    const type = kind()
    const vault = freshVault()
    const before = await vault.known('acme', type, ADA)
    await erase(before.keyId)
    expect((await vault.keys('acme', [before.keyId])).size).toBe(0)
    expect(await vault.externalId('acme', before.issuedId)).toBeUndefined()
    const after = await freshVault().known('acme', type, ADA)
    expect(after.issuedId).not.toBe(before.issuedId)
    expect(after.keyId).not.toBe(before.keyId)
    expect(Buffer.from(after.key).equals(Buffer.from(before.key))).toBe(false)
  })

  it('remembers a key for its time and no longer, or until it is told to forget', async () => {
    const type = kind()
    const vault = freshVault()
    const before = await vault.known('acme', type, ADA)
    await erase(before.keyId)
    nowMs += KEY_CACHE_MS - 1
    expect(await vault.known('acme', type, ADA)).toEqual(before)
    nowMs += 1
    const after = await vault.known('acme', type, ADA)
    expect(after.keyId).not.toBe(before.keyId)
    await erase(after.keyId)
    vault.forget('acme', type, ADA)
    expect((await vault.known('acme', type, ADA)).keyId).not.toBe(after.keyId)
  })

  it('opens no key under another master key', async () => {
    const type = kind()
    const { keyId } = await freshVault().known('acme', type, ADA)
    const other = freshVault({ ...secrets, masterKey: Buffer.alloc(32, 9) })
    await expect(other.keys('acme', [keyId])).rejects.toThrow()
    await expect(other.known('acme', type, ADA)).rejects.toThrow()
  })

  it('opens no key that was moved to another row', async () => {
    const [one, two] = [kind(), kind()]
    const vault = freshVault()
    const ada = await vault.known('acme', one, ADA)
    const bo = await vault.known('acme', two, 'bo@example.org')
    await opened.owner.query({
      text: `update log.subject_keys k set wrapped = o.wrapped from log.subject_keys o
        where k.key_id = $1 and o.key_id = $2`,
      values: [ada.keyId, bo.keyId],
    })
    await expect(freshVault().keys('acme', [ada.keyId])).rejects.toThrow()
  })
})
