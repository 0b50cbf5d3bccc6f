import type { IncomingEvent } from '@writ/commands'
import { CloudEvent, CloudEventBatch, PlainEvent, PlainEvents } from '@writ/contracts'
import { isJsonObject, Problem } from '@writ/kernel'
import type { FastifyRequest } from 'fastify'
import type { Place } from './bad-places.ts'
import { attributesOf, isBinaryMode, placesOfBinary } from './binary-cloud-event.ts'
import { incomingOfCloudEvent } from './cloud-event.ts'
import { type BodyJudge, judgeOf, requestInvalid } from './validation.ts'

export const CLOUD_EVENT_TYPE = 'application/cloudevents+json'
export const CLOUD_EVENT_BATCH_TYPE = 'application/cloudevents-batch+json'

/** What was sent, in one form; `single` decides whether one event or a list is answered. */
export interface Incoming {
  readonly events: readonly IncomingEvent[]
  readonly single: boolean
}

const judgePlain = judgeOf(PlainEvent)
const judgePlainList = judgeOf(PlainEvents)
const judgeCloud = judgeOf(CloudEvent)
const judgeCloudBatch = judgeOf(CloudEventBatch)

/** The four ways to send events: plain JSON (one, or a list) and CloudEvents structured, batched and binary. */
export const incomingEvents = (request: FastifyRequest): Incoming | Problem => {
  const { body, mediaType } = request
  if (mediaType === CLOUD_EVENT_TYPE) return cloudEvent(body)
  if (mediaType === CLOUD_EVENT_BATCH_TYPE) return cloudEventBatch(body)
  if (isBinaryMode(request.headers)) return binaryCloudEvent(request)
  return Array.isArray(body) ? plainList(body) : plainOne(body)
}

const plainOne = (body: unknown): Incoming | Problem =>
  refusal(judgePlain, body) ?? { events: [plainEvent(body as PlainEvent)], single: true }

const plainList = (body: unknown[]): Incoming | Problem =>
  refusal(judgePlainList, body) ?? {
    events: (body as PlainEvent[]).map(plainEvent),
    single: false,
  }

const cloudEvent = (body: unknown): Incoming | Problem =>
  refuseBase64(body, '') ??
  refusal(judgeCloud, body) ?? { events: [incomingOfCloudEvent(body as CloudEvent)], single: true }

const cloudEventBatch = (body: unknown): Incoming | Problem => {
  const binary = (Array.isArray(body) ? body : []).findIndex(hasBase64)
  return (
    (binary >= 0 ? refuseBase64((body as unknown[])[binary], `/${binary}`) : undefined) ??
    refusal(judgeCloudBatch, body) ?? {
      events: (body as CloudEvent[]).map(incomingOfCloudEvent),
      single: false,
    }
  )
}

const binaryCloudEvent = ({ headers, body }: FastifyRequest): Incoming | Problem => {
  const attributes = attributesOf(headers)
  if (attributes instanceof Problem) return attributes
  const event = body === undefined || body === null ? attributes : { ...attributes, data: body }
  const places = judgeCloud(event)
  return places === undefined
    ? { events: [incomingOfCloudEvent(event as unknown as CloudEvent)], single: true }
    : requestInvalid(placesOfBinary(places))
}

const plainEvent = (event: PlainEvent): IncomingEvent => ({
  ...event,
  ...(event.correlationId === undefined
    ? {}
    : { correlationId: event.correlationId.toLowerCase() }),
  ...(event.causationId === undefined ? {} : { causationId: event.causationId.toLowerCase() }),
})

const refusal = (judge: BodyJudge, body: unknown): Problem | undefined => {
  const places = judge(body)
  return places === undefined ? undefined : requestInvalid(places)
}

const hasBase64 = (event: unknown): boolean =>
  isJsonObject(event) && Object.hasOwn(event, 'data_base64')

const refuseBase64 = (event: unknown, at: string): Problem | undefined => {
  if (!hasBase64(event)) return undefined
  const place: Place = {
    pointer: `${at}/data_base64`,
    message: 'cannot be kept: the log holds JSON. Send the content as data, or its digest',
  }
  return requestInvalid([place])
}
