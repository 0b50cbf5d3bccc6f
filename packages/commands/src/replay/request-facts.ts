import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  pointerTo,
  pointerTokens,
} from '@writ/kernel'
import {
  type FieldSchema,
  type LoadedPolicy,
  personalPointers,
  requestSchemaOf,
} from '@writ/policy-engine'

/** Most numeric fields of one action that a report sums up. */
const FIELDS_MAX = 20

/** A numeric field of a request, that may be shown. */
export interface NumericField {
  readonly pointer: string
  readonly tokens: readonly string[]
}

/** The numeric fields of an action's request in the order of the schema, without personal ones. */
export const numericFields = (policy: LoadedPolicy, action: string): readonly NumericField[] => {
  const compiled = policy.actions.get(action)
  const schema = requestSchemaOf(policy, action)
  if (compiled === undefined || schema === null) return []
  let fields = known.get(compiled)
  if (fields === undefined) {
    const personal = personalPointers(policy, action)
    fields = numbersIn(schema, '')
      .filter((pointer) => !personal.some((other) => covers(other, pointer)))
      .slice(0, FIELDS_MAX)
      .map((pointer) => ({ pointer, tokens: pointerTokens(pointer) }))
    known.set(compiled, fields)
  }
  return fields
}

const known = new WeakMap<object, readonly NumericField[]>()

const numbersIn = ({ type, properties }: FieldSchema, pointer: string): readonly string[] => {
  if (type === 'number' || type === 'integer') return [pointer]
  return Object.entries(properties ?? {}).flatMap(([name, field]) =>
    numbersIn(field, pointerTo(pointer, name)),
  )
}

/** Whether a pointer names the same as another, or what that one lies in. */
export const covers = (outer: string, inner: string): boolean =>
  outer === '' || inner === outer || inner.startsWith(`${outer}/`)

/** The number of a request in this field; undefined where there is none. */
export const numberAt = (request: JsonObject, { tokens }: NumericField): number | undefined => {
  let here: JsonValue | undefined = request
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as string
    if (!isJsonObject(here) || !Object.hasOwn(here, token)) return undefined
    here = here[token]
  }
  return typeof here === 'number' ? here : undefined
}
