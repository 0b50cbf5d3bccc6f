import type { OptionalValue } from './compiled-action.ts'
import { instantOf } from './instant.ts'
import type { ScalarType } from './policy-document.ts'
import { FREE_TEXT_LENGTH_MAX } from './shape.ts'

type Kind = Pick<OptionalValue, 'fits' | 'bind'>

const KINDS: Readonly<Record<ScalarType, Kind>> = {
  bool: { fits: (value) => typeof value === 'boolean', bind: (value) => value },
  int: { fits: (value) => Number.isSafeInteger(value), bind: (value: number) => BigInt(value) },
  double: { fits: (value) => Number.isFinite(value), bind: (value) => value },
  string: {
    fits: (value) => typeof value === 'string' && value.length <= FREE_TEXT_LENGTH_MAX,
    bind: (value) => value,
  },
  timestamp: {
    fits: (value) => typeof value === 'string' && instantOf(value) !== null,
    bind: (value: string) => new Date(value),
  },
}

/** Features and evidence values as declared: name, type test, conversion. */
export const optionalValues = (
  types: Readonly<Record<string, ScalarType>> = {},
): readonly OptionalValue[] =>
  Object.entries(types).map(([name, type]) => ({ name, ...KINDS[type] }))

/** Puts each value that is there and fits into `target`; whatever else was handed in is not looked at. */
export const bindOptionals = (
  target: Record<string, unknown>,
  declared: readonly OptionalValue[],
  given: Readonly<Record<string, unknown>>,
): object => {
  for (const { name, fits, bind } of declared) {
    if (!Object.hasOwn(given, name)) continue
    const value = given[name]
    if (fits(value)) target[name] = bind(value as never)
  }
  return target
}
