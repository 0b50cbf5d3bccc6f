import { beforeAll, describe, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../../../test/support/test-databases.ts'
import { type ApiKeys, apiKeys, type IssueKey } from './index.ts'

const NOON = Date.parse('2026-03-01T12:00:00Z')
const SCOPES = ['events:read', 'events:write'] as const
const PEPPER = Buffer.alloc(32, 7)
const SHOP: IssueKey<(typeof SCOPES)[number]> = {
  tenant: 'acme',
  name: 'shop',
  kind: 'key',
  scopes: ['events:write', 'events:read', 'events:write'],
}

describeOnBothDatabases('API keys', (open) => {
  let database: TestDatabase['database']
  let owner: TestDatabase['owner']
  let clock: { now(): number; ms: number }
  let keys: ApiKeys<(typeof SCOPES)[number]>

  const process = (change: { readonly pepper?: Uint8Array } = {}) =>
    apiKeys({
      sql: database,
      pepper: PEPPER,
      environment: 'test',
      scopes: SCOPES,
      clock,
      ...change,
    })

  const issued = async (change: Partial<typeof SHOP> = {}) => {
    const result = await keys.issueKey({ ...SHOP, ...change })
    if (!('token' in result)) throw new Error(result.detail)
    return result
  }

  beforeAll(async () => {
    const opened = await open()
    ;({ database, owner } = opened)
    clock = { ms: NOON, now: () => clock.ms }
    keys = process()
  })

  describe('a key', () => {
    it('opens the door for its tenant, ledger, actor and scopes', async () => {
      const { token, key } = await issued()
      expect(await keys.authenticate(token)).toEqual({
        tenant: 'acme',
        ledger: 'acme/main',
        actor: { type: 'key', id: key.actor.id },
        scopes: new Set(['events:read', 'events:write']),
        roles: new Set(),
      })
      expect(token).toMatch(/^writ_test_[0-9a-f]{24}_[A-Za-z0-9_-]{43}$/)
    })

    it('of a person has the roles it was issued with; a program can have none', async () => {
      const { token } = await issued({ kind: 'person', roles: ['cfo', 'author', 'cfo'] })
      expect((await keys.authenticate(token))?.roles).toEqual(new Set(['author', 'cfo']))
      for (const change of [{ roles: ['cfo'] }, { kind: 'person' as const, roles: ['No Role'] }]) {
        expect(await keys.issueKey({ ...SHOP, ...change })).toMatchObject({
          code: 'request-invalid',
          fields: { errors: [{ pointer: '/roles' }] },
        })
      }
    })

    it('can belong to a person and to an actor that has another key', async () => {
      const first = await issued({ kind: 'person' })
      const second = await issued({
        kind: 'person',
        actorId: first.key.actor.id,
        ledger: 'acme/hr',
      })
      expect(await keys.authenticate(second.token)).toMatchObject({
        ledger: 'acme/hr',
        actor: { type: 'person', id: first.key.actor.id },
      })
    })

    it('is stored without its secret', async () => {
      const { token, key } = await issued()
      const secret = token.slice(-43)
      const [row] = await owner.query<Record<string, unknown>>({
        text: 'select to_jsonb(k)::text as row from access.api_keys k where key_id = $1',
        values: [key.keyId],
      })
      expect(String(row?.row)).not.toContain(secret)
      expect(String(row?.row)).not.toContain(Buffer.from(secret, 'base64url').toString('hex'))
    })
  })

  describe('a token is refused', () => {
    it.each<[string, (token: string) => string]>([
      [
        'when its secret is another',
        (token) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      ],
      ['when its id is unknown', (token) => token.replace(/[0-9a-f]{24}/, 'f'.repeat(24))],
      ['when it is of another environment', (token) => token.replace('writ_test_', 'writ_prod_')],
      ['when it is no token', () => "' or true --"],
    ])('%s', async (_when, change) => {
      const { token } = await issued()
      expect(await keys.authenticate(change(token))).toBeUndefined()
    })

    it('when the server has another pepper, even with the row copied', async () => {
      const { token } = await issued()
      expect(await process({ pepper: Buffer.alloc(32, 8) }).authenticate(token)).toBeUndefined()
    })

    it('from the moment it expires', async () => {
      const { token } = await issued({ expiresAt: clock.ms + 500 })
      expect(await keys.authenticate(token)).toBeDefined()
      clock.ms += 499
      expect(await keys.authenticate(token)).toBeDefined()
      clock.ms += 1
      expect(await keys.authenticate(token)).toBeUndefined()
    })

    it('within a second of its revocation in another process, and at once in this one', async () => {
      const { token, key } = await issued()
      const elsewhere = process()
      expect(await elsewhere.authenticate(token)).toBeDefined()
      expect(await keys.revokeKey('acme', key.keyId)).toBe(true)
      expect(await keys.authenticate(token)).toBeUndefined()
      expect(await elsewhere.authenticate(token)).toBeDefined()
      clock.ms += 1_000
      expect(await elsewhere.authenticate(token)).toBeUndefined()
    })
  })

  it('a scope that is not known any more grants nothing', async () => {
    const { token } = await issued()
    const later = apiKeys({
      sql: database,
      pepper: PEPPER,
      environment: 'test',
      scopes: ['events:read'],
      clock,
    })
    expect((await later.authenticate(token))?.scopes).toEqual(new Set(['events:read']))
  })

  it('a key that breaks a rule is not issued', async () => {
    expect(await keys.issueKey({ ...SHOP, ledger: 'other/main' })).toMatchObject({
      code: 'request-invalid',
    })
  })

  it('lists the keys of one tenant, oldest first, the revoked ones too', async () => {
    const older = await issued({ tenant: 'bmce', name: 'older' })
    clock.ms += 10
    const newer = await issued({ tenant: 'bmce', name: 'newer', expiresAt: clock.ms + 1_000 })
    await keys.revokeKey('bmce', older.key.keyId)
    expect(await keys.listKeys('bmce')).toEqual([{ ...older.key, revokedAt: clock.ms }, newer.key])
  })

  it('a tenant cannot revoke the key of another, and a first revocation stays', async () => {
    const { key } = await issued({ tenant: 'corp' })
    expect(await keys.revokeKey('acme', key.keyId)).toBe(false)
    expect(await keys.revokeKey('corp', key.keyId)).toBe(true)
    const revokedAt = clock.ms
    clock.ms += 5
    expect(await keys.revokeKey('corp', key.keyId)).toBe(true)
    expect((await keys.listKeys('corp'))[0]?.revokedAt).toBe(revokedAt)
  })

  it('the running process cannot touch the rows but through the two functions', async () => {
    for (const text of [
      "update access.api_keys set scopes = '{events:read}'",
      'delete from access.api_keys',
      "insert into access.api_keys (key_id) values ('x')",
      'truncate access.api_keys',
    ]) {
      await expect(database.query({ text })).rejects.toMatchObject({ code: '42501' })
    }
  })
})
