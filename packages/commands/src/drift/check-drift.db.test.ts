import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  type TestDatabase,
} from '../../../../test/support/test-databases.ts'
import type { Caller, CommandContext } from '../caller.ts'
import { setCeiling } from '../control/set-ceiling.command.ts'
import { setActionFlag, setKillSwitch } from '../control/set-control.command.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { depsOver, openLedgers } from '../shared/deps.fixture.ts'
import { newEvent } from '../shared/new-event.ts'
import { checkDrift, type DriftReport } from './check-drift.command.ts'
import { clearDriftAlarm } from './clear-alarm.command.ts'
import type { DriftCounter } from './drift-windows.ts'

const LEDGER = 'acme/main' as LedgerName
const ADA: Caller = {
  ...{ tenant: 'acme', ledger: LEDGER, actor: { type: 'person', id: 'ada' } },
  ...{ scopes: new Set(), roles: new Set<string>() },
}
const DIGEST = `sha256:${'d'.repeat(64)}`

type Counts = Readonly<Record<string, number>>
type WindowsAsked = Parameters<DriftCounter['windows']>[0]

const SHIFTED: readonly [Counts, Counts] = [
  { AL1: 500, AL2: 500 },
  { AL1: 300, AL2: 700 },
]

/** Counts as they are told, with what was asked of them; `meanwhile` happens while somebody counts. */
const counting = (
  [reference, current]: readonly [Counts, Counts] = SHIFTED,
  meanwhile: () => Promise<unknown> = async () => undefined,
): { readonly counter: DriftCounter; readonly asked: WindowsAsked[] } => {
  const asked: WindowsAsked[] = []
  const windowOf = (level: Counts) => ({
    ...{ first: 1, last: 9, decisions: Object.values(level).reduce((a, b) => a + b, 0) },
    counts: { level: new Map(Object.entries(level)) },
  })
  return {
    asked,
    counter: {
      decisions: async () => ({ position: 77, decisions: 2_345 }),
      windows: async (wanted) => {
        asked.push(wanted)
        await meanwhile()
        return { position: 90, reference: windowOf(reference), current: windowOf(current) }
      },
    },
  }
}

/** Lets nobody go on before so many have come. */
const meeting = (expected: number): (() => Promise<void>) => {
  let open = (): void => {}
  let come = 0
  const all = new Promise<void>((resolve) => {
    open = resolve
  })
  return async () => {
    if (++come >= expected) open()
    await all
  }
}

describeOnBothDatabases('a check for drift', (open) => {
  let test: TestDatabase
  let deps: Deps
  let domains = 0

  beforeAll(async () => {
    test = await open()
    deps = depsOver(test)
    await openLedgers(deps, LEDGER, ADA.actor)
  })

  const context: CommandContext = { caller: ADA }

  /** A domain of its own with an active policy; the position of that. */
  const governed = async (): Promise<{ domain: string; at: number }> => {
    const domain = `domain-${++domains}`
    const event = newEvent(deps, context, {
      type: 'PolicyVersionActivated',
      stream: `policy:${domain}`,
      data: {
        ...{ name: domain, version: '1.0.0', domain, digest: DIGEST, publishedBy: 'ada' },
        ...{ effectiveFrom: null, approvedBy: [] },
      },
    })
    const result = await deps.log.append(LEDGER, { caller: 'test', events: [{ event }] })
    if (result instanceof Problem || result.status !== 'appended') throw new Error('not activated')
    return { domain, at: result.places[0]?.position ?? 0 }
  }

  const check = async (
    domain: string,
    { counter }: Pick<ReturnType<typeof counting>, 'counter'>,
    more: object = {},
  ): Promise<DriftReport> => {
    const windows = { by: 'decisions', current: 1_000, reference: 1_000 } as const
    const report = await checkDrift(deps)(context, { domain, windows, ...more }, counter)
    if (report instanceof Problem) throw new Error(report.detail)
    return report
  }
  const raise = { raise: true }
  const head = async (): Promise<number> => (await deps.reader.head(LEDGER))?.position ?? 0
  const written = async (after: number) =>
    (await deps.reader.page(LEDGER, after, 100)).map((stored) => currentEntry(stored))
  const ceiling = (domain: string) =>
    setCeiling(deps)(context, { level: 'AL1', scope: { domain }, reason: 'a trial' })

  it('begins behind the last act of people that reaches the domain, and of none that does not', async () => {
    const { domain, at } = await governed()
    const after = async () => (await check(domain, counting())).after
    expect(await after()).toBe(at)
    await ceiling('elsewhere')
    await setActionFlag(deps)(context, {
      ...{ domain: 'elsewhere', action: 'discount', state: 'on', reason: 'opening' },
    })
    await setKillSwitch(deps)(context, { state: 'human-only', reason: 'an audit' })
    expect(await after()).toBe(at)
    await setActionFlag(deps)(context, { domain, action: 'x', state: 'on', reason: 'opening' })
    expect(await after()).toBe(await head())
    await ceiling(domain)
    expect(await after()).toBe(await head())
    await setCeiling(deps)(context, { level: 'AL2', reason: 'the whole ledger' })
    expect(await after()).toBe(await head())
  })

  it('writes nothing unless it is told to raise, and nothing where nothing drifts', async () => {
    const { domain } = await governed()
    const before = await head()
    const found = await check(domain, counting())
    expect(found).toMatchObject({ raised: false, open: null, judgement: { verdict: 'alarm' } })
    const steady = counting([SHIFTED[0], SHIFTED[0]])
    expect((await check(domain, steady, raise)).judgement.verdict).toBe('steady')
    const ungoverned = counting([{}, {}])
    expect(await check('nowhere', ungoverned, raise)).toMatchObject({
      ...{ policy: null, judgement: { verdict: 'too-few' } },
    })
    expect(await head()).toBe(before)
  })

  it('looks at the last whole block, up to the position that was counted', async () => {
    const { domain, at } = await governed()
    const told = counting()
    await check(domain, told, { windows: { by: 'blocks', current: 1_000, reference: 4_000 } })
    expect(told.asked).toEqual([
      {
        ...{ ledger: LEDGER, domain, policyDigest: DIGEST, after: at, through: 77 },
        windows: { by: 'decisions', skip: 345, current: 1_000, reference: 4_000 },
      },
    ])
  })

  it.each([
    ['one-level', ['DriftAlarmRaised', 'CeilingSet']],
    ['off', ['DriftAlarmRaised']],
  ])('raises in one append, once, of two at the same time (lowering %s)', async (lower, types) => {
    const { domain } = await governed()
    const before = await head()
    // Both have looked before either raises.
    const gate = meeting(2)
    const reports = await Promise.all(
      [1, 2].map(() => check(domain, counting(SHIFTED, gate), { ...raise, lower })),
    )
    expect(reports.map(({ raised }) => raised).sort()).toEqual([false, true])
    expect(new Set(reports.map((one) => one.open?.alarmId)).size).toBe(1)
    const entries = await written(before)
    expect(entries.map(({ type }) => type)).toEqual(types)
    if (lower === 'one-level') {
      expect(entries[1]?.data).toMatchObject({ level: 'AL1', source: 'drift' })
    }
  })

  it('decides again where a control moved while it counted', async () => {
    const { domain } = await governed()
    let moves = 1
    const told = counting(SHIFTED, async () => moves-- > 0 && ceiling(domain))
    const report = await check(domain, told, raise)
    expect(told.asked).toHaveLength(2)
    expect(told.asked[1]?.after).toBeGreaterThan(told.asked[0]?.after ?? 0)
    expect(report.raised).toBe(true)
  })

  it('of one action lowers that action, and never to where drift is already', async () => {
    const { domain } = await governed()
    const first = await check(domain, counting(), raise)
    expect(first.open?.loweredTo).toBe('AL1')
    await clearDriftAlarm(deps)(context, first.open?.alarmId ?? '', { reason: 'looked at' })
    const before = await head()
    const second = await check(domain, counting(), { ...raise, action: 'discount' })
    expect(second.open?.loweredTo).toBeNull()
    expect((await written(before)).map(({ type }) => type)).toEqual(['DriftAlarmRaised'])
  })

  it('begins anew behind the clearing of an alarm', async () => {
    const { domain } = await governed()
    const { open } = await check(domain, counting(), { ...raise, lower: 'off' })
    const cleared = await clearDriftAlarm(deps)(context, open?.alarmId ?? '', { reason: 'fine' })
    if (cleared instanceof Problem) throw new Error(cleared.detail)
    expect((await check(domain, counting())).after).toBe(cleared.position)
  })
})
