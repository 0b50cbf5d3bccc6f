import { describe, expect, it } from 'vitest'
import { moved, numbersFrom, POPULATIONS, windowOf } from './decisions.fixture.ts'
import { DRIFT_DEFAULTS, type DriftSettings, type DriftWindow, judgeDrift } from './judge-drift.ts'

const window = (counts: Record<string, Record<string, number>>): DriftWindow =>
  Object.fromEntries(Object.entries(counts).map(([mix, of]) => [mix, new Map(Object.entries(of))]))

const judged = (
  reference: Record<string, number>,
  current: Record<string, number>,
  over: Partial<DriftSettings> = {},
) =>
  judgeDrift({
    reference: window({ level: reference }),
    current: window({ level: current }),
    settings: { ...DRIFT_DEFAULTS, ...over },
  })

describe('two windows', () => {
  it('alarm where a share has moved far, and say which and from where to where', () => {
    const found = judged({ AL1: 500, AL2: 500 }, { AL1: 300, AL2: 700 })
    expect(found.verdict).toBe('alarm')
    const level = found.measures.find(({ mix }) => mix === 'level')
    expect(level).toMatchObject({
      ...{ alarm: true, judged: true, n: { reference: 1000, current: 1000 }, df: 1 },
      largestShift: { from: 0.5 },
      test: 'chi-square',
    })
    expect(Math.abs((level?.largestShift?.to ?? 0) - 0.5)).toBeCloseTo(0.2, 12)
  })

  it('are too few to be judged below the minimum in either, however far they are apart', () => {
    for (const [reference, current] of [
      [{ AL1: 199 }, { AL2: 5_000 }],
      [{ AL1: 5_000 }, { AL2: 199 }],
      [{}, {}],
    ] as const) {
      expect(judged(reference, current).verdict).toBe('too-few')
    }
    expect(judged({ AL1: 200 }, { AL2: 200 }).verdict).toBe('alarm')
  })

  it('do not alarm over a difference that is certain and small', () => {
    const found = judged({ AL1: 500_000, AL2: 500_000 }, { AL1: 490_000, AL2: 510_000 })
    const level = found.measures.find(({ mix }) => mix === 'level')
    expect(level?.adjustedP).toBeLessThan(1e-9)
    expect(found.verdict).toBe('steady')
  })

  it('do not alarm over a difference that is large and uncertain', () => {
    const found = judged({ AL1: 100, AL2: 100 }, { AL1: 112, AL2: 88 })
    expect(found.measures.find(({ mix }) => mix === 'level')?.largestShift?.to).toBeCloseTo(0.56)
    expect(found.verdict).toBe('steady')
  })

  it('alarm over five points exactly, and over a rare category that multiplies', () => {
    expect(judged({ AL1: 20_000, AL2: 80_000 }, { AL1: 25_000, AL2: 75_000 }).verdict).toBe('alarm')
    expect(judged({ AL1: 1_000 }, { AL1: 970, AL2: 30 }).verdict).toBe('alarm')
  })

  it('leave a mix without enough cases out, and judge the others', () => {
    const [reference, current] = [
      window({ level: { AL1: 500 }, override: { granted: 50 } }),
      window({ level: { AL1: 500 }, override: { declined: 50 } }),
    ]
    const { verdict, measures } = judgeDrift({ reference, current })
    expect(verdict).toBe('steady')
    const override = measures.find(({ mix }) => mix === 'override')
    expect(override).toMatchObject({ judged: false, adjustedP: 1, alarm: false })
  })
})

/** Checks of a hundred seeds that alarm: of 2,000 decisions, so many before and the others after. */
const alarms = (
  kinds: Parameters<typeof windowOf>[0],
  after = kinds,
  { before = 1_000, seeds = 100, settings = DRIFT_DEFAULTS } = {},
): number => {
  let count = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const next = numbersFrom(seed)
    const reference = windowOf(kinds, before, next)
    const current = windowOf(after, 2_000 - before, next)
    if (judgeDrift({ reference, current, settings }).verdict === 'alarm') count++
  }
  return count
}

/** Without the floors, what is left is the test alone with the rate it states. */
const BARE: DriftSettings = { ...DRIFT_DEFAULTS, psiFloor: 0, shareFloor: 0 }

describe('2,000 decisions', () => {
  it.each(Object.entries(POPULATIONS))(
    'of one mix (%s) alarm in at most 5 of 100 seeded runs',
    (name, kinds) => {
      const [halves, quarters] = [alarms(kinds), alarms(kinds, kinds, { before: 1_500 })]
      console.info(`${name}: ${halves} of 100 at 1,000 : 1,000, ${quarters} at 1,500 : 500`)
      expect(halves).toBeLessThanOrEqual(5)
      expect(quarters).toBeLessThanOrEqual(5)
    },
  )

  it.each([
    ['SHOP', 'AL2', 'AL1'],
    ['SHOP', 'AL2', 'AL0'],
    ['SKEWED', 'AL2', 'AL1'],
    ['MANY_RULES', 'AL2', 'AL3'],
    ['UNIFORM', 'AL2', 'AL1'],
  ] as const)(
    'alarm in at least 95 of 100 runs where 20 points of %s went from %s to %s',
    (name, from, to) => {
      const kinds = POPULATIONS[name]
      const after = moved(kinds, { from, to, points: 0.2 })
      const [halves, quarters] = [alarms(kinds, after), alarms(kinds, after, { before: 1_500 })]
      console.info(`${name} ${from} to ${to}: ${halves} of 100, ${quarters} at 1,500 : 500`)
      expect(halves).toBeGreaterThanOrEqual(95)
      expect(quarters).toBeGreaterThanOrEqual(95)
    },
  )

  it.each(Object.entries(POPULATIONS))(
    'of one mix (%s) alarm no more often than stated when only the test speaks',
    (name, kinds) => {
      const seeds = 1_000
      const count = alarms(kinds, kinds, { seeds, settings: { ...BARE, falseAlarmRate: 0.05 } })
      console.info(`${name}: ${count} of ${seeds} by the test alone at 5 %`)
      // Five per cent and three standard errors of a thousand runs.
      expect(count / seeds).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / seeds))
    },
  )

  it('of which ten points moved are found by the windows of the job, and three points are let be', () => {
    const found = (points: number): number => {
      let count = 0
      for (let seed = 1; seed <= 100; seed++) {
        const next = numbersFrom(seed)
        const reference = windowOf(POPULATIONS.SHOP, 4_000, next)
        const after = moved(POPULATIONS.SHOP, { from: 'AL2', to: 'AL1', points })
        const current = windowOf(after, 1_000, next)
        if (judgeDrift({ reference, current }).verdict === 'alarm') count++
      }
      return count
    }
    expect(found(0.1)).toBeGreaterThanOrEqual(95)
    expect(found(0.03)).toBeLessThanOrEqual(20)
  })
})
