import { type TProperties, Type } from '@sinclair/typebox'
import { IDEMPOTENCY_KEY_CHARS_MAX } from '@writ/contracts'
import type { RouteOptions } from 'fastify'

const CORRELATION = Type.Optional(
  Type.String({
    format: 'uuid',
    description: 'Ties requests of one case together; echoed. Anything but a UUID is refused.',
  }),
)

const TRACEPARENT = Type.Optional(
  Type.String({ description: 'W3C trace context; kept with the event. Ignored when invalid.' }),
)

const KEY = Type.String({
  minLength: 1,
  maxLength: IDEMPOTENCY_KEY_CHARS_MAX,
  description:
    'The same key and body give the same answer, marked `Idempotency-Replayed: true`, for 24 hours; another body is refused.',
})

/** For the document only: the hooks in door/ read these headers, before anything else is looked at. */
export const headersOf = ({ config }: RouteOptions): object => {
  const headers: TProperties = { 'x-correlation-id': CORRELATION, traceparent: TRACEPARENT }
  if (config?.idempotencyKey === 'required') headers['Idempotency-Key'] = KEY
  if (config?.idempotencyKey === 'accepted') headers['Idempotency-Key'] = Type.Optional(KEY)
  if (config?.idempotencyKey === 'required-in-production') {
    headers['Idempotency-Key'] = Type.Optional(
      Type.String({ ...KEY, description: `${KEY.description} Required in production.` }),
    )
  }
  return Type.Object(headers)
}
