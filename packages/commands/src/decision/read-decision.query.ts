import { type DecisionMade, decisionStream, judge, upcast } from '@writ/domain'
import { type Entry, parseEntry, type StoredEntry } from '@writ/event-log'
import { canonicalJson, isUuid, type JsonObject, Problem } from '@writ/kernel'
import { type Decided, type LoadedPolicy, trace } from '@writ/policy-engine'
import { NON_PERSONAL_KINDS } from '@writ/privacy'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { openData } from '../shared/personal-data.ts'
import type { DecisionView } from '../use-cases.ts'
import { storedDecisionView } from './decision-view.ts'

const notFound = (): Problem =>
  new Problem(
    'decision-not-found',
    'There is no decision with this id in the ledger of this credential.',
  )

/** A decision by folding its stream: always read-your-write, no read model between. */
export const decisionById =
  (deps: Deps) =>
  async (caller: Caller, id: string): Promise<DecisionView | Problem> => {
    const stored = await decisionEntry(deps, caller, id)
    if (stored === undefined) return notFound()
    return storedDecisionView(stored, await callersSubject(deps, caller, currentEntry(stored)))
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

/**
 * Why a decision came out as it did: its voices as recorded, and every condition clause by clause, re-run on the
 * recorded inputs. Says so when the inputs are gone, or when today's engine is not the one that judged.
 */
export const explainDecision =
  (deps: Deps) =>
  async (caller: Caller, id: string): Promise<JsonObject | Problem> => {
    const stored = await decisionEntry(deps, caller, id)
    if (stored === undefined) return notFound()
    const entry = parseEntry(stored)
    // Opened to re-run the conditions, never to be shown: the trace masks personal values.
    const opened = await openData(deps, entry, { tenant: caller.tenant, personal: true })
    // Pointers of sealed values are those of the shape it was written in, so they are put back before it is upcast.
    const current = upcast({ ...entry, data: opened.data })
    const { inputs, decided, engine } = current.data as unknown as DecisionMade
    const policy =
      inputs.policy === null
        ? null
        : await deps.policies.byDigest(caller.ledger, inputs.policy.digest)
    return {
      decision: id,
      outcome: decided.outcome,
      autonomyLevel: decided.autonomyLevel,
      neededLevel: decided.neededLevel,
      codes: decided.codes,
      ceilings: decided.ceilings,
      voices: decided.voices,
      policy:
        inputs.policy === null ? null : { ...inputs.policy, variant: inputs.variant?.id ?? null },
      ...rerun(deps, { policy, inputs, decided, engine, erased: opened.erased }),
    } as unknown as JsonObject
  }

const rerun = (
  deps: Pick<Deps, 'engine'>,
  recorded: DecisionMade & {
    readonly policy: LoadedPolicy | null
    readonly erased: readonly string[]
  },
): JsonObject => {
  const { policy, inputs, decided, engine, erased } = recorded
  if (erased.length > 0) {
    return { replay: { verdict: 'not-replayable', reason: `erased: ${erased.join(', ')}` } }
  }
  const again = judge(policy, inputs, { raw: inputs.request })
  const same =
    canonicalJson(again as unknown as JsonObject) ===
    canonicalJson(decided as unknown as JsonObject)
  const verdict = same
    ? 'same'
    : engine.source === deps.engine.source
      ? 'different'
      : 'engine-changed'
  return {
    replay: { verdict },
    ...(policy === null ? {} : { trace: traceOf(policy, inputs, decided) }),
  }
}

const traceOf = (
  policy: LoadedPolicy,
  inputs: DecisionMade['inputs'],
  decided: Decided,
): JsonObject =>
  trace(policy, {
    action: inputs.action,
    variant: inputs.variant?.id ?? null,
    request: inputs.request,
    subject: inputs.subject,
    at: inputs.at,
    features: inputs.features ?? {},
    ceilings: decided.ceilings.slice(1),
  }) as unknown as JsonObject
