import type { JsonObject } from '@writ/kernel'
import type { Row } from '@writ/projector'
import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import {
  decisionMade,
  minutesAfterNoon,
  outcomeRecorded,
  type Told,
  uuid,
} from '../shared/history.fixture.ts'
import {
  countedAt,
  decisions,
  EXPECTED,
  knownAt,
  outcomeMessages,
  POLICY,
  published,
  WINDOW_MINUTES,
} from './outcome-scenario.fixture.ts'
import { variantStatsProjection } from './variant-stats.projection.ts'

const fold = folding(variantStatsProjection)
const results = (told: readonly Told[]): readonly Row[] => fold(told)('variant_results')

/** What arrival may change: where and when the log took a message in, and nothing else. */
const apartFromArrival = (rows: readonly Row[]): string =>
  JSON.stringify(
    rows.map(({ decision_position: _, received_position: __, received_at: ___, ...row }) => row),
  )

const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length <= 1
    ? [items]
    : items.flatMap((item, i) =>
        permutations(items.filter((_, at) => at !== i)).map((rest) => [item, ...rest]),
      )

/** Thousands of folds take 2 s, several times that on a loaded machine. Unit: ms. */
const MANY_FOLDS_MS = 60_000

describe('the scenario of late, repeated, corrected and retracted outcomes', () => {
  it.each(
    (['shadow', 'forced', 'override'] as const).flatMap((notCounted) =>
      Object.keys(EXPECTED).map((minute) => [Number(minute), notCounted] as const),
    ),
  )('counts as expected at minute %i, where what does not count is a %s', (minute, notCounted) => {
    expect(countedAt(results(knownAt(minute, notCounted)), minute)).toEqual(EXPECTED[minute])
  })

  const FINAL = apartFromArrival(results(knownAt(200)))

  it('ends in one state in every order of its messages', { timeout: MANY_FOLDS_MS }, () => {
    const before = [published(), ...decisions()]
    // All orders of the seven; the repeat of the first comes last here, and anywhere in the drawn orders below.
    const [first, repeated, ...others] = outcomeMessages as [Told, Told, ...Told[]]
    const orders = permutations([first, ...others])
    expect(orders).toHaveLength(5_040)
    const odd = orders.filter(
      (order) => apartFromArrival(results([...before, ...order, repeated])) !== FINAL,
    )
    expect(odd).toEqual([])
  })

  it('ends in it also where outcomes come first, in 500 drawn orders', {
    timeout: MANY_FOLDS_MS,
  }, () => {
    const draw = drawn(20_261_202)
    const all = [...decisions('override').filter(isMade), ...outcomeMessages, ...outcomeMessages]
    const final = apartFromArrival(results([published(), ...all]))
    for (let i = 0; i < 500; i++) {
      const order = shuffled(all, draw)
      expect([i, apartFromArrival(results([published(), ...order]))]).toEqual([i, final])
    }
  })

  const isMade = ({ type }: Told): boolean => type === 'DecisionMade'
})

describe('results of decisions', () => {
  const at = minutesAfterNoon(0)
  const D1 = decisionMade({ id: uuid(1), at })
  const told = (values: JsonObject, more: object = {}): Told =>
    outcomeRecorded({ decisionId: uuid(1), values, occurredAt: minutesAfterNoon(5), ...more })

  it('are there from the decision on, for each metric of its policy', () => {
    const document = {
      ...POLICY,
      reward: [
        ...(POLICY.reward as readonly JsonObject[]),
        { metric: 'right', success: 'outcome.ok', window: 'P1D', silence: 'none' },
      ],
    }
    const rows = results([published(document, `sha256:${'e'.repeat(64)}`), withDigest(D1, 'e')])
    expect(
      rows.map(({ metric, silence, window_ms, window_ends_at }) => [
        ...[metric, silence, window_ms, window_ends_at],
      ]),
    ).toEqual([
      ['right', 'none', 86_400_000, minutesAfterNoon(1440)],
      ['won', 'failure', 6_000_000, minutesAfterNoon(WINDOW_MINUTES)],
    ])
    expect(rows[1]).toEqual({
      decision_id: uuid(1),
      metric: 'won',
      policy: 'finance-constitution',
      policy_version: '1.1.0',
      policy_digest: `sha256:${'e'.repeat(64)}`,
      variant: 'A',
      domain: 'finance',
      action: 'discount',
      decision_outcome: 'approved',
      level: 'AL2',
      decided_at: at,
      recorded_at: at,
      decision_position: 2,
      counts: true,
      window_ms: 6_000_000,
      window_ends_at: minutesAfterNoon(WINDOW_MINUTES),
      silence: 'failure',
      verdict: null,
      result: null,
      retracted: null,
      occurred_at: null,
      revision: null,
      received_at: null,
      received_position: null,
    })
  })

  it.each([
    ['at the instant of the decision', 0, 'success'],
    ['at the end of the window', WINDOW_MINUTES, 'success'],
    ['after the window', WINDOW_MINUTES + 1, null],
    ['before the decision', -1, null],
  ])('of an outcome %s', (_, minute, verdict) => {
    const [row] = results([
      published(),
      D1,
      told(
        { value: 1 },
        { occurredAt: minutesAfterNoon(minute), recordedAt: minutesAfterNoon(900) },
      ),
    ])
    expect(row).toMatchObject({ verdict, result: 'success' })
  })

  it('of an outcome that cannot be judged are as if none had come', () => {
    const [row] = results([published(), D1, told({ something: 'else' })])
    expect(row).toMatchObject({ verdict: null, result: 'none', retracted: false })
  })

  it('forget metrics that the policy does not reward, before and after the decision', () => {
    const bank = told({ first: 'declined' }, { metric: 'bank' })
    for (const order of [
      [D1, bank],
      [bank, D1],
    ]) {
      const rows = fold([published(), ...order])
      expect(rows('variant_decisions')[0]?.outcomes).toEqual({})
      expect(rows('variant_results')).toHaveLength(1)
    }
  })

  it('keep no values once judged', () => {
    const [known] = fold([published(), told({ value: 1 }), D1])('variant_decisions')
    expect(JSON.stringify(known?.outcomes)).not.toContain('"values"')
  })

  it('do not exist without a policy, or with one that rewards nothing', () => {
    const { reward: _, ...silent } = POLICY
    const without = decisionMade({ id: uuid(1), policy: null, variant: null })
    const none = published(silent, `sha256:${'f'.repeat(64)}`)
    expect(
      results([published(), told({ value: 1 }), without, told({ value: 0 }, { revision: 2 })]),
    ).toEqual([])
    const rows = fold([none, withDigest(D1, 'f'), told({ value: 1 })])
    expect(rows('variant_results')).toEqual([])
    expect(rows('variant_decisions')[0]?.outcomes).toEqual({})
  })

  it('of a vetoed or overridden decision do not count, whenever the person acted', () => {
    for (const type of ['DecisionVetoed', 'DecisionOverridden']) {
      const act: Told = { type, stream: `decision:${uuid(1)}`, data: {} }
      for (const order of [
        [D1, told({ value: 1 }), act],
        [D1, act, told({ value: 1 })],
      ]) {
        expect(results([published(), ...order])[0]).toMatchObject({
          counts: false,
          verdict: 'success',
        })
      }
    }
  })

  it('are judged by the policy that decided, whatever was published since', () => {
    const stricter = { ...POLICY, params: { goal: { type: 'int', value: 0, min: 0, max: 1 } } }
    const rows = results([
      published(),
      D1,
      published(stricter, `sha256:${'a'.repeat(64)}`),
      withDigest(decisionMade({ id: uuid(2), at }), 'a'),
      told({ value: 1 }),
      told({ value: 1 }, { decisionId: uuid(2) }),
    ])
    expect(rows.map(({ verdict }) => verdict)).toEqual(['success', 'failure'])
  })

  it('need the document of a policy: its publication is parked without', () => {
    const { attached: _, ...bare } = published()
    expect(() => fold([bare])).toThrow(/is not attached/)
  })
})

const withDigest = (made: Told, letter: string): Told => {
  const { inputs, ...rest } = made.data as { inputs: JsonObject } & JsonObject
  const digest = `sha256:${letter.repeat(64)}`
  const policy = { ...(inputs.policy as JsonObject), digest }
  return { ...made, data: { ...rest, inputs: { ...inputs, policy } } }
}

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
const drawn = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const shuffled = <T>(items: readonly T[], draw: () => number): readonly T[] => {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    const other = order[j] as T
    order[j] = order[i] as T
    order[i] = other
  }
  return order
}
