import { createHash } from 'node:crypto'
import { parseEntry } from '@writ/event-log'
import { type JsonValue, Problem, propertyAt } from '@writ/kernel'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { openData } from '../shared/personal-data.ts'
import { type CandidateName, findCandidate } from './find-candidate.ts'
import { type PeoplesWords, peoplesWords } from './peoples-words.ts'
import type { OpenedValue } from './recorded-decision.ts'
import type { Candidate, PageJudges, PolicyText, ReplayItem, ReplayJob } from './replay-page.ts'
import { type ReplayReport, replayReport, type SelectionReport } from './replay-report.ts'
import {
  type Chosen,
  decisionsIn,
  type Selection,
  type Stretch,
  stretchOf,
} from './replay-selection.ts'
import { addTally, emptyTally } from './replay-tally.ts'

export interface ReplayCommand extends Selection {
  /** Absent: fidelity, each decision under its own policy. */
  readonly candidate?: CandidateName
  /** Most decisions that may become milder. Default 0. */
  readonly loosenedMax?: number
}

/** What judges, and who hears how far it has come. */
export interface ReplayRun {
  readonly judges: (job: ReplayJob, policyText: PolicyText) => PageJudges
  readonly onProgress?: (done: number, of: number) => void
}

/** Most decisions of a page, which one thread judges under one clock. Handing one over costs a hundredth of it. */
const PAGE_DECISIONS = 100
/** Most characters of a page: entries may have 64 KiB each. */
const PAGE_CHARS = 8_000_000
/** How many decisions have their sealed values opened at a time: each takes two round trips. */
const OPENED_AT_ONCE = 8

/**
 * Judges recorded decisions again and reports what came out otherwise. It writes nothing: personal values are opened to
 * re-run conditions and are never shown, as in an explanation.
 *
 * @problem decision-not-found      nothing was chosen
 * @problem policy-not-found, policy-reference-invalid, policy-unreadable, policy-invalid  of the candidate
 * @problem request-invalid         the candidate governs another domain than the one asked for
 * @throws LogDetached              the range begins in what was detached from the log
 */
export const replayDecisions =
  (deps: Deps) =>
  async (
    caller: Caller,
    command: ReplayCommand,
    run: ReplayRun,
  ): Promise<ReplayReport | Problem> => {
    const candidate =
      command.candidate === undefined
        ? undefined
        : await findCandidate(deps, caller, command.candidate)
    if (candidate instanceof Problem) return candidate
    const selection = inDomainOf(command, candidate)
    if (selection instanceof Problem) return selection
    const { ledger } = caller
    await refuseDetached(deps, caller, selection)
    const stretch = await stretchOf(deps.reader, ledger, selection)
    if (stretch === undefined) return nothingChosen()
    const words = await peoplesWords(deps.reader, ledger, stretch.after)
    const job = { engine: deps.engine, ...(candidate === undefined ? {} : { candidate }) }
    const judges = run.judges(job, (digest) =>
      deps.reader.attachment(ledger, digest.replace('sha256:', '')),
    )
    try {
      const judging = new Judging(judges, words)
      await feed(deps, caller, { stretch, selection, judging, run })
      const chosen = judging.chosen()
      if (chosen.decisions === 0) return nothingChosen()
      return replayReport({
        selection: { ...boundsOf(caller, selection), ...chosen },
        ...{ engine: deps.engine, candidate, loosenedMax: command.loosenedMax ?? 0 },
        ...{ knownTo: judging.knownTo(), tally: judging.tally },
      })
    } finally {
      await judges.close()
    }
  }

const nothingChosen = (): Problem =>
  new Problem('decision-not-found', 'The ledger holds no decision that was asked for.')

/** A candidate judges its own domain only. */
const inDomainOf = (
  { candidate: _named, loosenedMax: _max, ...selection }: ReplayCommand,
  candidate: Candidate | undefined,
): Selection | Problem => {
  if (candidate === undefined) return selection
  const { domain } = candidate
  if (selection.domain === undefined || selection.domain === domain) return { ...selection, domain }
  return new Problem(
    'request-invalid',
    `${candidate.name}@${candidate.version} governs domain ${domain}, not ${selection.domain}.`,
  )
}

/** Reads by type hold what is attached: a range that begins before it would pass for the whole. */
const refuseDetached = async (
  { reader }: Deps,
  { ledger }: Caller,
  { last, from }: Selection,
): Promise<void> => {
  const end = last === undefined ? await reader.coldEnd(ledger) : undefined
  const first = from !== undefined && 'position' in from ? from.position : 1
  if (end !== undefined && first <= end.position) await reader.page(ledger, first - 1, 1)
}

const boundsOf = (
  { ledger }: Caller,
  { domain, action, from, to }: Selection,
): Omit<SelectionReport, 'first' | 'last' | 'decisions' | 'digest'> => ({
  ledger,
  domain: domain ?? null,
  action: action ?? null,
  from: from !== undefined && 'time' in from ? from.time : null,
  to: to !== undefined && 'time' in to ? to.time : null,
})

const feed = async (
  deps: Deps,
  caller: Caller,
  { stretch, selection, judging, run }: Feed,
): Promise<void> => {
  const of = stretch.count ?? stretch.upTo - stretch.after
  let done = 0
  for await (const chosen of decisionsIn(deps.reader, caller.ledger, { stretch, selection })) {
    for (const page of pagesOf(chosen)) {
      await judging.take(page, await itemsOf(deps, caller, page))
      done += page.length
      const last = page.at(-1)?.stored.position ?? stretch.after
      run.onProgress?.(stretch.count === undefined ? last - stretch.after : done, of)
    }
  }
  await judging.settled()
  run.onProgress?.(of, of)
}

interface Feed {
  readonly stretch: Stretch
  readonly selection: Selection
  readonly judging: Judging
  readonly run: ReplayRun
}

const pagesOf = (chosen: readonly Chosen[]): readonly (readonly Chosen[])[] => {
  const pages: Chosen[][] = []
  let page: Chosen[] = []
  let chars = 0
  for (const one of chosen) {
    if (page.length === PAGE_DECISIONS || chars > PAGE_CHARS) {
      pages.push(page)
      page = []
      chars = 0
    }
    page.push(one)
    chars += one.stored.text.length
  }
  return page.length === 0 ? pages : [...pages, page]
}

/** Values that lie sealed or attached are put beside the texts; most decisions have none. */
const itemsOf = async (
  deps: Deps,
  caller: Caller,
  page: readonly Chosen[],
): Promise<readonly ReplayItem[]> => {
  const items: ReplayItem[] = []
  for (let i = 0; i < page.length; i += OPENED_AT_ONCE) {
    const some = page.slice(i, i + OPENED_AT_ONCE)
    items.push(...(await Promise.all(some.map((one) => itemOf(deps, caller, one)))))
  }
  return items
}

export const itemOf = async (
  deps: Deps,
  { tenant }: Caller,
  { stored, id, committed }: Chosen,
): Promise<ReplayItem> => {
  const plain = { position: stored.position, id, text: stored.text }
  if (!committed) return plain
  const entry = parseEntry(stored)
  const pointers = Object.keys(entry.commitments ?? {})
  const sealed = pointers.filter((pointer) => 'c' in (entry.commitments?.[pointer] ?? {}))
  try {
    const { data, erased } = await openData(deps, entry, { tenant, personal: true })
    if (erased.length > 0) return { ...plain, sealed, missing: 'erased' }
    const opened = pointers.flatMap((pointer): readonly OpenedValue[] => {
      const value: JsonValue | undefined = propertyAt(data, pointer)
      return value === undefined ? [] : [[pointer, value]]
    })
    return { ...plain, sealed, opened }
  } catch {
    // Was it the database? Then it throws once more here, and the replay ends without a report.
    await deps.reader.sealedValues(entry.ledger, id)
    // A value that does not fit its commitment, or a key that does not unwrap: `writ log verify` says which.
    return { ...plain, sealed, missing: 'cannot-be-opened' }
  }
}

/** Hands pages to the judges, a few ahead of them, and adds up what they find. */
class Judging {
  readonly tally = emptyTally()
  private readonly judges: PageJudges
  private readonly words: PeoplesWords
  private readonly underWay = new Set<Promise<void>>()
  private readonly hash = createHash('sha256').update('writ/v1/replay-selection\0')
  private decisions = 0
  private first = 0
  private last = 0
  private heardTo = 0
  private failure: { readonly fault: unknown } | undefined

  constructor(judges: PageJudges, words: PeoplesWords) {
    this.judges = judges
    this.words = words
  }

  async take(page: readonly Chosen[], items: readonly ReplayItem[]): Promise<void> {
    for (const { stored } of page) this.hash.update(Buffer.from(stored.hash, 'hex'))
    if (this.decisions === 0) this.first = page[0]?.stored.position ?? 0
    this.decisions += page.length
    this.last = page.at(-1)?.stored.position ?? this.last
    const task = this.judged(items).then(() => {
      this.underWay.delete(task)
    })
    this.underWay.add(task)
    // One page more than there are threads, so that none waits for the reader.
    if (this.underWay.size > this.judges.width) await Promise.race(this.underWay)
    this.refuseFailed()
  }

  async settled(): Promise<void> {
    await Promise.all(this.underWay)
    this.refuseFailed()
  }

  /** Never rejects: nobody may be waiting for a page when it fails. */
  private async judged(items: readonly ReplayItem[]): Promise<void> {
    try {
      addTally(this.tally, await this.judges.judge(items.map((item) => this.withWord(item))))
    } catch (fault) {
      this.failure ??= { fault }
    }
  }

  private refuseFailed(): void {
    if (this.failure !== undefined) throw this.failure.fault
  }

  chosen(): Pick<SelectionReport, 'first' | 'last' | 'decisions' | 'digest'> {
    const { first, last, decisions } = this
    return { first, last, decisions, digest: `sha256:${this.hash.digest('hex')}` }
  }

  knownTo(): number | null {
    return this.heardTo === 0 ? null : this.heardTo
  }

  private withWord(item: ReplayItem): ReplayItem {
    const said = this.words.get(item.id)
    if (said === undefined) return item
    this.heardTo = Math.max(this.heardTo, said.position)
    return { ...item, people: said.word }
  }
}
