import {
  CelScalar,
  celEnv,
  celFunc,
  celMethod,
  isCelError,
  isCelList,
  isCelMap,
  parse,
  plan,
} from '@bufbuild/cel'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { JsonValue } from '@writ/kernel'
import { glob, lowerAscii } from '../cel-functions.ts'
import { shownValue } from '../shown-value.ts'

/** An expression in the second implementation. Undefined where CEL has an error. */
export type SecondProgram = (activation: object) => unknown

/** Compiles for the second implementation; throws what its parser throws. */
export type SecondEngine = (source: string) => SecondProgram

/**
 * The second opinion (ADR-0009): another implementation of CEL, told of our two functions. It shares no code with the
 * first but those two, so a mistake of either library shows as a difference.
 */
export const secondEngine: SecondEngine = (source) => {
  const evaluate = plan(environment, parse(source))
  return (activation) => {
    try {
      const result = evaluate(bindingsOf(activation) as never)
      return isCelError(result) ? undefined : result
    } catch {
      return undefined
    }
  }
}

const environment = celEnv({
  funcs: [
    celFunc('glob', [CelScalar.STRING, CelScalar.STRING], CelScalar.BOOL, glob),
    celMethod('lowerAscii', CelScalar.STRING, [], CelScalar.STRING, function (this: string) {
      return lowerAscii(this)
    }),
  ],
})

interface Bindings {
  readonly derivedValues: number
  readonly values: Readonly<Record<string, unknown>>
}

/** One activation is asked by every condition; derived values are added to it while it is put together. */
const known = new WeakMap<object, Bindings>()

const bindingsOf = (activation: object): object => {
  const { derived = {} } = activation as { readonly derived?: object }
  const derivedValues = Object.keys(derived).length
  const before = known.get(activation)
  if (before?.derivedValues === derivedValues) return before.values
  const values = Object.fromEntries(
    Object.entries(activation).map(([name, value]) => [name, inSecond(value)]),
  )
  known.set(activation, { derivedValues, values })
  return values
}

/** Typed objects of the first engine as values of the second; its own values pass as they are. */
const inSecond = (value: unknown): unknown => {
  if (value instanceof Date) return timestampFromDate(value)
  if (Array.isArray(value)) return value.map(inSecond)
  if (typeof value !== 'object' || value === null) return value
  if (isCelList(value) || isCelMap(value) || messageOf(value) !== null) return value
  return new Map(Object.entries(value).map(([name, inner]) => [name, inSecond(inner)]))
}

/** A value of the second engine as the first would show it. */
export const shownOfSecond = (value: unknown): JsonValue => {
  if (isCelList(value)) return [...value].map(shownOfSecond)
  const message = typeof value === 'object' && value !== null ? messageOf(value) : null
  if (message === null) return shownValue(value)
  const ms = Number(message.seconds) * 1000 + message.nanos / 1e6
  return message.$typeName === 'google.protobuf.Timestamp'
    ? shownValue(new Date(ms))
    : `${ms / 1000}s`
}

interface TimeMessage {
  readonly $typeName: string
  readonly seconds: bigint
  readonly nanos: number
}

const messageOf = (value: object): TimeMessage | null => {
  const { message = value } = value as { readonly message?: unknown }
  const { $typeName } = message as { readonly $typeName?: unknown }
  return typeof $typeName === 'string' ? (message as TimeMessage) : null
}
