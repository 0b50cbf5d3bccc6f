import {
  type DecisionMade,
  decisionStream,
  dueShadowEnd,
  type ShadowEvaluated,
  type ShadowRunState,
  shadowStream,
} from '@writ/domain'
import type { Entry, EventToAppend } from '@writ/event-log'
import {
  type JsonObject,
  type LedgerName,
  msOfUuidV7,
  Problem,
  sha256,
  timestampOf,
  uuidV7,
} from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { itemOf } from '../replay/replay-decisions.query.ts'
import { type Chosen, decisionsIn, type Stretch } from '../replay/replay-selection.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import { endShadow } from './end-shadow.command.ts'
import type { Judgement, ShadowJob, ShadowJudges } from './shadow-judge.ts'

/** Decisions judged and appended at once. More would hold the ledger's lock longer, and live appends wait behind it. */
export const SHADOW_PAGE = 64
/** How long a run that is due may go on to catch up. A candidate too slow for its traffic must still end. Unit: ms. */
const LATE_MS_MAX = 60_000

/** How one run is followed by one process. */
export interface ShadowFollowing {
  readonly judges: ShadowJudges
  /** Every decision of the run up to here has been judged. */
  readonly after: number
  /** True ends it after the page under way. */
  readonly isStopping?: () => boolean
}

/** Up to where every decision has been judged, and whether the run is over. */
export interface ShadowProgress {
  readonly after: number
  readonly isOver: boolean
}

/**
 * Judges what was decided since, page by page, up to the head of the log; then ends the run where that is due. For the
 * shadow thread alone. It may be killed at any point and run in several processes: the id of a judgement is made of run
 * and decision, so the log has each once, and one that comes after the end of its run is refused.
 */
export const followShadow =
  (deps: Deps) =>
  async (
    context: CommandContext,
    run: ShadowRunState,
    { judges, after, isStopping = () => false }: ShadowFollowing,
  ): Promise<ShadowProgress | Problem> => {
    const { ledger } = context.caller
    const { started } = run
    if (run.status !== 'running') return { after, isOver: true }
    // Before the head is read: a decision of the old version cannot commit once another one decides (ADR-0006).
    const because = dueShadowEnd(run, {
      at: timestampOf(deps.clock.now()),
      liveDigest:
        (await deps.controls.fresh(ledger)).ledger.active.get(started.domain)?.digest ?? null,
    })
    const head = (await deps.reader.head(ledger))?.position ?? 0
    const stretch = { after: Math.max(after, started.from), upTo: head }
    const late = deps.monotonic() + LATE_MS_MAX
    let through = stretch.after
    const isLate = (): boolean => because !== undefined && deps.monotonic() > late
    for await (const page of pagesOf(deps, ledger, { stretch, domain: started.domain })) {
      if (isStopping()) return { after: through, isOver: false }
      if (isLate()) break
      const isOver = await judgePage(deps, context, { run, judges, page, after: through })
      if (isOver instanceof Problem) return isOver
      through = page.at(-1)?.stored.position ?? through
      if (isOver) return { after: through, isOver: true }
    }
    if (because === undefined) return { after: Math.max(through, head), isOver: false }
    const ended = await endShadow(deps, context, { id: started.runId, because, reason: null })
    return ended instanceof Problem ? ended : { after: through, isOver: true }
  }

async function* pagesOf(
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  { stretch, domain }: { readonly stretch: Stretch; readonly domain: string },
): AsyncGenerator<readonly Chosen[]> {
  for await (const chosen of decisionsIn(reader, ledger, { stretch, selection: { domain } })) {
    for (let i = 0; i < chosen.length; i += SHADOW_PAGE) yield chosen.slice(i, i + SHADOW_PAGE)
  }
}

interface Page {
  readonly run: ShadowRunState
  readonly judges: ShadowJudges
  readonly page: readonly Chosen[]
  readonly after: number
}

/** @returns true where somebody has ended the run meanwhile */
const judgePage = async (
  deps: Deps,
  context: CommandContext,
  { run, judges, page, after }: Page,
): Promise<boolean | Problem> => {
  const { live, until } = run.started
  const decisions = page
    .map((chosen) => ({ chosen, entry: currentEntry(chosen.stored) }))
    .filter(({ entry }) => isOf(entry, live.digest) && entry.occurredAt < until)
  const items = await Promise.all(
    decisions.map(({ chosen }) => itemOf(deps, context.caller, chosen)),
  )
  const judgements = await judges.judge(items)
  const { ledger, actor } = context.caller
  const results = await Promise.all(
    decisions.map(({ entry }, i) =>
      deps.log.append(ledger, {
        caller: actor.id,
        events: [evaluation(deps, context, { run, entry, after, judgement: judgements[i] })],
        // Refused once the run has ended: whoever reads its end has read all of it.
        reads: [{ stream: shadowStream(run.started.runId), revision: run.revision }],
      }),
    ),
  )
  for (const result of results) {
    if (result instanceof Problem) return result
    if (result.status === 'conflict') return true
    // A duplicate is another process's, or our own of before a crash.
    if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
  }
  return false
}

const isOf = ({ data }: Entry, digest: string): boolean =>
  (data as unknown as DecisionMade).inputs.policy?.digest === digest

const evaluation = (
  deps: Deps,
  context: CommandContext,
  {
    run: { started },
    entry,
    after,
    judgement,
  }: {
    readonly run: ShadowRunState
    readonly entry: Entry
    readonly after: number
    readonly judgement: Judgement | undefined
  },
): EventToAppend => {
  if (judgement === undefined) throw new Error('a decision was left without a judgement')
  const { outcome, autonomyLevel } = (entry.data as unknown as DecisionMade).decided
  const { runId, candidate, severity } = started
  const data: ShadowEvaluated = {
    ...{ runId, decisionId: entry.id, position: entry.position, after },
    candidate: { digest: candidate.digest, variant: candidate.variant },
    ...{ enforced: false, severity, live: { outcome, autonomyLevel }, ...judgement },
  }
  const digest = sha256(`writ/v1/shadow-evaluated\0${runId}\0${entry.id}`)
  const event = newEvent(
    deps,
    { ...context, correlationId: entry.correlationId },
    {
      id: uuidV7(msOfUuidV7(entry.id), digest.subarray(0, 10)),
      type: 'ShadowEvaluated',
      stream: decisionStream(entry.id),
      causationId: entry.id,
      data: data as unknown as JsonObject,
    },
  )
  // Of run and decision alone: a repeat that judged otherwise, as after a time-out, is a repeat all the same.
  return { event, mac: digest.subarray(10, 26) }
}

/** The documents that a run judges by. @throws Error  the ledger lacks one: a defect */
export const shadowJob = async (
  { reader }: Pick<Deps, 'reader'>,
  { caller }: CommandContext,
  { started }: ShadowRunState,
): Promise<ShadowJob> => {
  const textOf = async (digest: string): Promise<string> => {
    const text = await reader.attachment(caller.ledger, digest.replace('sha256:', ''))
    if (text === undefined) throw new Error(`${caller.ledger} does not hold the policy ${digest}`)
    return text
  }
  const { candidate, live } = started
  return {
    candidate: await textOf(candidate.digest),
    variant: candidate.variant,
    live: await textOf(live.digest),
  }
}
