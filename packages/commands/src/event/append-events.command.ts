import {
  type AppendedPlace,
  type Entry,
  type NewEvent,
  parseEntry,
  type StoredEntry,
} from '@writ/event-log'
import { type JsonValue, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { earlierAnswer, requestIdentity } from '../shared/idempotency.ts'
import { sealedParts } from '../shared/personal-data.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { AppendedEvent, AppendReceipt, IncomingEvent } from '../use-cases.ts'
import { type PreparedEvent, prepareEvent } from './prepare-event.ts'

/** Appends a producer's events, all or none. Durable on return. Source: DESIGN §4.2, §4.3. */
export const appendEvents =
  (deps: Deps) =>
  async (
    context: CommandContext,
    events: readonly IncomingEvent[],
  ): Promise<AppendReceipt | Problem> => {
    const { ledger } = context.caller
    if (events.length === 0) return { ledger, events: [], replayed: false }

    // 1. Who asks it, and what? A repeat of this very request is found by the append itself.
    const body = JSON.parse(JSON.stringify(events)) as JsonValue
    const identity = requestIdentity(deps, context, { route: 'POST /events', body })

    // 2. Make each ready: names, id, subject, personal values. A refusal first looks whether it was answered before.
    const prepared: PreparedEvent[] = []
    for (const [i, incoming] of events.entries()) {
      const ready = await prepareEvent(deps, context, incoming)
      if (ready instanceof Problem) {
        const earlier = await earlierAnswer(deps, context, identity)
        return earlier === undefined
          ? inBatch(ready, i, events.length)
          : receiptOrProblem(ledger, earlier)
      }
      prepared.push(ready)
    }

    // 3. Record. After this line it is durable; if the reply is lost, the same key or ids find it again.
    const sealed = prepared.flatMap((event) => event.sealed)
    const attachments = prepared.flatMap((event) => event.attachments)
    const keyIds = prepared.flatMap((event) => sealedParts(event.subject, []).keyIds ?? [])
    const result = await deps.log.append(ledger, {
      caller: context.caller.actor.id,
      events: prepared.map((event) => event.item),
      ...(identity === undefined ? {} : { idempotency: identity }),
      ...(sealed.length > 0 ? { sealed } : {}),
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(keyIds.length > 0 ? { keyIds: [...new Set(keyIds)] } : {}),
    })
    if (result instanceof Problem) return result
    if (result.status === 'duplicate')
      return storedReceipt(deps, context, { prepared, result, keyed: identity !== undefined })
    if (result.status !== 'appended')
      return refusalOf(
        result,
        prepared.map(({ item }) => item.event.stream),
      )

    // 4. Answer with the places the log gave.
    return {
      ledger,
      replayed: false,
      events: prepared.map(({ item }, i) =>
        appendedEvent(item.event, result.places[i] as AppendedPlace),
      ),
    }
  }

const appendedEvent = ({ id, type, stream }: NewEvent, place: AppendedPlace): AppendedEvent => {
  const { revision, position, hash } = place
  return { id, type, stream, revision, position, hash }
}

/** In a batch, a pointer starts at the event's place in the array. */
const inBatch = (problem: Problem, index: number, count: number): Problem => {
  if (count === 1 || problem.fields.errors === undefined) return problem
  const errors = problem.fields.errors.map((place) => ({
    ...place,
    pointer: `/${index}${place.pointer}`,
  }))
  return new Problem(problem.code, problem.detail, { ...problem.fields, errors })
}

/** A key answers with the events stored under it; ids answer with the events they name, wherever those stand. */
const storedReceipt = async (
  { reader }: Deps,
  context: CommandContext,
  repeat: {
    readonly prepared: readonly PreparedEvent[]
    readonly result: { readonly firstPosition: number }
    readonly keyed: boolean
  },
): Promise<AppendReceipt | Problem> => {
  const { ledger } = context.caller
  const { prepared, result } = repeat
  const page = await reader.page(ledger, result.firstPosition - 1, prepared.length)
  const ids = prepared.map(({ item }) => item.event.id)
  const consecutive = repeat.keyed || page.every((stored, i) => parseEntry(stored).id === ids[i])
  const stored = consecutive
    ? page
    : await Promise.all(ids.map((id) => reader.byId(ledger, id) as Promise<StoredEntry>))
  return receiptOf(ledger, stored)
}

const receiptOrProblem = (
  ledger: string,
  earlier: readonly StoredEntry[] | Problem,
): AppendReceipt | Problem => (earlier instanceof Problem ? earlier : receiptOf(ledger, earlier))

const receiptOf = (ledger: string, stored: readonly StoredEntry[]): AppendReceipt => ({
  ledger,
  replayed: true,
  events: stored.map((one) => {
    const { id, type, stream, revision, position }: Entry = parseEntry(one)
    return { id, type, stream, revision, position, hash: one.hash }
  }),
})
