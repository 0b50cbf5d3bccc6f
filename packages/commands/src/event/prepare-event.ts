import {
  type Commitment,
  ENTRY_BYTES_MAX,
  type EntryMeta,
  type EventToAppend,
  entryBytesBound,
  entryTexts,
  isEventType,
  isReservedStream,
  isStreamName,
  type NewEvent,
  type SealedValue,
} from '@writ/event-log'
import {
  canonicalJson,
  externalEventId,
  isTimestamp,
  isUuid,
  isUuidV7,
  type JsonObject,
  type JsonValue,
  Problem,
  type ProblemPlace,
  parseTimestamp,
  pointerToken,
  propertyAt,
  sha256Hex,
  timestampOf,
} from '@writ/kernel'
import { tenantSecret } from '@writ/privacy'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import type { RegisteredType } from '../shared/event-types.ts'
import { requestMac } from '../shared/idempotency.ts'
import {
  type NamedSubject,
  type PlacedSubject,
  placeSubject,
  sealData,
} from '../shared/personal-data.ts'
import type { IncomingEvent } from '../use-cases.ts'
import { permanentEventId } from './permanent-event-id.ts'

/** A producer's event made ready: what goes into the entry, and what goes beside it. */
export interface PreparedEvent {
  readonly item: EventToAppend
  readonly sealed: readonly SealedValue[]
  readonly attachments: readonly string[]
  readonly subject: PlacedSubject | undefined
}

/**
 * Turns one event of a producer into an event of the log: names checked, id issued, subject and personal values taken
 * out, oversized values attached.
 *
 * @problem request-invalid, reserved-stream, event-type-unregistered
 */
export const prepareEvent = async (
  deps: Deps,
  context: CommandContext,
  incoming: IncomingEvent,
): Promise<PreparedEvent | Problem> => {
  const bad = badNames(incoming)
  if (bad.length > 0) return invalid(bad)
  if (incoming.stream !== undefined && isReservedStream(incoming.stream))
    return reserved(incoming.stream)

  const { tenant, ledger } = context.caller
  const registered = await deps.eventTypes.registered(tenant, incoming.type, incoming.schema ?? 1)
  const misfits = registered?.check(incoming.data) ?? []
  if (misfits.length > 0)
    return invalid(misfits.map(({ pointer, message }) => ({ pointer: `/data${pointer}`, message })))

  const named = subjectOf(incoming, registered)
  const subject = named === undefined ? undefined : await placeSubject(deps, tenant, named)
  const pointers = personalPointers(deps, incoming, { registered, subject })
  if (pointers instanceof Problem) return pointers

  const id = await eventId(deps, tenant, incoming)
  const stream = streamOf(incoming, { id, named, subject })
  if (isReservedStream(stream)) return reserved(stream)
  const content =
    subject?.known === undefined
      ? { data: incoming.data, commitments: {}, sealed: [] }
      : sealData(deps, subject.known, { ledger, eventId: id, data: incoming.data, pointers })
  const draft = newEventOf(deps, context, { incoming, id, stream, content })
  const { event, attachments } = withAttachedValues(ledger, draft)
  const mac =
    incoming.id === undefined ? undefined : requestMac(deps.secrets, tenant, comparable(incoming))
  return {
    item: {
      event,
      ...(incoming.expectedRevision === undefined
        ? {}
        : { expectedRevision: incoming.expectedRevision }),
      ...(mac === undefined ? {} : { mac }),
    },
    sealed: content.sealed,
    attachments,
    subject,
  }
}

const invalid = (errors: readonly ProblemPlace[]): Problem =>
  new Problem('request-invalid', `${errors[0]?.pointer} ${errors[0]?.message}.`, { errors })

const reserved = (stream: string): Problem =>
  new Problem(
    'reserved-stream',
    `Streams of category ${stream.split(':')[0]} are written by Writ alone.`,
    {
      errors: [{ pointer: '/stream', message: 'is a reserved category' }],
    },
  )

const badNames = (incoming: IncomingEvent): ProblemPlace[] => {
  const places: ProblemPlace[] = []
  const check = (good: boolean, pointer: string, message: string): void => {
    if (!good) places.push({ pointer, message })
  }
  const { type, stream, subject, correlationId, causationId, occurredAt, id } = incoming
  check(isEventType(type), '/type', 'must match ^[A-Za-z][A-Za-z0-9._-]{0,127}$')
  check(
    stream === undefined || isStreamName(stream),
    '/stream',
    'must read category:id, the category in lower case',
  )
  check(
    subject === undefined || isStreamName(`${subject.type}:${subject.id}`),
    '/subject',
    'needs a type in lower-case kebab and an id of 1 to 192 printable characters',
  )
  check(
    correlationId === undefined || isUuid(correlationId),
    '/correlationId',
    'must be a UUID in lower case',
  )
  check(
    causationId === undefined || isUuid(causationId),
    '/causationId',
    'must be a UUID in lower case',
  )
  check(
    occurredAt === undefined || parseTimestamp(occurredAt) !== undefined,
    '/occurredAt',
    'must be an RFC 3339 time with a zone',
  )
  check(
    id === undefined || (id.length > 0 && id.length <= 512),
    '/id',
    'must have 1 to 512 characters',
  )
  return places
}

/** Named beside the data, or by the field that the registered schema marks. */
const subjectOf = (
  incoming: IncomingEvent,
  registered: RegisteredType | undefined,
): NamedSubject | undefined => {
  if (incoming.subject !== undefined) return incoming.subject
  if (registered?.subject === undefined) return undefined
  const id = propertyAt(incoming.data, registered.subject.pointer)
  return id === undefined ? undefined : { type: registered.subject.type, id: String(id) }
}

/** What must not stand in the entry. Of an unregistered type nobody knows, so all of it (DESIGN §4.2). */
const personalPointers = (
  { profile }: Pick<Deps, 'profile'>,
  incoming: IncomingEvent,
  known: {
    readonly registered: RegisteredType | undefined
    readonly subject: PlacedSubject | undefined
  },
): readonly string[] | Problem => {
  const { registered, subject } = known
  const isPerson = subject?.known !== undefined
  if (registered === undefined) {
    if (isPerson) return ['']
    if (profile === 'development') return []
    return new Problem(
      'event-type-unregistered',
      `${incoming.type} version ${incoming.schema ?? 1} is not registered. PUT /event-types/${incoming.type}/${incoming.schema ?? 1} first.`,
    )
  }
  // The field that names a person is as personal as what it names.
  return isPerson && registered.subject !== undefined
    ? [...new Set([...registered.personal, registered.subject.pointer])]
    : registered.personal
}

const eventId = async (deps: Deps, tenant: string, incoming: IncomingEvent): Promise<string> => {
  if (incoming.id === undefined) return deps.newId()
  if (isUuidV7(incoming.id)) return incoming.id
  const producer = { source: incoming.source ?? '', id: incoming.id }
  const ms = incoming.occurredAt === undefined ? undefined : parseTimestamp(incoming.occurredAt)
  if (ms === undefined) return permanentEventId(deps, tenant, producer)
  return externalEventId(tenantSecret(deps.secrets, tenant, 'external-event'), { ...producer, ms })
}

const streamOf = (
  incoming: IncomingEvent,
  known: {
    readonly id: string
    readonly named: NamedSubject | undefined
    readonly subject: PlacedSubject | undefined
  },
): string => {
  const { named, subject, id } = known
  const ofSubject = subject === undefined ? undefined : `${subject.type}:${subject.id}`
  if (incoming.stream === undefined) return ofSubject ?? `event:${id}`
  // A stream named after the person must not carry the person's own id into the log.
  const namesPerson = named !== undefined && incoming.stream === `${named.type}:${named.id}`
  return namesPerson && ofSubject !== undefined ? ofSubject : incoming.stream
}

const newEventOf = (
  { clock }: Deps,
  context: CommandContext,
  parts: {
    readonly incoming: IncomingEvent
    readonly id: string
    readonly stream: string
    readonly content: {
      readonly data: JsonObject
      readonly commitments: Readonly<Record<string, Commitment>>
    }
  },
): NewEvent => {
  const { incoming, id, stream, content } = parts
  const meta = metaOf(context, incoming)
  const occurredMs =
    incoming.occurredAt === undefined
      ? clock.now()
      : (parseTimestamp(incoming.occurredAt) as number)
  return {
    id,
    type: incoming.type,
    schema: incoming.schema ?? 1,
    stream,
    data: content.data,
    actor: context.caller.actor,
    correlationId: incoming.correlationId ?? context.correlationId ?? id,
    occurredAt: timestampOf(occurredMs),
    ...(incoming.causationId === undefined ? {} : { causationId: incoming.causationId }),
    ...(Object.keys(content.commitments).length === 0 ? {} : { commitments: content.commitments }),
    ...(meta === undefined ? {} : { meta }),
  }
}

const metaOf = (context: CommandContext, incoming: IncomingEvent): EntryMeta | undefined => {
  const { source, dataschema, occurredAt } = incoming
  const traceparent = incoming.traceparent ?? context.traceparent
  const keepsId = incoming.id === undefined || isUuidV7(incoming.id)
  const meta: EntryMeta = {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(source === undefined ? {} : { source }),
    ...(keepsId ? {} : { sourceId: incoming.id as string }),
    ...(dataschema === undefined ? {} : { dataschema }),
    ...(occurredAt === undefined || isTimestamp(occurredAt) ? {} : { time: occurredAt }),
  }
  return Object.keys(meta).length === 0 ? undefined : meta
}

/** The request as sent, for telling a repeat from a reuse; what the server adds is not in it. */
const comparable = (incoming: IncomingEvent): JsonValue => {
  const { expectedRevision: _, ...said } = incoming
  return JSON.parse(JSON.stringify(said)) as JsonValue
}

/** Moves the largest properties of data beside the entry, until the entry fits; by digest, in canonical form. */
const withAttachedValues = (
  ledger: CommandContext['caller']['ledger'],
  draft: NewEvent,
): { event: NewEvent; attachments: readonly string[] } => {
  if (entryBytesBound(entryTexts(ledger, draft)) <= ENTRY_BYTES_MAX)
    return { event: draft, attachments: [] }
  const attachments: string[] = []
  const commitments: Record<string, Commitment> = { ...draft.commitments }
  let data = draft.data
  const bySize = Object.entries(draft.data)
    .map(([name, value]) => ({ name, text: canonicalJson(value) }))
    .sort((a, b) => b.text.length - a.text.length)
  for (const { name, text } of bySize) {
    const { [name]: _, ...rest } = data as Record<string, JsonValue>
    data = rest
    commitments[`/${pointerToken(name)}`] = {
      sha256: sha256Hex(text),
      bytes: Buffer.byteLength(text),
    }
    attachments.push(text)
    const event = { ...draft, data, commitments }
    if (entryBytesBound(entryTexts(ledger, event)) <= ENTRY_BYTES_MAX) return { event, attachments }
  }
  return { event: { ...draft, data, commitments }, attachments }
}
