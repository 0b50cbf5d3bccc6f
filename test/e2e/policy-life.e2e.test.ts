import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, decide, decided, discount } from './support/client.ts'
import { ACME, connect, decisionsIn, entriesOf } from './support/ledger.ts'
import { type Environment, newHome, onServer, runWrit, startWrit } from './support/writ.ts'

const NEXT_ABOVE = {
  0.05: 0.05000000000000001,
  0.12: 0.12000000000000001,
  0.15: 0.15000000000000002,
}
const NEXT_BELOW = {
  0.25: 0.24999999999999997,
  0.23: 0.22999999999999998,
  0.22: 0.21999999999999997,
}

describeOnServer('the shipped finance policy', () => {
  let environment: Environment
  let acme: Client
  let bo: Client

  beforeAll(async () => {
    environment = await onServer()
    acme = (await startWrit(environment)).client()
    bo = (await startWrit(environment)).client()
  })

  it.each([
    [0.05, 0.31, 'approved', 'AL1'],
    [NEXT_ABOVE[0.05], 0.31, 'approved', 'AL2'],
    [0.12, 0.31, 'approved', 'AL2'],
    [NEXT_ABOVE[0.12], 0.31, 'approved', 'AL3'],
    [0.15, 0.31, 'approved', 'AL3'],
    [NEXT_ABOVE[0.15], 0.31, 'escalated', 'AL0'],
    [0.05, 0.25, 'approved', 'AL1'],
    [0.05, NEXT_BELOW[0.25], 'approved', 'AL2'],
    [0.12, 0.23, 'approved', 'AL2'],
    [0.12, NEXT_BELOW[0.23], 'approved', 'AL3'],
    [0.15, 0.22, 'approved', 'AL3'],
    [0.15, NEXT_BELOW[0.22], 'escalated', 'AL0'],
  ])(
    'at discount %d and margin %d decides %s at %s (AS-033)',
    async (asked, margin, outcome, level) => {
      const made = await decided(acme, { discount: asked, margin })
      expect(made).toMatchObject({ outcome, autonomyLevel: level })
      const stored = await acme.get(`/decisions/${made.id}`)
      expect(stored.json()).toMatchObject({ outcome, autonomyLevel: level })
    },
  )

  it.each<[string, unknown]>([
    ['a text', 'abc'],
    ['a number as text', '0.04'],
    ['an object', {}],
    ['a list', []],
    ['true', true],
    ['null', null],
    ['nothing', undefined],
    ['less than nothing', -0.01],
    ['more than all', 1.01],
  ])(
    'refuses %s for a discount with its pointer, and writes nothing (AS-031, AS-032)',
    async (_, value) => {
      const database = await connect(environment)
      const before = await entriesOf(database)
      const reply = await decide(acme, { discount: value, margin: 0.31 })
      expect([reply.status, reply.json().code]).toEqual([422, 'request-invalid'])
      expect(reply.json<{ errors: { pointer: string }[] }>().errors).toContainEqual(
        expect.objectContaining({ pointer: '/request/discount' }),
      )
      expect(await entriesOf(database, ACME, before.length)).toEqual([])
    },
  )

  it('lets no caller name a laxer version (AS-034)', async () => {
    const body = discount()
    for (const extra of [{ policy: 'finance-constitution@1.0.0' }, { version: '1.0.0' }]) {
      const top = await acme.post('/decisions/finance', { ...body, ...extra })
      expect([top.status, top.json().code]).toEqual([422, 'request-invalid'])
      const inside = await decide(acme, { ...body.request, ...extra })
      expect([inside.status, inside.json().code]).toEqual([422, 'request-invalid'])
    }
  })

  it('has no version under a reference that is malformed or unknown (AS-036)', async () => {
    for (const [name, version] of [
      ['x', '1@2'],
      ['x', '99.0.0'],
      ['finance-constitution', '99.0.0'],
      ['finance-constitution', ''],
    ]) {
      const path = `/policies/${name}/${encodeURIComponent(version as string)}`
      const replies = [
        await acme.get(path),
        await acme.post(`${path}/activate`, undefined, { 'idempotency-key': path }),
      ]
      for (const { status, text } of replies) {
        // An empty version does not even fit the path, which is 422.
        expect([path, status]).toEqual([path, version === '' ? 422 : expect.toBeOneOf([400, 404])])
        expect(text).not.toMatch(/\n\s+at /)
      }
    }
  })

  it('stays what it is when a broken one is published (AS-037)', async () => {
    const broken = 'policy: finance-constitution\nversion: [1.2.0\n'
    const reply = await acme.post('/policies', broken)
    expect([reply.status, reply.json().code]).toEqual([422, 'policy-unreadable'])
    expect(reply.json()).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
    const file = join(newHome(), 'broken.yaml')
    writeFileSync(file, broken)
    const validated = await runWrit(['policy', 'validate', file])
    expect(validated.code).toBe(2)
    expect(validated.stderr).toMatch(/broken\.yaml: .*line \d+, column \d+/)
    expect(await decided(acme)).toMatchObject({ policy: { version: '1.0.0' } })
  })

  it('decides by 1.0.0 until 1.1.0 is activated, and by that in every process from then on (AS-035)', async () => {
    const listed = await acme.get('/policies')
    expect(listed.text).toContain('"version":"1.1.0"')
    expect((await decided(bo)).policy.ref).toBe('finance-constitution@1.0.0')
    const activate = (version: string) =>
      acme.post(`/policies/finance-constitution/${version}/activate`, undefined, {
        'idempotency-key': `activate ${version}`,
      })
    const activated = await activate('1.1.0')
    expect([activated.status, activated.json().code]).toEqual([200, undefined])
    expect((await decided(bo)).policy.version).toBe('1.1.0')
    expect((await decided(acme)).policy.version).toBe('1.1.0')
    // Rolling back is activating the older one.
    expect((await activate('1.0.0')).status).toBe(200)
    expect((await decided(bo)).policy.version).toBe('1.0.0')
  })

  it('switches under load at one position of the log: by the old before it, by the new after it', async () => {
    const database = await connect(environment)
    const before = await entriesOf(database)
    const load = Promise.all(
      Array.from({ length: 150 }, (_, i) => decided(i % 2 === 0 ? acme : bo)),
    )
    const activated = await acme.post('/policies/finance-constitution/1.1.0/activate', undefined, {
      'idempotency-key': 'activate under load',
    })
    expect(activated.status).toBe(200)
    await load
    await decided(bo)
    const added = await entriesOf(database, ACME, before.length)
    const at = added.find(({ type }) => type === 'PolicyVersionActivated')?.position ?? 0
    expect(at).toBeGreaterThan(0)
    const versionOf = (data: unknown) =>
      (data as { inputs: { policy: { version: string } } }).inputs.policy.version
    for (const { position, data } of decisionsIn(added)) {
      expect([position, versionOf(data)]).toEqual([position, position < at ? '1.0.0' : '1.1.0'])
    }
  })
})
