import { type JsonObject, Problem } from '@writ/kernel'
import type { LoadedPolicy } from './loaded-policy.ts'
import type { BoundRequest } from './types.ts'

/**
 * Checks a request against the action's schema and makes what conditions read: integers as BigInt, times as Date,
 * objects without inherited members. Nothing is converted that does not already fit, nothing is dropped.
 *
 * @problem unknown-action   the policy has no such action
 * @problem request-invalid  each bad field with its JSON pointer; a missing field is named by its own pointer
 */
export const bindRequest = (
  policy: LoadedPolicy,
  action: string,
  request: JsonObject,
): BoundRequest | Problem => {
  const compiled = policy.actions.get(action)
  if (!compiled) return unknownAction(policy, action)
  const values = compiled.bindRequest(request)
  if (!Array.isArray(values)) return { action, values, owner: compiled }
  const [{ pointer, message } = { pointer: '', message: '' }] = values
  const more = values.length > 1 ? ` and ${values.length - 1} more` : ''
  return new Problem(
    'request-invalid',
    `The request does not fit the schema of ${policy.domain}/${action}: ${pointer || 'it'} ${message}${more}.`,
    { errors: values },
  )
}

export const unknownAction = (policy: LoadedPolicy, action: string): Problem =>
  new Problem(
    'unknown-action',
    `${policy.name}@${policy.version} has no action '${action}'; it has ${[...policy.actions.keys()].join(', ')}.`,
  )
