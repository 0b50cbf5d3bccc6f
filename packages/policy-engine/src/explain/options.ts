import type { JsonValue } from '@writ/kernel'
import { type AtomTable, type TableAtom, valueOfAtom } from './atom-table.ts'
import { cutsOf } from './cuts.ts'
import type { ActionableField } from './request-fields.ts'
import { distance, scaleOf } from './scale.ts'
import { code, formulaOf, OPEN, type Values } from './values.ts'
import type { Edits, World } from './world.ts'

/** One other value of a field that the schema admits, and what each atom that reads the field makes of it. */
export interface Option {
  readonly value: JsonValue | undefined
  readonly cost: number
  /** Drawn from a clause that reads personal data, or from a sensitive one. */
  readonly personal: boolean
  readonly sensitive: boolean
  /** One a table atom of the field, in the order of `atomsOf`. */
  readonly values: Values
}

/** Integers of so few values are all tried: no boundary has to be found. */
const SMALL_RANGE = 16n
/** Values of one field, at most; the nearest stay. */
const OPTIONS_MAX = 400

/** The other values worth trying for each field, the nearest first. */
export class Options {
  readonly #world: World
  readonly #table: AtomTable
  readonly #atoms: readonly (readonly TableAtom[])[]
  readonly #own = new Map<number, readonly Option[]>()
  cut = false

  constructor(world: World, table: AtomTable, now: Values) {
    this.#world = world
    this.#table = table
    const atoms = unsettled(table, now)
    this.#atoms = table.fields.map((_, bit) =>
      atoms.filter(({ fields }) => (fields & (1 << bit)) !== 0),
    )
  }

  atomsOf(bit: number): readonly TableAtom[] {
    return this.#atoms[bit] ?? []
  }

  /** With the other fields as they are. */
  of(bit: number): readonly Option[] {
    const known = this.#own.get(bit)
    if (known) return known
    const found = this.#look(bit, new Map(), this.atomsOf(bit))
    this.#own.set(bit, found)
    return found
  }

  /** With other fields changed: boundaries that move with them, besides those that do not. */
  beside(bit: number, edits: Edits, changed: number): readonly Option[] {
    const moved = this.atomsOf(bit).filter(({ fields }) => (fields & changed) !== 0)
    if (moved.length === 0) return this.of(bit)
    const more = this.#look(bit, edits, moved)
    return [...this.of(bit), ...more].sort((a, b) => a.cost - b.cost)
  }

  #look(bit: number, edits: Edits, drawing: readonly TableAtom[]): readonly Option[] {
    const field = this.#table.fields[bit] as ActionableField
    const from = this.#world.valueAt(field.pointer)
    const sources = new Map<string, Draft>()
    const draw = (value: JsonValue | undefined, atom?: TableAtom): void => {
      const key = JSON.stringify(value) ?? ''
      const known = sources.get(key) ?? { value, personal: false, sensitive: false }
      sources.set(key, {
        value,
        personal: known.personal || atom?.personal === true,
        sensitive: known.sensitive || atom?.sensitive === true,
      })
    }
    for (const value of plainValues(field, from)) draw(value)
    for (const atom of drawing) {
      for (const value of cutsOf(this.#world, atom, field, edits)) {
        if (canBeSent(value)) draw(value === 0 ? 0 : value, atom)
      }
    }
    sources.delete(JSON.stringify(from) ?? '')
    const drafts = [...sources.values()]
      .map((draft) => ({ ...draft, cost: distance(from, draft.value) }))
      .sort((a, b) => a.cost - b.cost || order(a.value, b.value))
    if (drafts.length > OPTIONS_MAX) this.cut = true
    const options = drafts.slice(0, OPTIONS_MAX).flatMap((draft) => this.#weigh(bit, edits, draft))
    return edits.size === 0 && this.#standsAlone(bit) ? distinct(options) : options
  }

  #weigh(bit: number, edits: Edits, draft: Draft & { readonly cost: number }): readonly Option[] {
    const { pointer } = this.#table.fields[bit] as ActionableField
    const edited = new Map(edits).set(pointer, draft.value)
    const activation = this.#world.fits(edited) ? this.#world.seen(edited) : null
    if (activation === null) return []
    const values = Uint8Array.from(this.atomsOf(bit), ({ atom }) =>
      code(valueOfAtom(atom, activation)),
    )
    return [{ ...draft, values }]
  }

  #standsAlone(bit: number): boolean {
    return this.atomsOf(bit).every(({ fields }) => fields === 1 << bit)
  }
}

/** Atoms of conditions that some change of the actionable fields could turn: the others need no second look. */
const unsettled = (table: AtomTable, now: Values): readonly TableAtom[] => {
  const values = now.slice()
  for (const { index, fields } of table.atoms) if (fields !== 0) values[index] = OPEN
  return [...table.guardrails, ...table.rules, ...table.bands]
    .filter(({ tree }) => formulaOf(tree)(values) === OPEN)
    .flatMap(({ atoms }) => atoms)
}

interface Draft {
  readonly value: JsonValue | undefined
  readonly personal: boolean
  readonly sensitive: boolean
}

/** Of values that every condition takes alike, the nearest is enough. */
const distinct = (options: readonly Option[]): readonly Option[] => {
  const seen = new Set<string>()
  return options.filter(({ values }) => {
    const key = values.join()
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Values that need no clause to be thought of. */
const plainValues = (
  field: ActionableField,
  from: JsonValue | undefined,
): readonly (JsonValue | undefined)[] => {
  const { schema, optional } = field
  const absent = optional && from !== undefined ? [undefined] : []
  if (schema.enum !== undefined) return [...absent, ...schema.enum]
  if (schema.type === 'boolean') return [...absent, false, true]
  if (schema.type !== 'integer' && schema.type !== 'number') return absent
  const scale = scaleOf(field, from)
  if (scale === null) return absent
  if (schema.type === 'integer' && scale.high - scale.low < SMALL_RANGE) {
    const count = Number(scale.high - scale.low) + 1
    return [
      ...absent,
      ...Array.from({ length: count }, (_, i) => scale.valueAt(scale.low + BigInt(i))),
    ]
  }
  // The ends of the range, where the schema draws it: with several fields one may have to make room for another.
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const low = minimum ?? exclusiveMinimum
  const high = maximum ?? exclusiveMaximum
  const ends = [
    ...(low === undefined ? [] : [scale.valueAt(scale.low)]),
    ...(high === undefined ? [] : [scale.valueAt(scale.high)]),
  ]
  return [...absent, ...ends, ...(from === undefined ? [0] : [])]
}

/** The door refuses numbers beyond 2^53−1; and −0, drawn as 0 above, is no number of JSON. */
const canBeSent = (value: JsonValue): boolean =>
  typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER

const order = (a: JsonValue | undefined, b: JsonValue | undefined): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [JSON.stringify(a) ?? '', JSON.stringify(b) ?? '']
  return left < right ? -1 : left > right ? 1 : 0
}
