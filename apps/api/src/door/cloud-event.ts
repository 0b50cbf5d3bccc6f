import type { IncomingEvent } from '@writ/commands'
import { type CloudEvent, STREAM_PATTERN } from '@writ/contracts'
import { validTraceparent } from './traceparent.ts'

const STREAM = new RegExp(STREAM_PATTERN, 'u')

/** Streams of subjects that are no stream name. Not `subject:`, which is a category of Writ's own. */
const SUBJECT_CATEGORY = 'cloudevent'

/** A CloudEvent that fits its contract, in our words. */
export const incomingOfCloudEvent = (event: CloudEvent): IncomingEvent =>
  given({
    type: event.type,
    schema: event.schemaversion,
    stream: streamOf(event.subject),
    data: event.data ?? {},
    id: event.id,
    source: event.source,
    dataschema: event.dataschema,
    correlationId: event.correlationid?.toLowerCase(),
    causationId: event.causationid?.toLowerCase(),
    occurredAt: event.time,
    expectedRevision: event.expectedrevision,
    traceparent: validTraceparent(event.traceparent),
  })

const streamOf = (subject: string | undefined): string | undefined => {
  if (subject === undefined || STREAM.test(subject)) return subject
  return `${SUBJECT_CATEGORY}:${subject}`
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Without the fields that are undefined: an absent field and an undefined one are not the same. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
