import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { client, decide, decided } from './support/client.ts'
import { connect, entriesOf } from './support/ledger.ts'
import { newHome, onEmbedded, onServer, runWrit, startWrit, writJson } from './support/writ.ts'

const SECRET_LOOKING = 'hunter2-must-not-be-shown'

describe('a configuration that cannot be used', () => {
  it('ends the start with 2 and names every fault at once, never a value', async () => {
    const { code, stderr, stdout } = await runWrit(['start'], {
      WRIT_HOME: newHome(),
      WRIT_PROFILE: SECRET_LOOKING,
      WRIT_PORT: SECRET_LOOKING,
      WRIT_LOG_LEVEL: SECRET_LOOKING,
      WRIT_TENANT: 'System Wide',
      WRIT_ORIGIN: 'Not An Origin',
      WRIT_MASTER_KEY: SECRET_LOOKING,
      WRIT_SERVER_SECRET: SECRET_LOOKING,
      DATABASE_URL: `mysql://writ:${SECRET_LOOKING}@db/writ`,
    })
    expect(code).toBe(2)
    for (const name of [
      'WRIT_PROFILE',
      'WRIT_PORT',
      'WRIT_LOG_LEVEL',
      'WRIT_TENANT',
      'WRIT_ORIGIN',
      'WRIT_MASTER_KEY',
      'WRIT_SERVER_SECRET',
      'DATABASE_URL',
    ]) {
      expect(stderr).toContain(`- ${name} `)
    }
    expect(stderr + stdout).not.toContain(SECRET_LOOKING)
  })

  it('of production ends the start with 2 and names each missing setting (AS-022)', async () => {
    const { code, stderr } = await runWrit(['start'], {
      WRIT_HOME: newHome(),
      WRIT_PROFILE: 'production',
    })
    expect(code).toBe(2)
    for (const name of [
      'DATABASE_URL',
      'WRIT_MASTER_KEY',
      'WRIT_SERVER_SECRET',
      'WRIT_ANCHOR_FILE',
      'WRIT_ORIGIN',
    ]) {
      expect(stderr).toContain(`${name} is required in production`)
    }
  })
})

describe('a start that cannot go on', () => {
  it('without its database ends with 3 and says who did not answer, not the password', async () => {
    const { code, stderr } = await runWrit(['start'], {
      WRIT_HOME: newHome(),
      DATABASE_URL: `postgres://writ:${SECRET_LOOKING}@127.0.0.1:1/writ`,
    })
    expect([code, stderr]).toEqual([3, expect.stringContaining('did not answer')])
    expect(stderr).not.toContain(SECRET_LOOKING)
  })
})

describeOnServer('a start', () => {
  it('on a port that is taken ends with 2 at once and names the port', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as { port: number }
    const started = performance.now()
    const { code, stderr } = await runWrit(['start'], await onServer({ WRIT_PORT: String(port) }))
    holder.close()
    expect([code, stderr]).toEqual([2, expect.stringContaining(String(port))])
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('again on the same database changes nothing of what people have set', async () => {
    const environment = await onServer()
    const first = await startWrit(environment)
    const acme = first.client()
    const activated = await acme.post('/policies/finance-constitution/1.1.0/activate', undefined, {
      'idempotency-key': 'activate',
    })
    expect(activated.status).toBe(200)
    const off = await acme.put('/controls/flags/hr/leave', { state: 'off', reason: 'strike' })
    expect(off.status).toBe(200)
    await first.stop()
    const before = await entriesOf(await connect(environment))

    const again = (await startWrit(environment)).client()
    expect(await entriesOf(await connect(environment))).toEqual(before)
    expect((await decided(again)).policy.version).toBe('1.1.0')
    const leave = { action: 'leave', subject: { type: 'employee', id: 'bo' }, request: {} }
    expect((await again.post('/decisions/hr', leave)).json().code).toBe('action-disabled')
  })

  it('refuses a revoked key within a second in every process (AS-018)', async () => {
    const environment = await onServer()
    const both = [await startWrit(environment), await startWrit(environment)]
    const create = ['keys', 'create', '--name', 'bo', '--person']
    const { token, keyId } = await writJson<{ token: string; keyId: string }>(create, environment)
    const callers = both.map(({ url }) => client(url, token))
    for (const caller of callers) expect((await decide(caller)).status).toBe(201)
    await writJson(['keys', 'revoke', keyId], environment)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    for (const caller of callers) expect((await decide(caller)).status).toBe(401)
  })
})

describe('the embedded database', () => {
  it('serves commands while the server runs on it, and they see what it wrote', async () => {
    const environment = onEmbedded()
    const home = { WRIT_HOME: environment.WRIT_HOME as string }
    const fresh = await runWrit(['doctor'], home)
    expect(fresh.stdout).toMatch(/^ok +schema +no drift$/m)
    expect(fresh.stdout).toMatch(/^warn +head .*writ start$/m)
    expect([fresh.code, fresh.stderr]).toEqual([0, ''])
    const writ = await startWrit(environment)
    const acme = writ.client()
    const { log } = await decided(acme)
    expect(writ.said()).toContain('not against power loss')
    const load = Promise.all(Array.from({ length: 50 }, () => decided(acme)))
    const verified = await writJson<{ ledgers: { ledger: string; entries: number }[] }>(
      ['log', 'verify'],
      environment,
    )
    await load
    const own = verified.ledgers.find(({ ledger }) => ledger === 'acme/main')
    expect(own?.entries).toBeGreaterThanOrEqual(log.position)
    const { checks } = await writJson<{ checks: { name: string; verdict: string }[] }>(
      ['doctor'],
      environment,
    )
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(checks).toContainEqual(expect.objectContaining({ name: 'head', verdict: 'ok' }))
    expect((await writ.stop('SIGINT')).code).toBe(0)
  })
})
