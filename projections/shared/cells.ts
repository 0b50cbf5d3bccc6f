import { isUuid, type JsonObject } from '@writ/kernel'
import type { FoldedEvent } from '@writ/projector'

/** The id of what a stream is about: everything behind the first colon. */
export const idIn = (stream: string): string => stream.slice(stream.indexOf(':') + 1)

/**
 * A text that a uuid column will take. Checked here, because what the database refuses would cost the whole page, and
 * what a fold refuses only the event.
 */
export const uuidOf = (text: unknown, event: Pick<FoldedEvent, 'type' | 'position'>): string => {
  if (typeof text === 'string' && isUuid(text)) return text
  throw new TypeError(`${event.type} at position ${event.position} names no UUID where it must`)
}

/** Times of the log are UTC texts of one form, so hour and day are their beginnings. */
export const hourOf = (time: string): string => `${time.slice(0, 13)}:00:00.000Z`
export const dayOf = (time: string): string => time.slice(0, 10)

/** A field that is a text, or null: for events whose shape is not settled yet. */
export const textAt = (data: JsonObject, name: string): string | null => {
  const value = Object.hasOwn(data, name) ? data[name] : undefined
  return typeof value === 'string' && value !== '' ? value : null
}

/** A value out of a JSON object by a name that came from outside: nothing inherited is ever found. */
export const ownValue = <T>(object: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined
