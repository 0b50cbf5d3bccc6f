import { describe, expect, it } from 'vitest'
import { BadConfig, readConfig } from './config.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const PRODUCTION = {
  WRIT_PROFILE: 'production',
  DATABASE_URL: 'postgres://writ@db/writ',
  WRIT_MASTER_KEY: KEY,
  WRIT_SERVER_SECRET: KEY,
  WRIT_ANCHOR_FILE: '/srv/anchors.ndjson',
  WRIT_ORIGIN: 'writ.example.org',
}

const problemsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readConfig(env)
    return []
  } catch (fault) {
    if (fault instanceof BadConfig) return fault.problems
    throw fault
  }
}

describe('the configuration', () => {
  it('needs nothing in development', () => {
    expect(readConfig({ WRIT_HOME: '/srv/writ' })).toMatchObject({
      profile: 'development',
      tenant: 'acme',
      host: '127.0.0.1',
      port: 8420,
      logLevel: 'info',
      origin: 'writ.local',
      anchorFile: '/srv/writ/anchors.ndjson',
      databaseUrl: undefined,
    })
  })

  it('takes an empty variable for an absent one', () => {
    const empty = Object.fromEntries(Object.keys(PRODUCTION).map((name) => [name, '']))
    expect(readConfig({ ...empty, WRIT_PORT: '' })).toEqual(readConfig({}))
  })

  it('of production is complete, or names every setting that is missing', () => {
    expect(problemsOf(PRODUCTION)).toEqual([])
    for (const name of Object.keys(PRODUCTION)) {
      if (name === 'WRIT_PROFILE') continue
      const without = { ...PRODUCTION, [name]: '' }
      expect(problemsOf(without)).toEqual([expect.stringMatching(`^${name} is required`)])
    }
    expect(problemsOf({ WRIT_PROFILE: 'production' })).toHaveLength(5)
  })

  it.each([
    ['WRIT_PROFILE', ['Production', 'prod']],
    ['WRIT_PORT', ['-1', '65536', '80.5', '8420x']],
    ['WRIT_TENANT', ['system', 'Acme', 'a/b', 'a'.repeat(40)]],
    ['WRIT_ORIGIN', ['Writ', 'a b', 'x/y']],
    ['WRIT_LOG_LEVEL', ['INFO', 'verbose']],
    ['WRIT_MASTER_KEY', ['short', Buffer.alloc(33).toString('base64')]],
    ['WRIT_SERVER_SECRET', ['short']],
    ['DATABASE_URL', ['mysql://x/y', 'postgres:/x', 'localhost']],
    ['DATABASE_OWNER_URL', ['http://x']],
  ])('refuses a %s it cannot use, and does not repeat it', (name, values) => {
    for (const value of values) {
      const problems = problemsOf({ [name]: value })
      expect([value, problems]).toEqual([value, [expect.stringMatching(`^${name} must `)]])
      expect(problems[0]).not.toContain(`"${value}"`)
    }
  })
})
