import { PROBLEM_PLACES_MAX } from '@writ/contracts'
import { faultPointer, type ProblemPlace } from '@writ/kernel'
import type { ErrorObject } from 'ajv'

/** A bad place and the part of the request it lies in; without `in` it is the body. */
export interface Place extends ProblemPlace {
  readonly in?: 'query' | 'path' | 'header'
}

/** Longest pointer that is sent back. Unit: characters. Names of fields are the sender's own text. */
const POINTER_CHARS_MAX = 300

/** Ajv's errors as places, in words for whoever sent the request. */
export const placesOf = (
  errors: readonly ErrorObject[],
  part: Place['in'] | undefined,
): readonly Place[] => {
  const places = new Map<string, Place>()
  for (const error of withoutOtherKinds(errors)) {
    const pointer = faultPointer(error).slice(0, POINTER_CHARS_MAX)
    const message = messageOf(error)
    const place: Place = part === undefined ? { pointer, message } : { in: part, pointer, message }
    places.set(`${pointer} ${message}`, place)
    if (places.size === PROBLEM_PLACES_MAX) break
  }
  return [...places.values()]
}

const messageOf = ({ keyword, params, message }: ErrorObject): string => {
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return 'is not a known field'
    case 'enum':
      return `must be one of ${params.allowedValues.join(', ')}`
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`
    case 'format':
      return params.format === 'uuid' ? 'must be a UUID' : 'must be an RFC 3339 time with a zone'
    default:
      return message ?? 'does not fit'
  }
}

/**
 * Where a schema offers alternatives, Ajv lists the faults against each. Those against alternatives of quite another
 * kind (a text is offered, an object came) help nobody and are left out, as long as one alternative remains.
 */
const withoutOtherKinds = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  let kept = errors
  for (const choice of errors.filter(({ keyword }) => keyword === 'anyOf')) {
    const isOfChoice = ({ schemaPath }: ErrorObject) =>
      schemaPath.startsWith(`${choice.schemaPath}/`)
    const branchOf = ({ schemaPath }: ErrorObject) =>
      schemaPath.slice(choice.schemaPath.length + 1).split('/', 1)[0]
    const ofChoice = kept.filter(isOfChoice)
    const otherKinds = new Set(
      ofChoice
        .filter((error) => error.instancePath === choice.instancePath && KIND.has(error.keyword))
        .map(branchOf),
    )
    const isLeft = (error: ErrorObject) => !otherKinds.has(branchOf(error))
    if (!ofChoice.some(isLeft)) continue
    kept = kept.filter((error) => error !== choice && (!isOfChoice(error) || isLeft(error)))
  }
  return kept
}

const KIND: ReadonlySet<string> = new Set(['type', 'const'])
