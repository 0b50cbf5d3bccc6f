import { comparableSchema } from '@writ/cli'
import { OWNER } from '@writ/database'
import { beforeAll, expect, it } from 'vitest'
import { cloneDatabase, describeOnServer } from '../support/test-databases.ts'
import { connect } from './support/ledger.ts'
import { type Environment, newHome, runWrit, writJson } from './support/writ.ts'

describeOnServer('writ migrate', () => {
  let environment: Environment

  beforeAll(async () => {
    environment = { DATABASE_URL: await cloneDatabase('template1'), WRIT_HOME: newHome() }
  })

  it('up, run by two processes at once, applies each migration once', async () => {
    const both = await Promise.all(
      [1, 2].map(() => writJson<{ applied: string[] }>(['migrate', 'up'], environment)),
    )
    const applied = both.flatMap((one) => one.applied)
    expect(applied.length).toBeGreaterThan(0)
    expect(new Set(applied).size).toBe(applied.length)
    const status = await writJson<{ name: string; state: string }[]>(
      ['migrate', 'status'],
      environment,
    )
    expect(status.map(({ state }) => state)).toEqual(applied.map(() => 'applied'))
    expect(status.map(({ name }) => name)).toEqual([...applied].sort())
  })

  it('down asks for --yes and then empties the database, and up makes the same schema again', async () => {
    const owner = await connect(environment, OWNER)
    const before = await comparableSchema(owner)
    const asked = await runWrit(['migrate', 'down', '--to', '0'], environment)
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(await comparableSchema(owner)).toBe(before)
    for (const to of ['abc', '-1', '0.5']) {
      const careless = await runWrit(['migrate', 'down', `--to=${to}`, '--yes'], environment)
      expect(careless.code).toBe(2)
    }
    expect(await comparableSchema(owner)).toBe(before)
    expect((await runWrit(['migrate', 'down', '--to', '0', '--yes'], environment)).code).toBe(0)
    expect(await comparableSchema(owner)).not.toContain('table log.')
    expect((await runWrit(['migrate', 'check'], environment)).code).toBe(1)
    expect((await runWrit(['migrate', 'up'], environment)).code).toBe(0)
    expect(await comparableSchema(owner)).toBe(before)
  })

  it('down is refused in production, whatever it is asked', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    const production = {
      ...environment,
      WRIT_PROFILE: 'production',
      WRIT_MASTER_KEY: key,
      WRIT_SERVER_SECRET: key,
      WRIT_ANCHOR_FILE: `${environment.WRIT_HOME}/anchors.ndjson`,
      WRIT_ORIGIN: 'writ.test',
    }
    const refused = await runWrit(['migrate', 'down', '--to', '0', '--yes'], production)
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('production')])
    expect((await runWrit(['migrate', 'check'], production)).code).toBe(0)
  })
})
