import { holm } from './holm.ts'
import { type Homogeneity, homogeneity, mergeSparse } from './homogeneity.ts'
import { type Category, psi, totals } from './psi.ts'

/**
 * What is watched. `outcome`, `level`, `rule` (which rules decided) and `missing-evidence` have one case a decision;
 * `override` has one case a review that people closed by their votes, `veto` one an act that people might have vetoed.
 */
export const DRIFT_MIXES = [
  'outcome',
  'level',
  'rule',
  'override',
  'veto',
  'missing-evidence',
] as const
export type DriftMix = (typeof DRIFT_MIXES)[number]

/** Cases by category. */
export type MixCounts = ReadonlyMap<string, number>
/** One window; a mix that is not there has no cases. */
export type DriftWindow = Readonly<Partial<Record<DriftMix, MixCounts>>>

export interface DriftSettings {
  /** Most checks, of those without any drift, that may raise an alarm. 0 to 1, exclusive. */
  readonly falseAlarmRate: number
  /** Fewest cases of a mix in each window for it to be judged. Unit: cases, from 1. */
  readonly minimum: number
  /** A shift is large from this index on, or from this movement of one category's share on. 0 to 1 as a share. */
  readonly psiFloor: number
  readonly shareFloor: number
}

/** 1 % of checks; 200 cases, so that five points are some two standard errors; 0.1, the rule of thumb's first step. */
export const DRIFT_DEFAULTS: DriftSettings = {
  falseAlarmRate: 0.01,
  minimum: 200,
  psiFloor: 0.1,
  shareFloor: 0.05,
}

export interface DriftMeasure {
  readonly mix: DriftMix
  readonly n: { readonly reference: number; readonly current: number }
  /** False: a window has fewer cases than the minimum; nothing is said of it, and p is 1. */
  readonly judged: boolean
  readonly psi: number
  readonly test: Homogeneity['test']
  readonly statistic: number
  readonly df: number
  readonly p: number
  /** By Holm over all mixes judged in this check. */
  readonly adjustedP: number
  /** Shares of all cases, 0 to 1. Null where a window is empty. */
  readonly largestShift: {
    readonly category: string
    readonly from: number
    readonly to: number
  } | null
  /** As tested: sparse ones are merged. The most frequent first. */
  readonly categories: readonly Category[]
  readonly alarm: boolean
}

export interface DriftJudgement {
  /** `too-few`: no mix has enough cases in both windows. */
  readonly verdict: 'steady' | 'alarm' | 'too-few'
  readonly measures: readonly DriftMeasure[]
  readonly falseAlarmRate: number
  readonly settings: DriftSettings
}

/**
 * Compares two windows that share no case. A mix alarms where its difference is both unlikely without drift (adjusted
 * p ≤ `falseAlarmRate`) and large (the index or the movement of one share reaches its floor): a huge window makes every
 * trifle unlikely, and a small one makes every accident large.
 *
 * Where nothing has changed, at most `falseAlarmRate` of such checks alarm, whatever the number of mixes. That speaks
 * of one check of windows chosen beforehand: looking again and again at windows that overlap makes alarms likelier.
 */
export const judgeDrift = ({
  reference,
  current,
  settings = DRIFT_DEFAULTS,
}: {
  readonly reference: DriftWindow
  readonly current: DriftWindow
  readonly settings?: DriftSettings
}): DriftJudgement => {
  const compared = DRIFT_MIXES.map((mix) =>
    compare(mix, categoriesOf(reference[mix], current[mix]), settings),
  )
  const judged = compared.filter((each) => each.judged)
  const adjusted = holm(judged.map(({ p }) => p))
  const measures = compared.map((each): DriftMeasure => {
    const adjustedP = each.judged ? (adjusted[judged.indexOf(each)] as number) : 1
    const isUnlikely = each.judged && adjustedP <= settings.falseAlarmRate
    return { ...each, adjustedP, alarm: isUnlikely && isLarge(each, settings) }
  })
  const verdict = measures.some(({ alarm }) => alarm)
    ? 'alarm'
    : judged.length === 0
      ? 'too-few'
      : 'steady'
  return { verdict, measures, falseAlarmRate: settings.falseAlarmRate, settings }
}

/** 0.25 - 0.2 is a little less than 0.05 in binary; five points are five points. */
const ROUNDING = 1e-12

type Compared = Omit<DriftMeasure, 'adjustedP' | 'alarm'>

const compare = (mix: DriftMix, all: readonly Category[], { minimum }: DriftSettings): Compared => {
  const n = totals(all)
  const categories = mergeSparse(all)
  const judged = n.reference >= minimum && n.current >= minimum
  const tested = judged
    ? homogeneity(categories)
    : ({ test: 'none', statistic: 0, df: 0, p: 1 } as const)
  return {
    ...{ mix, n, judged, psi: psi(categories) },
    ...tested,
    largestShift: largestShift(categories, n),
    categories,
  }
}

const categoriesOf = (
  reference: MixCounts = new Map(),
  current: MixCounts = new Map(),
): readonly Category[] =>
  [...new Set([...reference.keys(), ...current.keys()])].map((category) => ({
    category,
    reference: reference.get(category) ?? 0,
    current: current.get(category) ?? 0,
  }))

const largestShift = (
  categories: readonly Category[],
  n: DriftMeasure['n'],
): DriftMeasure['largestShift'] => {
  if (n.reference === 0 || n.current === 0) return null
  let largest: DriftMeasure['largestShift'] = null
  for (const { category, reference, current } of categories) {
    const [from, to] = [reference / n.reference, current / n.current]
    if (largest === null || Math.abs(to - from) > Math.abs(largest.to - largest.from)) {
      largest = { category, from, to }
    }
  }
  return largest
}

const isLarge = (
  { psi: index, largestShift: shift }: Compared,
  { psiFloor, shareFloor }: DriftSettings,
): boolean =>
  index >= psiFloor || (shift !== null && Math.abs(shift.to - shift.from) >= shareFloor - ROUNDING)
