import type { DecisionInputs, EngineIdentity } from '@writ/domain'
import { canonicalJson, type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import { changeClassOf, type Decided, type LoadedPolicy, loadPolicy } from '@writ/policy-engine'
import { endOfDecided } from './decided-text.ts'
import { type FirstDifference, firstDifference } from './first-difference.ts'
import { RecordedDecision } from './recorded-decision.ts'
import type { ReplayItem, ReplayJob, ReplayPage } from './replay-page.ts'
import type { ReplayTally } from './replay-tally.ts'
import { covers } from './request-facts.ts'
import { type About, type Judged, TallySheet } from './tally-sheet.ts'
import { judgeAgain, NotReplayable, tryCandidate } from './try-candidate.ts'

type Known = LoadedPolicy | 'policy-missing' | 'policy-does-not-load'

/**
 * Judges pages of recorded decisions again, in one thread: policies are compiled once and stay. It reads nothing by
 * itself, so it asks for the documents of policies it does not know.
 */
export class PageJudge {
  private readonly job: ReplayJob
  private readonly candidate: LoadedPolicy | undefined
  private readonly policies = new Map<string, Known>()
  private readonly schemas = new Map<Known | null, readonly LoadedPolicy[]>()
  private readonly ours: Ours

  /** @throws Error  the candidate does not load; whoever makes a job has loaded it before */
  constructor(job: ReplayJob) {
    this.job = job
    this.ours = {
      name: `${job.engine.version} ${job.engine.source}`,
      text: `,${canonicalJson(job.engine as unknown as JsonObject).slice(1)}`,
    }
    if (job.candidate === undefined) return
    const loaded = loadPolicy(job.candidate.text)
    if (loaded instanceof Problem) throw new Error(loaded.detail)
    this.candidate = loaded
  }

  /** Takes the document of a policy; undefined: there is none. */
  learn(digest: string, text: string | undefined): void {
    const loaded = text === undefined ? 'policy-missing' : loadPolicy(text)
    this.policies.set(digest, loaded instanceof Problem ? 'policy-does-not-load' : loaded)
  }

  /** What the page came to, or the digests of policies to be learnt before it is asked again. */
  judge(page: ReplayPage): { readonly tally: ReplayTally } | { readonly need: readonly string[] } {
    const sheet = new TallySheet()
    const need = new Set<string>()
    for (const item of page) {
      const recorded = read(item)
      const digest = recorded?.inputs.policy?.digest
      if (digest !== undefined && !this.policies.has(digest)) need.add(digest)
      else if (need.size === 0) {
        const about = recorded === undefined ? undefined : this.about(recorded.inputs)
        sheet.add(item, this.judged(item, recorded), about)
      }
    }
    return need.size > 0 ? { need: [...need] } : { tally: sheet.tally() }
  }

  private judged(item: ReplayItem, recorded: RecordedDecision | undefined): Judged {
    if (recorded === undefined) return { class: 'not-replayable', reason: 'unreadable-entry' }
    if (item.missing !== undefined) {
      const kind = item.missing === 'erased' ? 'not-replayable' : 'error'
      return { class: kind, reason: item.missing }
    }
    const policy = this.policyOf(recorded.inputs)
    try {
      return this.candidate === undefined
        ? this.fidelity(item, recorded, policy)
        : this.whatIf(item, recorded, {
            candidate: this.candidate,
            policy: typeof policy === 'string' ? null : policy,
          })
    } catch {
      // What the engine says of its own failure may hold values of the request.
      return { class: 'error', reason: 'engine-failed' }
    }
  }

  private policyOf({ policy }: DecisionInputs): Known | null {
    return policy === null ? null : (this.policies.get(policy.digest) ?? null)
  }

  private about(inputs: DecisionInputs): About {
    const policy = this.policyOf(inputs)
    let schemas = this.schemas.get(policy)
    if (schemas === undefined) {
      const known = [typeof policy === 'string' ? null : policy, this.candidate]
      schemas = known.filter((one) => one !== null && one !== undefined)
      this.schemas.set(policy, schemas)
    }
    return { inputs, schemas }
  }

  private fidelity(item: ReplayItem, recorded: RecordedDecision, policy: Known | null): Judged {
    if (typeof policy === 'string') return { class: 'not-replayable', reason: policy }
    const again = judgeAgain(policy, recorded.inputs)
    if (again instanceof NotReplayable) {
      const { engine } = recorded.whole()
      const kind = this.isOurs(engine) ? 'error' : 'engine-changed'
      return { class: kind, reason: again.reason, ...this.by(engine) }
    }
    const same = this.sameInEntry(item, recorded, { decided: again, policy })
    if (same !== undefined) return same
    const { decided, engine } = recorded.whole()
    const result = { before: decided, after: again, ...this.by(engine) }
    if (isSame(decided, again)) return { class: 'same', ...result }
    const difference = differenceIn(decided, again, item.sealed ?? [])
    return { class: this.isOurs(engine) ? 'different' : 'engine-changed', ...result, difference }
  }

  private whatIf(
    item: ReplayItem,
    recorded: RecordedDecision,
    by: { readonly candidate: LoadedPolicy; readonly policy: LoadedPolicy | null },
  ): Judged {
    const { variant } = this.job.candidate ?? {}
    const after = tryCandidate({ policy: by.candidate, variant }, by.policy, recorded.inputs)
    if (after instanceof NotReplayable) return { class: 'not-replayable', reason: after.reason }
    const same = this.sameInEntry(item, recorded, { decided: after, policy: by.candidate })
    if (same !== undefined) return same
    const { decided, engine } = recorded.whole()
    return { class: changeClassOf(decided, after), before: decided, after, ...this.by(engine) }
  }

  /** The usual case without parsing what was decided; undefined: look closer. */
  private sameInEntry(
    { text }: ReplayItem,
    { split, inputs }: RecordedDecision,
    { decided, policy }: { readonly decided: Decided; readonly policy: LoadedPolicy | null },
  ): Judged | undefined {
    if (split === undefined) return undefined
    const action = policy?.actions.get(inputs.action) ?? null
    const end = endOfDecided(text, split.decidedAt, { decided, action })
    if (end < 0 || !text.startsWith(ENGINE, end)) return undefined
    const { name, text: ourText } = this.ours
    // Our own engine is known by its text, behind the milliseconds.
    const isOurs = text.slice(split.engineEnd - ourText.length, split.engineEnd) === ourText
    if (isOurs)
      return { class: 'same', before: decided, after: decided, engine: name, otherEngine: false }
    const engine = JSON.parse(text.slice(end + ENGINE.length, split.engineEnd)) as EngineIdentity
    return { class: 'same', before: decided, after: decided, ...this.by(engine) }
  }

  private isOurs({ source }: EngineIdentity): boolean {
    return source === this.job.engine.source
  }

  private by(engine: EngineIdentity): Pick<Judged, 'engine' | 'otherEngine'> {
    return { engine: `${engine.version} ${engine.source}`, otherEngine: !this.isOurs(engine) }
  }
}

interface Ours {
  readonly name: string
  /** As it stands in an entry, behind its milliseconds. */
  readonly text: string
}

const ENGINE = ',"engine":'

/** Undefined where this release cannot read the entry: it is newer, or no JSON at all. */
const read = ({ text, opened }: ReplayItem): RecordedDecision | undefined => {
  try {
    return new RecordedDecision(text, opened)
  } catch {
    return undefined
  }
}

const jsonOf = (decided: Decided): JsonValue => decided as unknown as JsonValue

const isSame = (a: Decided, b: Decided): boolean =>
  canonicalJson(jsonOf(a)) === canonicalJson(jsonOf(b))

const differenceIn = (
  recorded: Decided,
  again: Decided,
  sealed: readonly string[],
): FirstDifference => {
  const found = firstDifference(jsonOf(recorded), jsonOf(again))
  if (found === undefined) return { pointer: '', recorded: null, again: null }
  const place = `/decided${found.pointer}`
  const isPersonal = sealed.some((one) => covers(one, place) || covers(place, one))
  return isPersonal ? { ...found, recorded: '[personal]', again: '[personal]' } : found
}
