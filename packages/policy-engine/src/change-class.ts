import { canonicalJson, type JsonValue } from '@writ/kernel'
import type { Decided } from './types.ts'
import type { Outcome, Verdict } from './words.ts'

/**
 * What another version of a policy makes of the same case. Closed; `not-replayable` is for cases that cannot be run.
 */
export const CHANGE_CLASSES = [
  'same',
  'reason-only',
  'tightened',
  'loosened',
  'loosened-over-guardrail',
  'level-up',
  'level-down',
  'error',
  'not-replayable',
] as const

export type ChangeClass = (typeof CHANGE_CLASSES)[number]

/**
 * Classifies how one decision differs from another of the same case. Exactly one class each, tested in this order:
 *
 * `same` the two are equal byte for byte · `error` something cannot be evaluated after that could be before ·
 * `loosened-over-guardrail` milder, and a guardrail that stopped (true or error) before is false or gone after ·
 * `loosened` milder · `tightened` stricter · `level-up`, `level-down` both approved, at a higher or lower level ·
 * `reason-only` anything else: the outcome stands, its reasons differ.
 *
 * Mild to strict: approved, escalated, held, denied, blocked (DESIGN §6, policy.md §10). Never `not-replayable`: that
 * is the caller's answer where there is no second decision to compare.
 */
export const changeClassOf = (before: Decided, after: Decided): ChangeClass => {
  if (bytesOf(before) === bytesOf(after)) return 'same'
  // First of all that differs: what an error lets through or stops says nothing about what the author meant.
  if (hasNewError(before, after)) return 'error'
  const stricter = STRICTNESS[after.outcome] - STRICTNESS[before.outcome]
  if (stricter < 0) return passesGuardrail(before, after) ? 'loosened-over-guardrail' : 'loosened'
  if (stricter > 0) return 'tightened'
  if (after.outcome !== 'approved' || after.autonomyLevel === before.autonomyLevel) {
    return 'reason-only'
  }
  return after.autonomyLevel > before.autonomyLevel ? 'level-up' : 'level-down'
}

const STRICTNESS: Readonly<Record<Outcome, number>> = {
  approved: 0,
  escalated: 1,
  held: 2,
  denied: 3,
  blocked: 4,
}

const bytesOf = (decided: Decided): string => canonicalJson(decided as unknown as JsonValue)

const hasNewError = (before: Decided, after: Decided): boolean => {
  const known = new Set(errorsOf(before))
  return errorsOf(after).some((each) => !known.has(each))
}

/** Every condition, derived value and evidence requirement that could not be evaluated. */
const errorsOf = ({ values, voices }: Decided): readonly string[] => [
  ...inError('guardrail', values.guardrails),
  ...inError('rule', values.rules),
  ...inError('band', values.bands),
  // These have no value on record: their voice is what an error leaves.
  ...voices
    .filter(
      ({ kind, code }) => kind === 'derive' || (kind === 'evidence' && code === 'EVIDENCE_ERROR'),
    )
    .map(({ kind, id }) => `${kind} ${id}`),
]

const inError = (kind: string, values: Readonly<Record<string, Verdict>> = {}) =>
  Object.entries(values)
    .filter(([, value]) => value === 'error')
    .map(([id]) => `${kind} ${id}`)

/** Whether a guardrail that stopped the case before does not stop it after. */
const passesGuardrail = (before: Decided, after: Decided): boolean => {
  const now = after.values.guardrails ?? {}
  return Object.entries(before.values.guardrails ?? {}).some(
    ([id, value]) => value !== false && (!Object.hasOwn(now, id) || now[id] === false),
  )
}
