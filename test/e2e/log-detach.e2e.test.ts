import { OWNER } from '@writ/database'
import { beforeAll, describe, expect, it } from 'vitest'
import { SHORT_SPAN, withShortRanges } from '../conformance/support/short-ranges.ts'
import { describeOnServer } from '../support/test-databases.ts'
import { decide, decided } from './support/client.ts'
import { connect } from './support/ledger.ts'
import {
  type Environment,
  type Finished,
  onEmbedded,
  onServer,
  runWrit,
  startWrit,
  writJson,
} from './support/writ.ts'

interface Verified {
  readonly ledgers: readonly {
    readonly ledger: string
    readonly detachedTo: number
    readonly findingCount: number
    readonly sealed: object
  }[]
}

describeOnServer('writ log detach', (open) => {
  let environment: Environment
  let shard: number
  let earlyDecision: string

  beforeAll(async () => {
    // Ranges of 8 positions, made before the first ledger: one of 64 Mi is nothing a test can fill.
    const opened = await open()
    await withShortRanges(opened)
    environment = { ...(await onServer()), ...opened.environment }
    const writ = await startWrit(environment)
    const acme = writ.client()
    earlyDecision = (await decided(acme)).id
    await acme.post('/decisions/finance', {
      action: 'discount',
      subject: { type: 'customer', id: 'ada' },
      request: { discount: 0.04, margin: 0.31, note: 'sealed' },
    })
    await writ.stop()
    const owner = await connect(environment, OWNER)
    const [row] = await owner.query<{ shard: number }>({
      text: `select s as shard from generate_series(0, 7) s, log.ledgers l
        where l.ledger = 'acme/main' and satisfies_hash_partition('log.entries'::regclass, 8, s, l.ledger_no)`,
    })
    shard = row?.shard as number
    // The keys of those requests are minutes old, and a repeat within a day is answered from the entries themselves.
    await owner.script('delete from log.append_keys')
  })

  const detach = (...args: string[]): Promise<Finished> =>
    runWrit(['log', 'detach', '--shard', `${shard}`, '--range', ...args], environment)

  it('asks for --yes (2), and says before that what would leave', async () => {
    const asked = await detach('0')
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')])
    const dry = await detach('0', '--dry-run')
    expect([dry.code, dry.stdout]).toEqual([
      0,
      expect.stringMatching(/acme\/main: positions 1 to 7\n7 entries would leave the log/),
    ])
    expect((await detach('x', '--yes')).code).toBe(2)
  })

  it('says why a range stays (1)', async () => {
    const newest = await detach('2', '--yes')
    expect([newest.code, newest.stderr]).toEqual([
      1,
      expect.stringMatching(/Not detached: .*newest/),
    ])
    const outOfTurn = await detach('1', '--dry-run')
    expect([outOfTurn.code, outOfTurn.stderr]).toEqual([1, expect.stringContaining('range 0')])
  })

  it('moves it, and verify says that it is detached, not lost (0)', async () => {
    const done = await writJson<object>(
      ['log', 'detach', '--shard', `${shard}`, '--range', '0', '--yes'],
      environment,
    )
    expect(done).toEqual({
      status: 'detached',
      table: `log.entries_${shard}_0`,
      entries: SHORT_SPAN - 1,
      ledgers: [{ ledger: 'acme/main', from: 1, to: 7 }],
    })
    const { ledgers } = await writJson<Verified>(['log', 'verify'], environment)
    const acme = ledgers.find(({ ledger }) => ledger === 'acme/main')
    expect(acme).toMatchObject({
      detachedTo: 7,
      findingCount: 0,
      sealed: { status: 'opened', values: 1, erased: 0 },
    })
    const shown = await runWrit(['log', 'verify', '--ledger', 'acme/main'], environment)
    expect([shown.code, shown.stdout]).toEqual([
      0,
      expect.stringMatching(/1 opened, 0 erased[\s\S]*positions 1 to 7 are detached/),
    ])
    const exported = await runWrit(['log', 'export'], environment)
    expect([exported.code, exported.stderr]).toEqual([3, expect.stringContaining('detached')])
  })

  it('leaves a Writ that starts, decides by the policies published in the range, and appends', async () => {
    const writ = await startWrit(environment)
    const acme = writ.client()
    expect((await decided(acme)).policy.version).toBe('1.0.0')
    expect((await decide(acme, undefined, { 'idempotency-key': 'k1-0123456789' })).status).toBe(201)
    expect((await acme.get(`/decisions/${earlyDecision}`)).status).toBe(200)
    await writ.stop()
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
  })

  it('after a restore, says so in every ledger and goes on', async () => {
    const asked = await runWrit(['log', 'restored'], environment)
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')])
    const unknown = await runWrit(
      ['log', 'restored', '--yes', '--ledger', 'acme/typo'],
      environment,
    )
    expect(unknown.code).toBe(3)
    const { ledgers } = await writJson<{ ledgers: { ledger: string; epoch: number }[] }>(
      ['log', 'restored', '--yes'],
      environment,
    )
    expect(ledgers.map(({ ledger, epoch }) => [ledger, epoch])).toEqual([
      ['acme/main', 1],
      ['system/control', 1],
    ])
    const writ = await startWrit(environment)
    await decided(writ.client())
    await writ.stop()
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
  })
})

describe('writ log detach and restored on the embedded database', () => {
  it('work as its owner', async () => {
    const environment = onEmbedded()
    const refused = await runWrit(
      ['log', 'detach', '--shard', '0', '--range', '0', '--yes'],
      environment,
    )
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('newest range')])
    expect(await writJson(['log', 'restored', '--yes'], environment)).toEqual({ ledgers: [] })
  })
})

describeOnServer('writ log verify without the secrets', () => {
  it('says that sealed values were not opened: no master key, or another one', async () => {
    const environment = await onServer()
    const writ = await startWrit(environment)
    await writ.client().post('/events', {
      type: 'PatientAdmitted',
      subject: { type: 'patient', id: 'ada' },
      data: { diagnosis: 'migraine' },
    })
    await writ.stop()
    const elsewhere = { ...environment, WRIT_HOME: (await onServer()).WRIT_HOME as string }
    const verify = (where: Environment) => runWrit(['log', 'verify'], where)
    const blind = await verify(elsewhere)
    expect([blind.code, blind.stdout]).toEqual([
      0,
      expect.stringContaining('not opened: the master key is not at hand'),
    ])
    // By now that home has a key of its own, and it is not the one.
    const wrong = await verify(elsewhere)
    expect([wrong.code, wrong.stdout]).toEqual([
      0,
      expect.stringContaining('opens none of their keys'),
    ])
    expect((await verify(environment)).stdout).toContain('1 opened, 0 erased')
  })
})
