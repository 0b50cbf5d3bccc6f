import { type DecisionMade, decisionStream } from '@writ/domain'
import type { Entry, StoredEntry } from '@writ/event-log'
import { isUuid, Problem } from '@writ/kernel'
import { NON_PERSONAL_KINDS } from '@writ/privacy'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { reviewHistory } from '../review/review-history.ts'
import { currentEntry } from '../shared/current-entry.ts'
import type { DecisionView } from '../use-cases.ts'
import { storedDecisionView } from './decision-view.ts'

export const decisionNotFound = (): Problem =>
  new Problem(
    'decision-not-found',
    'There is no decision with this id in the ledger of this credential.',
  )

/** A decision by folding its stream: always read-your-write, no read model between. */
export const decisionById =
  (deps: Deps) =>
  async (caller: Caller, id: string): Promise<DecisionView | Problem> => {
    const stored = await decisionEntry(deps, caller, id)
    if (stored === undefined) return decisionNotFound()
    const entry = currentEntry(stored)
    const view = storedDecisionView(stored, await callersSubject(deps, caller, entry))
    // What people said since is no part of the answer that was given, so it is read from its own stream.
    if (!('review' in view)) return view
    const { state } = await reviewHistory(deps, caller.ledger, entry.id)
    return state === undefined ? view : { ...view, review: { id: entry.id, status: state.status } }
  }

/** The `DecisionMade` entry of an id, or undefined; anything but a UUID finds nothing. */
export const decisionEntry = async (
  { reader }: Pick<Deps, 'reader'>,
  { ledger }: Caller,
  id: string,
): Promise<StoredEntry | undefined> => {
  if (!isUuid(id)) return undefined
  const [first] = await reader.stream(ledger, decisionStream(id))
  return first
}

/** The subject as the caller named it; the issued id stays where the subject was erased. */
const callersSubject = async (
  { vault }: Pick<Deps, 'vault'>,
  { tenant }: Caller,
  entry: Entry,
): Promise<{ type: string; id: string }> => {
  const { subject } = (entry.data as unknown as DecisionMade).inputs
  if (NON_PERSONAL_KINDS.has(subject.type)) return { ...subject }
  return { type: subject.type, id: (await vault.externalId(tenant, subject.id)) ?? subject.id }
}
