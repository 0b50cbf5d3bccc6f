import { categoryOf } from './entry.ts'

/**
 * Stream categories that only Writ writes (DESIGN §10). Producers are refused: an event of theirs in one of these could
 * pass for a decision or a control.
 */
const RESERVED = new Set([
  'ledger',
  'control',
  'policy',
  'weights',
  'decision',
  'outcome',
  'review',
  'shadow',
  'promotion',
  'subject',
  'subject-map',
  'memory',
  'drift',
  'job',
  'key',
  'event-type',
  'access',
  'readiness',
  'verification',
])

export const RESERVED_CATEGORIES: ReadonlySet<string> = RESERVED

export const isReservedStream = (stream: string): boolean => {
  const category = categoryOf(stream)
  return RESERVED.has(category) || category.startsWith('writ-')
}

const STREAM = /^[a-z][a-z0-9-]{0,62}:[^\s\p{C}]{1,192}$/u

/** `category:id`: category lower-case kebab, id 1 to 192 printable characters without white space. */
export const isStreamName = (text: string): boolean => STREAM.test(text)

const EVENT_TYPE = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/

export const isEventType = (text: string): boolean => EVENT_TYPE.test(text)
