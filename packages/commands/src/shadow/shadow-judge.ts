import type { ShadowError, ShadowEvaluated } from '@writ/domain'
import { Problem } from '@writ/kernel'
import { changeClassOf, type Decided, type LoadedPolicy, loadPolicy } from '@writ/policy-engine'
import { RecordedDecision } from '../replay/recorded-decision.ts'
import type { ReplayItem } from '../replay/replay-page.ts'
import { NotReplayable, tryCandidate } from '../replay/try-candidate.ts'

/** What a run judges by: plain data, so that it travels to another thread. */
export interface ShadowJob {
  /** The candidate's document, as YAML or JSON. */
  readonly candidate: string
  readonly variant: string | null
  /** The document of the version that decides. */
  readonly live: string
}

/** What a candidate says of one decision. */
export type Judgement = Pick<ShadowEvaluated, 'class' | 'verdict' | 'error' | 'changed'>

/** Judges decisions of one run. Several threads and watches may stand behind it. */
export interface ShadowJudges {
  /** One judgement a decision, in order. Never fails: what could not be judged is told as an error. */
  judge(items: readonly ReplayItem[]): Promise<readonly Judgement[]>
  close(): Promise<void>
}

/** Most conditions that a judgement names. Unit: conditions. A policy has some dozens; the entry stays small. */
const CHANGED_MAX = 32

/**
 * Judges recorded decisions by a candidate, as a what-if replay does and with the same classes. Pure but for what it
 * has compiled: no clock, no log, no model, no bandit (policy.md section 10).
 */
export class ShadowJudge {
  private readonly candidate: LoadedPolicy
  private readonly live: LoadedPolicy
  private readonly variant: string | undefined

  /** @throws Error  a document does not load in this release */
  constructor({ candidate, variant, live }: ShadowJob) {
    this.candidate = loaded(candidate)
    this.live = loaded(live)
    this.variant = variant ?? undefined
  }

  judge(item: ReplayItem): Judgement {
    try {
      const recorded = new RecordedDecision(item.text, item.opened)
      if (item.missing === 'erased') return failure('not-replayable', 'erased')
      if (item.missing !== undefined) return failure('defect', item.missing)
      const { policy, variant } = { policy: this.candidate, variant: this.variant }
      const after = tryCandidate({ policy, variant }, this.live, recorded.inputs)
      if (after instanceof NotReplayable) return failure('not-replayable', wordOf(after.reason))
      return judgementOf(recorded.whole().decided, after)
    } catch {
      // What an engine says of its own failure may hold values of the request.
      return failure('defect', 'engine-failed')
    }
  }
}

/** Judges in the calling thread: for tests, and where nothing waits for it. */
export const shadowJudgesHere = (job: ShadowJob): ShadowJudges => {
  const judge = new ShadowJudge(job)
  return {
    judge: async (items) => items.map((item) => judge.judge(item)),
    close: async () => {},
  }
}

/** A decision without a verdict. */
export const failure = (kind: ShadowError['kind'], code: string): Judgement => ({
  class: kind === 'not-replayable' ? 'not-replayable' : 'error',
  verdict: null,
  error: { kind, code },
  changed: [],
})

const loaded = (text: string): LoadedPolicy => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem) throw new Error(policy.detail)
  return policy
}

/** `new-field /note`: which field it is stays out of the log, for its name may come from a request. */
const wordOf = (reason: string): string => reason.split(' ')[0] as string

const judgementOf = (before: Decided, after: Decided): Judgement => {
  const { outcome, autonomyLevel, neededLevel, codes } = after
  const name = changeClassOf(before, after)
  return {
    class: name,
    verdict: { outcome, autonomyLevel, neededLevel, codes },
    error: name === 'error' ? { kind: 'defect', code: 'condition-error' } : null,
    changed: changedConditions(before, after).slice(0, CHANGED_MAX),
  }
}

const GROUPS = [
  ['guardrail', 'guardrails'],
  ['rule', 'rules'],
  ['band', 'bands'],
] as const

/** A condition that only one of the two has counts as false in the other. */
const changedConditions = (before: Decided, after: Decided): readonly string[] =>
  GROUPS.flatMap(([kind, group]) => {
    const old = before.values[group] ?? {}
    const now = after.values[group] ?? {}
    return [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((id) => (old[id] ?? false) !== (now[id] ?? false))
      .sort()
      .map((id) => `${kind} ${id}`)
  })
