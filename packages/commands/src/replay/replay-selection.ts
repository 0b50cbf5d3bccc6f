import type { DecisionInputs, DecisionMade } from '@writ/domain'
import type { LogReader, StoredEntry } from '@writ/event-log'
import type { LedgerName } from '@writ/kernel'
import { parseTimestamp } from '@writ/kernel'
import { currentEntry } from '../shared/current-entry.ts'
import { isCommitted, splitDecision } from './recorded-decision.ts'

/** One end of a range: a position, or a time of deciding. Ranges are half-open: `from` is in it, `to` is not. */
export type Bound = { readonly position: number } | { readonly time: string }

/** Which decisions are replayed. `last` stands alone; without anything it is all of them. */
export interface Selection {
  readonly last?: number
  readonly from?: Bound
  readonly to?: Bound
  readonly domain?: string
  readonly action?: string
}

/** A recorded decision that was chosen. */
export interface Chosen {
  readonly stored: StoredEntry
  readonly id: string
  /** Whether values of it lie elsewhere. */
  readonly committed: boolean
}

/** Where to read: the positions after `after`, up to and with `upTo`. */
export interface Stretch {
  readonly after: number
  readonly upTo: number
  /** How many decisions are chosen in it, where that is known beforehand. */
  readonly count?: number
}

/** Entries of one read. An entry has 64 KiB at most and 2 KiB usually. */
const READ_MAX = 1_000
/** First stretch that is searched for the last N; each further one is twice as long. Unit: positions. */
const SEARCH_FIRST = 2_000

type Reader = Pick<LogReader, 'byType' | 'head' | 'coldEnd'>

/**
 * Finds where the chosen decisions lie, from the log alone: the read model of decisions may lag, and replays must be
 * told again from the log years later. The last N are found by reading backwards in stretches, each read once.
 *
 * @returns undefined where the ledger has no entries
 */
export const stretchOf = async (
  reader: Reader,
  ledger: LedgerName,
  selection: Selection,
): Promise<Stretch | undefined> => {
  const head = await reader.head(ledger)
  if (head === undefined) return undefined
  const { from, to, last } = selection
  if (last !== undefined) return lastOf(reader, ledger, { selection, last, head: head.position })
  const after = from !== undefined && 'position' in from ? Math.max(0, from.position - 1) : 0
  const upTo =
    to !== undefined && 'position' in to ? Math.min(head.position, to.position - 1) : head.position
  return { after, upTo }
}

const lastOf = async (
  reader: Reader,
  ledger: LedgerName,
  wanted: { readonly selection: Selection; readonly last: number; readonly head: number },
): Promise<Stretch> => {
  // Below lies what was detached: it is not here to be read.
  const floor = (await reader.coldEnd(ledger))?.position ?? 0
  let end = wanted.head
  let missing = wanted.last
  let first = end
  for (let width = Math.max(SEARCH_FIRST, 2 * missing); end > floor && missing > 0; width *= 2) {
    const after = Math.max(floor, end - width)
    const positions: number[] = []
    for await (const page of decisionsIn(reader, ledger, {
      stretch: { after, upTo: end },
      selection: wanted.selection,
    }))
      for (const { stored } of page) positions.push(stored.position)
    if (positions.length > 0) first = positions[Math.max(0, positions.length - missing)] as number
    missing -= Math.min(missing, positions.length)
    end = after
  }
  return { after: first - 1, upTo: wanted.head, count: wanted.last - missing }
}

/** The chosen decisions of a stretch by position, in pages: memory holds one, however long the log is. */
export async function* decisionsIn(
  reader: Pick<LogReader, 'byType'>,
  ledger: LedgerName,
  where: { readonly stretch: Stretch; readonly selection: Selection },
): AsyncGenerator<readonly Chosen[]> {
  const { upTo } = where.stretch
  const isWanted = wantedBy(where.selection)
  for (let after = where.stretch.after; after < upTo; ) {
    const page = await reader.byType(ledger, { type: 'DecisionMade', after, limit: READ_MAX })
    const inside = page.filter(({ position }) => position <= upTo)
    const chosen = inside.flatMap((stored) => chosenOf(stored, isWanted))
    if (chosen.length > 0) yield chosen
    if (inside.length < READ_MAX) return
    after = (inside.at(-1) as StoredEntry).position
  }
}

type Wanted = (inputs: DecisionInputs) => boolean

const chosenOf = (stored: StoredEntry, isWanted: Wanted): readonly Chosen[] => {
  const split = splitDecision(stored.text) ?? parsedDecision(stored)
  if (split === undefined || !isWanted(split.inputs)) return []
  return [{ stored, id: split.id, committed: isCommitted(stored.text) }]
}

/** By (category, type), never by type alone: a producer may name a type of its own like this one. */
const parsedDecision = (
  stored: StoredEntry,
): { readonly id: string; readonly inputs: DecisionInputs } | undefined => {
  const { id, stream, data } = currentEntry(stored)
  if (!stream.startsWith('decision:')) return undefined
  return { id, inputs: (data as unknown as DecisionMade).inputs }
}

const wantedBy = ({ from, to, domain, action }: Selection): Wanted => {
  const fromMs = msOf(from)
  const toMs = msOf(to)
  return (inputs) => {
    if (domain !== undefined && inputs.domain !== domain) return false
    if (action !== undefined && inputs.action !== action) return false
    if (fromMs === undefined && toMs === undefined) return true
    const at = parseTimestamp(inputs.at) ?? Number.NaN
    return (fromMs === undefined || at >= fromMs) && (toMs === undefined || at < toMs)
  }
}

const msOf = (bound: Bound | undefined): number | undefined =>
  bound !== undefined && 'time' in bound ? parseTimestamp(bound.time) : undefined
