import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type BadConfig, readConfig } from './config.ts'
import { KNOWN_NAMES, unknownNames } from './unknown-names.ts'

const CONFIGURATION = new URL('../../../../docs/reference/configuration.md', import.meta.url)

describe('a name in the environment that nothing reads', () => {
  it.each([
    ['WRIT_LOGLEVEL', 'WRIT_LOG_LEVEL'],
    ['WRIT_PROT', 'WRIT_PORT'],
    ['WRIT_ANCHORFILE', 'WRIT_ANCHOR_FILE'],
    ['WRIT_ANCHORS', 'WRIT_ANCHOR_FILE'],
    ['WRIT_MASTERKEY', 'WRIT_MASTER_KEY'],
    ['WRIT_SERVER_SECRETS', 'WRIT_SERVER_SECRET'],
    ['Writ_Home', 'WRIT_HOME'],
    ['WRIT_TENNANT', 'WRIT_TENANT'],
  ])('is told with the closest one that is read: %s', (name, known) => {
    expect(unknownNames({ [name]: 'x' })).toEqual([`${name} is not known; did you mean ${known}?`])
  })

  it('is told without a guess where none is close, and never with its value', () => {
    expect(unknownNames({ WRIT_SOMETHING_ELSE_ENTIRELY: 'hunter2' })).toEqual([
      'WRIT_SOMETHING_ELSE_ENTIRELY is not known',
    ])
  })

  it('is not one that is read, nor one of the test run, nor somebody else’s', () => {
    const known = Object.fromEntries(KNOWN_NAMES.map((name) => [name, 'x']))
    expect(unknownNames({ ...known, WRIT_TEST_PG_BIN: '/x', WRITER: 'x', PATH: '/bin' })).toEqual(
      [],
    )
  })

  it('stops production, and development only where it may have been the profile', () => {
    expect(() => readConfig({ WRIT_LOGLEVEL: 'debug' })).not.toThrow()
    const refused = (env: Readonly<Record<string, string>>): readonly string[] => {
      try {
        readConfig(env)
        return []
      } catch (fault) {
        return (fault as BadConfig).problems
      }
    }
    const production = refused({ WRIT_PROFILE: 'production', WRIT_LOGLEVEL: 'debug' })
    expect(production).toContain('WRIT_LOGLEVEL is not known; did you mean WRIT_LOG_LEVEL?')
    expect(refused({ WRIT_PROFIL: 'production' })).toEqual([
      'WRIT_PROFIL is not known; did you mean WRIT_PROFILE?',
    ])
  })
})

it('the names that are read are those of the configuration’s page, and of its reader', () => {
  const page = readFileSync(CONFIGURATION, 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const described = rows.flatMap((row) => row.split('|')[1]?.match(/WRIT_[A-Z_]+/g) ?? [])
  expect([...new Set(described)].sort()).toEqual([...KNOWN_NAMES])
  const readers = ['config.ts', 'cache-directory.ts'].map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  )
  const read = readers.join('\n').match(/WRIT_[A-Z_]+/g) ?? []
  expect([...new Set(read)].sort()).toEqual([...KNOWN_NAMES])
})
