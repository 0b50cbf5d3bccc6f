import { isUuid, Problem, parseTimestamp } from '@writ/kernel'
import { Ajv, type ValidateFunction } from 'ajv'
import { Refused } from '../http/refused.ts'
import { type Place, placesOf } from './bad-places.ts'

/**
 * Both Ajvs neither drop nor fill in anything. Bodies are taken as they are; query, path and headers arrive as text
 * and are converted.
 */
const AJV = {
  strict: true,
  strictTypes: false,
  strictRequired: false,
  removeAdditional: false,
  useDefaults: false,
  formats: {
    uuid: (text: string) => isUuid(text.toLowerCase()),
    'date-time': (text: string) => parseTimestamp(text) !== undefined,
  },
} as const

const strict = { first: new Ajv({ ...AJV }), all: new Ajv({ ...AJV, allErrors: true }) }
const converting = {
  first: new Ajv({ ...AJV, coerceTypes: true }),
  all: new Ajv({ ...AJV, coerceTypes: true, allErrors: true }),
}

/** Most values in a body whose faults are all listed. Unit: values. A larger one gets its first fault only: a million
 *  unknown fields would otherwise make a million error objects. */
const VALUES_LISTED_MAX = 5_000

/** Judges a body by a schema: the bad places, or undefined when it fits. */
export type BodyJudge = (body: unknown) => readonly Place[] | undefined

export const judgeOf = (schema: object, part: Place['in'] = undefined): BodyJudge => {
  const { first, all } = part === undefined ? strict : converting
  const judge = first.compile(schema)
  let judgeAll: ValidateFunction | undefined
  return (value) => {
    if (judge(value)) return undefined
    if (!hasAtMost(value, VALUES_LISTED_MAX)) return placesOf(judge.errors ?? [], part)
    judgeAll ??= all.compile(schema)
    judgeAll(value)
    return placesOf(judgeAll.errors ?? [], part)
  }
}

/** Fastify's validators over the two Ajvs. */
export const validatorCompiler = ({
  schema,
  httpPart,
}: {
  readonly schema: object
  readonly httpPart?: string
}): ((value: unknown) => true | { error: Error }) => {
  const judge = judgeOf(schema, PARTS[httpPart ?? 'body'])
  return (value) => {
    const places = judge(value)
    return places === undefined ? true : { error: new Refused(requestInvalid(places)) }
  }
}

const PARTS: Readonly<Record<string, Place['in']>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/** 422: it can be read and does not fit. The sentence names the first place, the list all of them. */
export const requestInvalid = (places: readonly Place[]): Problem => {
  const [first] = places
  if (first === undefined) return new Problem('request-invalid', '')
  const where = [first.in, first.pointer]
    .filter((word) => word !== undefined && word !== '')
    .join(' ')
  const more = places.length > 1 ? ` (and ${places.length - 1} more)` : ''
  return new Problem('request-invalid', `${where || 'The body'} ${first.message}${more}.`, {
    errors: places,
  })
}

const hasAtMost = (value: unknown, most: number): boolean => {
  let left = most
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (--left < 0) return false
    if (typeof next !== 'object' || next === null) continue
    const inner = Object.values(next)
    if (inner.length > left) return false
    for (const item of inner) waiting.push(item)
  }
  return true
}
