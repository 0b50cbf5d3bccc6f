import type { DecisionRequest } from '@writ/commands'
import type { AccessEvaluationRequest } from '@writ/contracts'
import { type JsonObject, Problem, type ProblemPlace } from '@writ/kernel'

/** A question of AuthZEN as Writ's own. */
export interface AskedDecision {
  readonly domain: string
  readonly request: DecisionRequest
}

/** Where the fields of a policy's request may stand, in the order in which they are looked at. */
const SOURCES = ['resource', 'action', 'context'] as const

/**
 * The decision that an evaluation asks for. What has no place in it is refused instead of dropped: properties of the
 * subject, since the credential says who acts, and a field that two parts name.
 *
 * @problem request-invalid
 */
export const askedDecision = (asked: AccessEvaluationRequest): AskedDecision | Problem => {
  const errors: ProblemPlace[] = []
  if (Object.keys(asked.subject.properties ?? {}).length > 0) {
    errors.push({
      pointer: '/subject/properties',
      message: 'is not read: the credential says who acts, and the policy reads the request',
    })
  }
  const request: Record<string, JsonObject[string]> = {}
  for (const source of SOURCES) {
    const fields = source === 'context' ? asked.context : asked[source].properties
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (Object.hasOwn(request, name)) {
        const pointer = source === 'context' ? `/context/${name}` : `/${source}/properties/${name}`
        errors.push({ pointer, message: 'is named by another part too' })
      }
      request[name] = value
    }
  }
  if (errors.length > 0) {
    return new Problem('request-invalid', `${errors[0]?.pointer} ${errors[0]?.message}.`, {
      errors,
    })
  }
  const [domain = '', action = ''] = asked.action.name.split(/[./]/)
  const { type, id } = asked.resource
  return {
    domain,
    request: {
      action,
      subject: { type, id },
      request,
      onBehalfOf: { type: asked.subject.type, id: asked.subject.id },
    },
  }
}
