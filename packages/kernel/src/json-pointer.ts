import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts'

/** One token escaped for an RFC 6901 pointer. */
export const pointerToken = (name: string | number): string =>
  String(name).replaceAll('~', '~0').replaceAll('/', '~1')

/** `pointer` with one more step. */
export const pointerTo = (pointer: string, name: string | number): string =>
  `${pointer}/${pointerToken(name)}`

export const pointerTokens = (pointer: string): readonly string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The value at a pointer that steps through object properties only; undefined where there is none. */
export const propertyAt = (value: JsonValue, pointer: string): JsonValue | undefined => {
  let here: JsonValue | undefined = value
  for (const token of pointerTokens(pointer)) {
    if (!isJsonObject(here) || !Object.hasOwn(here, token)) return undefined
    here = here[token]
  }
  return here
}

/** A copy of `value` without the property at `pointer`; the same object where there is none. */
export const withoutProperty = (value: JsonObject, pointer: string): JsonObject => {
  const [first, ...rest] = pointerTokens(pointer)
  if (first === undefined || !Object.hasOwn(value, first)) return value
  const { [first]: inner, ...others } = value as Record<string, JsonValue>
  if (rest.length === 0) return others
  if (!isJsonObject(inner)) return value
  return { ...value, [first]: withoutProperty(inner, `/${rest.map(pointerToken).join('/')}`) }
}

/** A copy of `value` with `leaf` put at `pointer`, making the objects on the way. */
export const withProperty = (value: JsonObject, pointer: string, leaf: JsonValue): JsonObject => {
  const [first, ...rest] = pointerTokens(pointer)
  if (first === undefined) return isJsonObject(leaf) ? leaf : value
  if (rest.length === 0) return { ...value, [first]: leaf }
  const inner = value[first]
  const below = isJsonObject(inner) ? inner : {}
  return { ...value, [first]: withProperty(below, `/${rest.map(pointerToken).join('/')}`, leaf) }
}
