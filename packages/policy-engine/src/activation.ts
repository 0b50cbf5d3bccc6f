import { Problem } from '@writ/kernel'
import { bindRequest } from './bind-request.ts'
import type { CompiledAction } from './compiled-action.ts'
import { instantOf } from './instant.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import { bindOptionals } from './optional-values.ts'
import type { DecideInput } from './types.ts'
import { type Speech, speech } from './voices.ts'

/** Everything that conditions see, and what was said while it was put together. */
export interface Activation {
  readonly request: object
  readonly subject: unknown
  readonly params: object
  readonly base: object
  readonly derived: object
  readonly features: object
  readonly evidence: object
  readonly now: Date
}

/** Steps 3 to 5 of deciding: overlay, evidence, derived values. `say` hears every doubt on the way. */
export const activationOf = (
  policy: LoadedPolicy,
  action: CompiledAction,
  input: DecideInput,
  say: (voice: Speech) => void,
): Activation => {
  const base = action.params.get(null) as object
  const derived = action.emptyDerived()
  const evidence = action.emptyEvidence()
  const activation: Activation = {
    request: boundValues(policy, action, input),
    subject: action.bindSubject(input.subject as never),
    params: overlayOf(action, input.variant, base, say),
    base,
    derived,
    features: bindOptionals(action.emptyFeatures(), action.features, input.features),
    evidence,
    now: new Date(atMs(input.at)),
  }
  if (action.evidence.length > 0) takeEvidence(action, input, activation, say)
  for (const { id, program, fails } of action.derived) {
    try {
      derived[id] = program(activation)
    } catch {
      // The value stays absent: whatever reads it fails in turn, so one doubt can never look like a `false`.
      say(fails)
    }
  }
  return activation
}

const boundValues = (policy: LoadedPolicy, action: CompiledAction, input: DecideInput): object => {
  if (input.bound?.owner === action) return input.bound.values
  const fresh = bindRequest(policy, input.action, input.request)
  if (fresh instanceof Problem) throw new Error(`the request does not bind: ${fresh.detail}`)
  return fresh.values
}

const atMs = (at: string): number => {
  const ms = instantOf(at)
  if (ms === null) throw new Error('`at` must be an RFC 3339 time')
  return ms
}

const overlayOf = (
  action: CompiledAction,
  variant: string | null,
  base: object,
  say: (voice: Speech) => void,
): object => {
  const params = action.params.get(variant)
  if (params) return params
  say(speech({ kind: 'params', id: variant ?? '', says: 'escalate', code: 'VARIANT_UNKNOWN' }))
  return base
}

/** Evidence counts from its own signed time. Too old, or signed after the decision, is as good as missing. */
const takeEvidence = (
  action: CompiledAction,
  input: DecideInput,
  activation: Activation,
  say: (voice: Speech) => void,
): void => {
  const valid = activation.evidence as Record<string, unknown>
  for (const { id, maxAgeMs, values, empty } of action.evidence) {
    const given = input.evidence && Object.hasOwn(input.evidence, id) ? input.evidence[id] : null
    const signedMs = given ? instantOf(given.at) : null
    if (!given || signedMs === null) continue
    const ageMs = activation.now.getTime() - signedMs
    if (ageMs < 0 || ageMs > maxAgeMs) continue
    const taken = bindOptionals(empty(), values, given.values ?? {}) as Record<string, unknown>
    taken.at = new Date(signedMs)
    valid[id] = taken
  }
  for (const { id, requiredWhen, missing, fails } of action.evidence) {
    const required = requiredWhen === null || requiredWhen(activation)
    if (required === 'error') say(fails)
    else if (required && valid[id] === undefined) say(missing)
  }
}
