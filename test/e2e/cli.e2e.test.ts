import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Database, OWNER } from '@writ/database'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { decided } from './support/client.ts'
import { connect } from './support/ledger.ts'
import {
  type Environment,
  newHome,
  onServer,
  runWrit,
  startWrit,
  writJson,
} from './support/writ.ts'

const FINANCE = fileURLToPath(
  new URL('../../examples/policies/finance-constitution-1.0.0.yaml', import.meta.url),
)

/** Writes a changed copy of the shipped policy. */
const changedPolicy = (from: string, to: string): string => {
  const text = readFileSync(FINANCE, 'utf8')
  if (!text.includes(from)) throw new Error(`the shipped policy no longer holds ${from}`)
  const file = join(newHome(), 'policy.yaml')
  writeFileSync(file, text.replace(from, to))
  return file
}

describe('writ, by its exit code,', () => {
  it.each([
    ['0 for help', ['--help'], 0, /Governs automated decisions/],
    ['0 for the help of a command', ['log', 'verify', '--help'], 0, /--anchors <file>/],
    ['2 for no command at all', [], 2, /Usage: writ/],
    ['2 for an unknown command', ['undo'], 2, /unknown command 'undo'/],
    ['2 for an unknown option', ['log', 'verify', '--fast'], 2, /unknown option '--fast'/],
    ['2 for a missing argument', ['policy', 'validate'], 2, /missing required argument/],
    ['2 for a file that is not there', ['policy', 'validate', 'no-such.yaml'], 2, /no-such\.yaml/],
  ])('says %s', async (_, args, code, said) => {
    const result = await runWrit(args, { WRIT_HOME: newHome() })
    expect([result.code, result.stdout + result.stderr]).toEqual([
      code,
      expect.stringMatching(said),
    ])
  })

  it('tells a policy that fails its checks (1) from one that passes (0)', async () => {
    expect((await runWrit(['policy', 'validate', FINANCE])).code).toBe(0)
    const golden = changedPolicy(
      'expect: {outcome: escalated, level: AL0,',
      'expect: {outcome: denied, level: AL0,',
    )
    const failing = await runWrit(['policy', 'test', golden])
    expect([failing.code, failing.stdout]).toEqual([
      1,
      expect.stringMatching(/outside[\s\S]*denied/),
    ])
    const shapeless = changedPolicy('hit: strictest', 'hit: sometimes')
    const invalid = await runWrit(['policy', 'validate', shapeless, '--json'])
    expect(invalid.code).toBe(1)
    expect(JSON.parse(invalid.stdout)).toMatchObject({ valid: false, code: 'policy-invalid' })
  })

  it('says 3 where it could not judge: no database, no ledger, no anchors', async () => {
    const away = { WRIT_HOME: newHome(), DATABASE_URL: 'postgres://writ@127.0.0.1:1/writ' }
    const unreachable = await runWrit(['log', 'verify'], away)
    expect([unreachable.code, unreachable.stderr]).toEqual([
      3,
      expect.stringContaining('did not answer'),
    ])
    const missing = await runWrit(['log', 'verify', '--anchors', 'no-such.ndjson'], away)
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('no-such.ndjson')])
  })
})

describeOnServer('writ', () => {
  let environment: Environment

  beforeAll(async () => {
    environment = await onServer()
    await (await startWrit(environment)).stop()
  })

  it('answers every --json with one document', async () => {
    const out = join(newHome(), 'acme.ndjson')
    const { policies, keys, status, check, doctor, exported } = {
      policies: await writJson<object[]>(['policy', 'list'], environment),
      keys: await writJson<{ name: string }[]>(['keys', 'list'], environment),
      status: await writJson<object[]>(['migrate', 'status'], environment),
      check: await writJson(['migrate', 'check'], environment),
      doctor: await writJson<{ checks: { verdict: string }[] }>(['doctor'], environment),
      exported: await writJson(['log', 'export', '--out', out], environment),
    }
    expect(policies).toContainEqual(
      expect.objectContaining({
        name: 'finance-constitution',
        version: '1.1.0',
        status: 'validated',
      }),
    )
    expect(keys.map(({ name }) => name)).toEqual(['development'])
    expect(status.length).toBeGreaterThan(0)
    expect(check).toEqual({ findings: [] })
    expect(doctor.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([])
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
    expect(exported).toMatchObject({ ledger: 'acme/main', entries: lines.length })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'LedgerOpened', position: 1 })

    const verified = await runWrit(['log', 'verify', '--file', out, '--ledger', 'acme/main'], {})
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('verified')])
    const other = await runWrit(['log', 'verify', '--file', out, '--ledger', 'acme/other'], {})
    expect(other.code).toBe(4)
    writeFileSync(
      out,
      `${lines.with(1, (lines[1] ?? '').replace('"v":1}', '"v":2}')).join('\n')}\n`,
    )
    const changed = await runWrit(['log', 'verify', '--file', out, '--ledger', 'acme/main'], {})
    expect([changed.code, changed.stdout]).toEqual([4, expect.stringMatching(/position [23]\b/)])
  })

  it('judges no ledger that is not there (3), and refuses what is no name (2)', async () => {
    const verify = (ledger: string) => runWrit(['log', 'verify', '--ledger', ledger], environment)
    const unknown = await verify('acme/typo')
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining('acme/typo')])
    expect((await verify('Not A Ledger')).code).toBe(2)
  })

  it('has no key to revoke that was never issued (1)', async () => {
    const refused = await runWrit(['keys', 'revoke', 'abcdef'], environment)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('abcdef')])
  })
})

describeOnServer('writ log verify on a database that its superuser has changed', () => {
  let environment: Environment
  let owner: Database

  beforeAll(async () => {
    environment = await onServer()
    const writ = await startWrit(environment)
    const acme = writ.client()
    for (let i = 0; i < 5; i++) await decided(acme)
    await writ.stop()
    owner = await connect(environment, OWNER)
  })

  /** As somebody who holds the database and switches the triggers off. */
  const tamper = (...texts: readonly string[]): Promise<void> =>
    owner.transaction(async (tx) => {
      await tx.script('set local session_replication_role = replica')
      for (const text of texts) await tx.script(text)
    })
  const verify = (...args: string[]) => runWrit(['log', 'verify', ...args], environment)
  const OURS = `ledger_no = (select ledger_no from log.ledgers where ledger = 'acme/main')`
  const headPosition = async (): Promise<number> => {
    const [row] = await owner.query<{ position: bigint }>({
      text: `select position from log.heads where ${OURS}`,
    })
    return Number(row?.position)
  }

  it('is anchored to the whole of it while nothing was changed (0)', async () => {
    const { code, stdout } = await verify()
    expect([code, stdout]).toEqual([0, expect.stringContaining('the whole of it')])
  })

  it('names the position of an amount that was edited (4)', async () => {
    const position = (await headPosition()) - 2
    const swap = (from: string, to: string) =>
      `update log.entries set entry = replace(entry, '"discount":${from}', '"discount":${to}')
        where ${OURS} and position = ${position}`
    await tamper(swap('0.04', '0.03'))
    const found = await verify()
    expect([found.code, found.stdout]).toEqual([
      4,
      expect.stringContaining(`position ${position}: ENTRY_HASH`),
    ])
    const { code, stdout } = await verify('--json')
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'broken' })
    await tamper(swap('0.03', '0.04'))
    expect((await verify()).code).toBe(0)
  })

  it('finds the tail missing that was cut with its head moved back, by the anchors kept outside (AS-047)', async () => {
    const head = await headPosition()
    await tamper(
      `delete from log.entries where ${OURS} and position > ${head - 3}`,
      `update log.heads h set position = e.position, hash = e.hash
        from log.entries e where e.ledger_no = h.ledger_no and e.position = ${head - 3}
        and h.${OURS}`,
    )
    const found = await verify()
    expect([found.code, found.stdout]).toEqual([4, expect.stringContaining('SIZE_REGRESSION')])
    const none = join(newHome(), 'none.ndjson')
    writeFileSync(none, '')
    const blind = await verify('--anchors', none)
    expect([blind.code, blind.stdout]).toEqual([0, expect.stringContaining('unanchored range')])
  })

  it('finds a ledger gone that was dropped as a whole, by the anchors kept outside (4)', async () => {
    await tamper(
      `delete from log.entries where ${OURS}`,
      `delete from log.heads where ${OURS}`,
      `delete from log.ledgers where ledger = 'acme/main'`,
    )
    const found = await verify()
    expect([found.code, found.stdout]).toEqual([
      4,
      expect.stringMatching(/acme\/main: BROKEN[\s\S]*SIZE_REGRESSION/),
    ])
  })
})
