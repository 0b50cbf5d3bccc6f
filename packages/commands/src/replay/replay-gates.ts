import type { Gate, ReplayReport } from './replay-report.ts'

/** Least share of decisions that must be replayable for a what-if to say anything. Source: policy.md section 10. */
const REPLAYABLE_MIN = 0.95

/** What a replay must come to. Source: DESIGN §6, policy.md section 10. */
export const gatesOf = (
  kind: ReplayReport['kind'],
  found: {
    readonly classes: Readonly<Record<string, number>>
    readonly share: number
    /** Most decisions that may become milder, as the approver has set it. */
    readonly loosenedMax: number
  },
): readonly Gate[] => {
  const { classes, share, loosenedMax } = found
  const atMost = (name: string, limit: number): Gate => {
    const value = classes[name] ?? 0
    return { name, limit: `<= ${limit}`, value, passed: value <= limit }
  }
  if (kind === 'fidelity') return [atMost('different', 0), atMost('error', 0)]
  return [
    atMost('error', 0),
    atMost('loosened-over-guardrail', 0),
    atMost('loosened', loosenedMax),
    {
      name: 'replayable',
      limit: `>= ${REPLAYABLE_MIN}`,
      value: share,
      passed: share >= REPLAYABLE_MIN,
    },
  ]
}
