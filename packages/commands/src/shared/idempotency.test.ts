import { type JsonValue, mainLedger } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import type { CommandContext } from '../caller.ts'
import { requestIdentity } from './idempotency.ts'

const SECRETS = { masterKey: Buffer.alloc(32, 1), serverSecret: Buffer.alloc(32, 2) }
const BODY = { action: 'discount', request: { discount: 0.04 } }

const context = (tenant: string, idempotencyKey?: string): CommandContext => ({
  caller: {
    tenant,
    ledger: mainLedger(tenant),
    actor: { type: 'key', id: '01920000-0000-7000-8000-0000000000aa' },
    scopes: new Set(),
    roles: new Set<string>(),
  },
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
})

const identity = (
  parts: {
    tenant?: string
    key?: string
    route?: string
    body?: JsonValue
    secrets?: typeof SECRETS
  } = {},
) => {
  const { tenant = 'acme', key = 'k-1', route = 'POST /decisions/finance', body = BODY } = parts
  const found = requestIdentity({ secrets: parts.secrets ?? SECRETS }, context(tenant, key), {
    route,
    body,
  })
  if (found === undefined) throw new Error('a request with a key has an identity')
  return {
    key: Buffer.from(found.key).toString('hex'),
    print: Buffer.from(found.fingerprint).toString('hex'),
  }
}

describe('the identity of a request', () => {
  it('is none without a key', () => {
    const none = requestIdentity({ secrets: SECRETS }, context('acme'), { route: 'r', body: BODY })
    expect(none).toBeUndefined()
  })

  it('is the same for the same request, whatever the order of its fields', () => {
    const turned = { request: { discount: 0.04 }, action: 'discount' }
    expect(identity({ body: turned })).toEqual(identity())
    expect(identity().key).toHaveLength(32)
    expect(identity().print).toHaveLength(32)
  })

  it('has another key for another tenant, route or key, so that none can meet another’s answer', () => {
    const keys = [
      identity(),
      identity({ tenant: 'bmce' }),
      identity({ route: 'POST /decisions/hr' }),
      identity({ key: 'k-2' }),
      // Glued together the two would read the same.
      identity({ route: 'POST /decisions/financ', key: 'ek-1' }),
    ].map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('has another fingerprint for another body, however alike', () => {
    const prints = [BODY, { ...BODY, note: '' }, { ...BODY, request: { discount: 0.05 } }, []].map(
      (body) => identity({ body }).print,
    )
    expect(new Set(prints).size).toBe(prints.length)
    expect(new Set([identity().key, identity({ body: [] }).key]).size).toBe(1)
  })

  it('cannot be computed without the server’s secret, so it tells nobody what was asked', () => {
    const other = identity({ secrets: { ...SECRETS, serverSecret: Buffer.alloc(32, 3) } })
    expect(other.key).not.toBe(identity().key)
    expect(other.print).not.toBe(identity().print)
  })
})
