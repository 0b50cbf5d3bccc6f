import { isJsonObject, isTimestamp, type JsonObject, type JsonValue } from '@writ/kernel'
import { textAt } from '../shared/cells.ts'

/**
 * What this read model takes from the events of a review. No command writes them yet, so these are the least that
 * DESIGN §7 and §10 speak of (a task bound to a digest, roles, quorum, expiry, votes with reasons), and every field
 * may be missing: what is absent is null, what is of another type is as if absent. Whoever writes the commands
 * confirms or changes this file, and nothing else here.
 */
export interface ReviewOpened {
  readonly decisionId: string | null
  readonly domain: string | null
  readonly action: string | null
  readonly subject: { readonly type: string; readonly id: string } | null
  /** Of what is voted on: votes on another digest are votes on something else. */
  readonly digest: string | null
  /** Escalation path of the policy. */
  readonly path: string | null
  readonly roles: readonly string[]
  readonly quorum: number
  readonly due: string | null
  readonly requestedBy: string | null
}

export interface VoteCast {
  /** The voter: named in the data, else the actor of the event. */
  readonly by: string | null
  readonly verdict: string
  readonly reason: string | null
  readonly digest: string | null
}

/** One person decides unless more are asked for. */
const QUORUM_DEFAULT = 1

export const reviewOpened = (data: JsonObject): ReviewOpened => ({
  decisionId: textAt(data, 'decisionId'),
  domain: textAt(data, 'domain'),
  action: textAt(data, 'action'),
  subject: subjectAt(data.subject),
  digest: textAt(data, 'digest'),
  path: textAt(data, 'path'),
  roles: textsAt(data.roles),
  quorum:
    typeof data.quorum === 'number' && Number.isInteger(data.quorum) && data.quorum > 0
      ? data.quorum
      : QUORUM_DEFAULT,
  due: timeAt(data, 'due'),
  requestedBy: textAt(data, 'requestedBy'),
})

export const voteCast = (data: JsonObject): VoteCast => ({
  by: textAt(data, 'by'),
  verdict: textAt(data, 'verdict') ?? 'unknown',
  reason: textAt(data, 'reason'),
  digest: textAt(data, 'digest'),
})

const subjectAt = (value: JsonValue | undefined): ReviewOpened['subject'] => {
  if (!isJsonObject(value)) return null
  const type = textAt(value, 'type')
  const id = textAt(value, 'id')
  return type === null || id === null ? null : { type, id }
}

const textsAt = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []

/** A time that a timestamptz column takes; anything else would cost the whole page. */
const timeAt = (data: JsonObject, name: string): string | null => {
  const text = textAt(data, name)
  return text !== null && isTimestamp(text) ? text : null
}
