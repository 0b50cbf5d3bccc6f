import type { ProblemPlace } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import type { IssueKey } from './api-key.ts'
import { issueRefusal, KEY_NAME_CHARS_MAX, KEY_SCOPES_MAX, ledgerOf } from './issue-rules.ts'

const NOON = Date.parse('2026-03-01T12:00:00Z')
const KNOWN = new Set(['events:read', 'events:write'])
const GOOD: IssueKey<string> = {
  tenant: 'acme',
  name: 'shop',
  kind: 'key',
  scopes: ['events:write'],
}

describe('issuing a key', () => {
  it('takes what is well formed', () => {
    expect(issueRefusal(GOOD, KNOWN, NOON)).toBeUndefined()
    expect(
      issueRefusal({ ...GOOD, ledger: 'acme/hr', expiresAt: NOON + 1 }, KNOWN, NOON),
    ).toBeUndefined()
    expect(
      issueRefusal({ ...GOOD, name: 'n'.repeat(KEY_NAME_CHARS_MAX) }, KNOWN, NOON),
    ).toBeUndefined()
  })

  it.each<[string, Partial<IssueKey<string>>, string]>([
    ['a tenant that is no ledger part', { tenant: 'Acme' }, '/tenant'],
    ['a ledger of another tenant', { ledger: 'bmce/main' }, '/ledger'],
    ['a ledger that is no name', { ledger: 'acme' }, '/ledger'],
    ['no name', { name: '' }, '/name'],
    ['a name over the limit', { name: 'n'.repeat(KEY_NAME_CHARS_MAX + 1) }, '/name'],
    ['a kind that is unknown', { kind: 'robot' as never }, '/kind'],
    ['an actor id that is no UUID', { actorId: 'ada@acme.example' }, '/actorId'],
    ['no scope', { scopes: [] }, '/scopes'],
    ['an unknown scope', { scopes: ['events:write', 'everything'] }, '/scopes'],
    ['too many scopes', { scopes: Array(KEY_SCOPES_MAX + 1).fill('events:read') }, '/scopes'],
    ['an expiry in the past', { expiresAt: NOON }, '/expiresAt'],
    ['an expiry that is no time', { expiresAt: Number.NaN }, '/expiresAt'],
  ])('refuses %s', (_what, change, pointer) => {
    const refusal = issueRefusal({ ...GOOD, ...change }, KNOWN, NOON)
    expect(refusal?.code).toBe('request-invalid')
    expect(refusal?.fields.errors?.map((place: ProblemPlace) => place.pointer)).toContain(pointer)
  })

  it('names every fault at once', () => {
    const refusal = issueRefusal({ ...GOOD, name: '', scopes: [] }, KNOWN, NOON)
    expect(refusal?.fields.errors).toHaveLength(2)
  })

  it('takes the main ledger where none is named', () => {
    expect(ledgerOf({ tenant: 'acme' })).toBe('acme/main')
    expect(ledgerOf({ tenant: 'acme', ledger: 'acme/hr' })).toBe('acme/hr')
  })
})
