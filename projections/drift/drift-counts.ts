/** Cases of each mix by category; the names are those that are compared (docs/reference/drift.md). */
export type DriftCounts = Readonly<Record<DriftMixName, ReadonlyMap<string, number>>>

export type DriftMixName = 'outcome' | 'level' | 'rule' | 'override' | 'veto' | 'missing-evidence'

/** Decisions of one kind, or what people said of them. */
export interface KindCount {
  readonly outcome: string
  readonly level: string
  readonly rules: string
  readonly missingEvidence: boolean
  /** Null: these are the decisions themselves. */
  readonly verdict: string | null
  readonly cases: number
}

/** The verdicts that close a review, and those that take back what the system did by itself. */
const OF_REVIEWS: ReadonlySet<string> = new Set(['granted', 'declined'])

/**
 * Counts by category. `override` is about reviews that people closed: granted is against the system, which would not do
 * it by itself. `veto` is about approvals: what of them people took back, and what they let stand.
 */
export const categoriesOf = (kinds: readonly KindCount[]): DriftCounts => {
  const counts = {
    outcome: new Map<string, number>(),
    level: new Map<string, number>(),
    rule: new Map<string, number>(),
    override: new Map<string, number>(),
    veto: new Map<string, number>(),
    'missing-evidence': new Map<string, number>(),
  }
  let [approved, takenBack] = [0, 0]
  for (const { outcome, level, rules, missingEvidence, verdict, cases } of kinds) {
    if (verdict === null) {
      add(counts.outcome, outcome, cases)
      add(counts.level, level, cases)
      add(counts.rule, rules, cases)
      add(counts['missing-evidence'], missingEvidence ? 'missing' : 'complete', cases)
      if (outcome === 'approved') approved += cases
    } else if (OF_REVIEWS.has(verdict)) {
      add(counts.override, verdict, cases)
    } else {
      add(counts.veto, verdict, cases)
      takenBack += cases
    }
  }
  // A veto may come in a later window than its approval, so there may be more of them than approvals for once.
  if (approved > takenBack) add(counts.veto, 'let-stand', approved - takenBack)
  return counts
}

const add = (counts: Map<string, number>, category: string, cases: number): void => {
  counts.set(category, (counts.get(category) ?? 0) + cases)
}
