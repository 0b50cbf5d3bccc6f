import {
  type JsonObject,
  type JsonValue,
  Problem,
  pointerTokens,
  propertyAt,
  withoutProperty,
  withProperty,
} from '@writ/kernel'
import { type Activation, activationOf } from '../activation.ts'
import { bindRequest } from '../bind-request.ts'
import type { CompiledAction } from '../compiled-action.ts'
import { decide } from '../decide.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import type { FieldSchema } from '../policy-document.ts'
import type { Decided, DecideInput } from '../types.ts'
import { type ActionableField, Reads, touches } from './request-fields.ts'

/** Fields by pointer with the value each would have; undefined = left out. */
export type Edits = ReadonlyMap<string, JsonValue | undefined>

/** The one request that was decided, and what conditions would see if some of its fields were other ones. */
export class World {
  readonly policy: LoadedPolicy
  readonly action: CompiledAction
  readonly input: DecideInput
  readonly now: Activation
  /** How often a boundary was looked for somewhere, for one bound over all of a search. */
  probes = 0
  readonly #places: ReadonlyMap<string, Place>

  constructor(policy: LoadedPolicy, input: DecideInput, fields: readonly ActionableField[]) {
    const action = policy.actions.get(input.action)
    if (!action) throw new Error(`${policy.name} has no action '${input.action}'`)
    this.policy = policy
    this.action = action
    this.input = input
    this.now = activationOf(policy, action, input, () => {})
    const reads = new Reads(action.document)
    const derived = action.derived.flatMap(({ id }) => [...reads.ofDerived(id)])
    this.#places = new Map(fields.map((field) => [field.pointer, placeOf(field, derived)]))
  }

  valueAt(pointer: string): JsonValue | undefined {
    return propertyAt(this.input.request, pointer)
  }

  /** Whether the changed request fits its schema. */
  fits(edits: Edits): boolean {
    return !Array.isArray(this.action.bindRequest(this.#edited(edits)))
  }

  /** What conditions would see. The values must be of the fields' types; their bounds are not looked at. */
  seen(edits: Edits): Activation | null {
    const request = this.#quick(edits) ?? this.action.bindRequest(this.#edited(edits))
    if (Array.isArray(request)) return null
    if (![...edits.keys()].some((pointer) => this.#places.get(pointer)?.derives !== false)) {
      return { ...this.now, request }
    }
    const derived = this.action.emptyDerived()
    const activation = { ...this.now, request, derived }
    for (const { id, program } of this.action.derived) {
      try {
        derived[id] = program(activation)
      } catch {
        // Absent, as when it is decided: what reads it fails in turn.
      }
    }
    return activation
  }

  /** The whole decision on the changed request, as it would arrive: written as JSON and read again. */
  decided(edits: Edits): Decided | null {
    const request = JSON.parse(JSON.stringify(this.#edited(edits))) as JsonObject
    const bound = bindRequest(this.policy, this.input.action, request)
    return bound instanceof Problem ? null : decide(this.policy, { ...this.input, request, bound })
  }

  /**
   * A copy of what was bound, changed in place: a search asks for thousands, and binding anew takes ten times as long.
   */
  #quick(edits: Edits): object | null {
    const request = copyOf(this.now.request)
    for (const [pointer, value] of edits) {
      const place = this.#places.get(pointer)
      if (!place || place.bind === null) return null
      let holder = request
      for (const name of place.holders) {
        const inner = holder[name]
        if (typeof inner !== 'object' || inner === null) return null
        const copied = copyOf(inner)
        holder[name] = copied
        holder = copied
      }
      if (value === undefined) delete holder[place.name]
      else holder[place.name] = place.bind(value)
    }
    return request
  }

  #edited(edits: Edits): JsonObject {
    let request = this.input.request
    for (const [pointer, value] of edits) {
      request =
        value === undefined
          ? withoutProperty(request, pointer)
          : withProperty(request, pointer, value)
    }
    return request
  }
}

interface Place {
  readonly holders: readonly string[]
  readonly name: string
  /** Whether a derived value reads it. */
  readonly derives: boolean
  /** JSON to what conditions read; null where only the whole binder knows. */
  readonly bind: ((value: JsonValue) => unknown) | null
}

const placeOf = ({ pointer, path, schema }: ActionableField, derived: readonly string[]): Place => {
  const names = pointerTokens(pointer)
  return {
    holders: names.slice(0, -1),
    name: names.at(-1) ?? '',
    derives: derived.some((read) => touches(read, path)),
    bind: bindOf(schema),
  }
}

const bindOf = ({ type, format, items }: FieldSchema): Place['bind'] => {
  if (type === 'integer') return (value) => BigInt(value as number)
  if (type === 'string' && format === 'date-time') return (value) => new Date(value as string)
  if (type === 'object' || type === 'array') {
    const isPlain = items?.type === 'boolean' || items?.type === 'number'
    return isPlain || (items?.type === 'string' && items.format === undefined) ? same : null
  }
  return same
}

const same = (value: JsonValue): unknown => value

const copyOf = (of: object): Record<string, unknown> =>
  Object.assign(Object.create(Object.getPrototypeOf(of)), of)
