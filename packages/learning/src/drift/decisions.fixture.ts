import type { DriftMix, DriftWindow } from './judge-drift.ts'

/** Numbers in [0, 1) that a seed fixes for ever: a 32-bit multiplicative congruential generator, scrambled. */
export const numbersFrom = (seed: number): (() => number) => {
  let state = (Math.imul(seed, 2_654_435_761) + 0x9e3779b9) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    let word = state
    word = Math.imul(word ^ (word >>> 16), 0x45d9f3b) >>> 0
    word = Math.imul(word ^ (word >>> 16), 0x45d9f3b) >>> 0
    return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32
  }
}

/** One kind of decision, with how often it comes. */
export interface Kind {
  readonly share: number
  readonly outcome: string
  readonly level: string
  readonly rule: string
  readonly missing?: boolean
  /** Share of those that people look at, of which they grant half. */
  readonly reviewed?: number
}

/** Draws decisions and counts them as the read model does: mixes hang together, as they do in life. */
export const windowOf = (
  kinds: readonly Kind[],
  count: number,
  next: () => number,
): DriftWindow => {
  const counts = new Map<DriftMix, Map<string, number>>()
  const add = (mix: DriftMix, category: string): void => {
    const of = counts.get(mix) ?? new Map<string, number>()
    of.set(category, (of.get(category) ?? 0) + 1)
    counts.set(mix, of)
  }
  for (let i = 0; i < count; i++) {
    const kind = drawn(kinds, next())
    add('outcome', kind.outcome)
    add('level', kind.level)
    add('rule', kind.rule)
    add('missing-evidence', kind.missing === true ? 'missing' : 'complete')
    if (next() < (kind.reviewed ?? 0)) add('override', next() < 0.5 ? 'granted' : 'declined')
    if (kind.outcome === 'approved') add('veto', next() < 0.02 ? 'vetoed' : 'let-stand')
  }
  return Object.fromEntries(counts)
}

const drawn = (kinds: readonly Kind[], at: number): Kind => {
  let sum = 0
  for (const kind of kinds) {
    sum += kind.share
    if (at < sum) return kind
  }
  return kinds.at(-1) as Kind
}

const approved = (share: number, level: string, rule = 'within-band'): Kind => ({
  ...{ share, level, rule, outcome: 'approved' },
})
const escalated = (share: number, rule: string, more: Partial<Kind> = {}): Kind => ({
  ...{ share, rule, outcome: 'escalated', level: 'AL0', reviewed: 0.8 },
  ...more,
})

/** A shop: most is approved, at all levels. */
const SHOP: readonly Kind[] = [
  approved(0.3, 'AL1'),
  approved(0.35, 'AL2'),
  approved(0.1, 'AL3'),
  escalated(0.15, 'outside-band'),
  escalated(0.02, '(none)', { missing: true }),
  { share: 0.08, outcome: 'denied', level: 'AL0', rule: 'never-below-cost' },
]

/** Nearly everything is one kind, the rest is rare and very rare. */
const SKEWED: readonly Kind[] = [
  approved(0.75, 'AL2'),
  approved(0.215, 'AL1'),
  escalated(0.02, 'outside-band'),
  escalated(0.006, '(none)', { missing: true }),
  { share: 0.006, outcome: 'denied', level: 'AL0', rule: 'never-below-cost' },
  { share: 0.003, outcome: 'blocked', level: 'AL0', rule: 'excluded' },
]

/** Sixty rules, each half as frequent as three before it. */
const MANY_RULES: readonly Kind[] = (() => {
  const weights = Array.from({ length: 60 }, (_, i) => 0.5 ** (i / 3))
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight, i) => {
    const [level, share] = [['AL1', 'AL2', 'AL3', 'AL0'][i % 4] as string, weight / total]
    return level === 'AL0' ? escalated(share, `rule-${i}`) : approved(share, level, `rule-${i}`)
  })
})()

/** All alike. */
const UNIFORM: readonly Kind[] = ['AL0', 'AL1', 'AL2', 'AL3'].map((level, i) =>
  level === 'AL0' ? escalated(0.25, 'r0') : approved(0.25, level, `r${i}`),
)

export const POPULATIONS = { SHOP, SKEWED, MANY_RULES, UNIFORM }

/** The same with `points` of the share taken from the first kinds of one level and given to another. */
export const moved = (
  kinds: readonly Kind[],
  { from, to, points }: { readonly from: string; readonly to: string; readonly points: number },
): readonly Kind[] => {
  const shareOf = (level: string): number =>
    kinds.filter((kind) => kind.level === level).reduce((sum, { share }) => sum + share, 0)
  const [before, other] = [shareOf(from), shareOf(to)]
  return kinds.map((kind) => {
    if (kind.level === from) return { ...kind, share: (kind.share * (before - points)) / before }
    if (kind.level === to) return { ...kind, share: (kind.share * (other + points)) / other }
    return kind
  })
}
