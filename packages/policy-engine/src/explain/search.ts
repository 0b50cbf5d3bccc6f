import type { JsonValue } from '@writ/kernel'
import type { Decided } from '../types.ts'
import type { AtomTable } from './atom-table.ts'
import { valueOfAtom } from './atom-table.ts'
import { PROBES_MAX } from './cuts.ts'
import type { CounterfactualTarget } from './explanation.ts'
import { type Forecast, strictnessOf } from './forecast.ts'
import { type Option, Options } from './options.ts'
import { code, OPEN, type Values } from './values.ts'
import type { Edits, World } from './world.ts'

/** Combinations of values that are looked at before a whole decision is re-run for the few that may do. */
export const LOOKS_MAX = 10_000

/** A set of changes that reached the target. */
export interface Found {
  readonly bits: readonly number[]
  readonly options: readonly Option[]
  readonly cost: number
  readonly decided: Decided
}

/** Re-runs of the whole decision, counted against their bound. */
export class Reruns {
  readonly #world: World
  readonly #max: number
  count = 0
  /** A bound was met somewhere. */
  cut = false

  constructor(world: World, max: number) {
    this.#world = world
    this.#max = max
  }

  of(edits: Edits): Decided | null {
    if (this.count >= this.#max) {
      this.cut = true
      return null
    }
    this.count++
    return this.#world.decided(edits)
  }
}

export const reaches = (decided: Decided, { outcome, levelMax }: CounterfactualTarget): boolean =>
  decided.outcome === outcome && (levelMax === undefined || decided.autonomyLevel <= levelMax)

/** Finds, for every smallest set of fields that can reach a target, the nearest values that do. */
export class Searcher {
  readonly #world: World
  readonly #table: AtomTable
  readonly #forecast: Forecast
  readonly #reruns: Reruns
  readonly #options: Options
  readonly #base: Values
  #looks = 0

  constructor(world: World, table: AtomTable, parts: { forecast: Forecast; reruns: Reruns }) {
    this.#world = world
    this.#table = table
    this.#forecast = parts.forecast
    this.#reruns = parts.reruns
    this.#base = Uint8Array.from(table.atoms, ({ atom }) => code(valueOfAtom(atom, world.now)))
    this.#options = new Options(world, table, this.#base)
  }

  /** Fewest fields first; ends once a number of fields has given as many as are wanted. */
  search(
    target: CounterfactualTarget,
    {
      usable,
      changesMax,
      wanted,
    }: { usable: readonly number[]; changesMax: number; wanted: number },
  ): readonly Found[] {
    const found: Found[] = []
    if (this.#forecast.standing > strictnessOf(target.outcome)) return found
    for (let size = 1; size <= changesMax && found.length < wanted; size++) {
      for (const bits of setsOf(usable, size)) {
        // More fields than were enough already would be changes without need.
        if (found.some((known) => known.bits.every((bit) => bits.includes(bit)))) continue
        const best = this.#nearest(bits, target)
        if (best) found.push(best)
      }
    }
    if (this.#options.cut || this.#world.probes > PROBES_MAX) this.#reruns.cut = true
    return found
  }

  #nearest(bits: readonly number[], target: CounterfactualTarget): Found | null {
    const mask = bits.reduce((all, bit) => all | (1 << bit), 0)
    const open = this.#base.slice()
    for (const { index, fields } of this.#table.atoms) if (fields & mask) open[index] = OPEN
    if (!this.#possible(open, target)) return null
    // Where one boundary moves with another field, it matters which is set first.
    const moves = this.#table.atoms.some(({ fields }) => severalOf(fields & mask))
    let best: Found | null = null
    for (const order of moves ? ordersOf(bits) : [bits]) {
      best = this.#descend({ order, mask, target }, { values: open, chosen: [], cost: 0 }, best)
    }
    return best
  }

  #descend(plan: Plan, node: Branch, best: Found | null): Found | null {
    const { order, target, mask } = plan
    const bit = order[node.chosen.length] as number
    const edits = this.#edits(order, node.chosen)
    const changed = order.slice(0, node.chosen.length).reduce((all, each) => all | (1 << each), 0)
    let nearest = best
    for (const option of this.#options.beside(bit, edits, changed)) {
      const cost = node.cost + option.cost
      if (nearest && cost >= nearest.cost) break
      const chosen = [...node.chosen, option]
      const values = this.#filled(plan, node.values, { bit, option, edits, changed })
      if (!this.#possible(values, target)) continue
      if (chosen.length < order.length) {
        nearest = this.#descend({ order, mask, target }, { values, chosen, cost }, nearest)
        continue
      }
      const decided = this.#reruns.of(this.#edits(order, chosen))
      if (decided && reaches(decided, target)) {
        nearest = inFieldOrder({ bits: order, options: chosen, cost, decided })
        break
      }
    }
    return nearest
  }

  /** Atom values once one more field is set; those that read a field still to come stay open. */
  #filled(plan: Plan, before: Values, step: Step): Values {
    const { bit, option, edits, changed } = step
    const set = changed | (1 << bit)
    const values = before.slice()
    let seen: object | null | undefined
    for (const [i, { index, atom, fields }] of this.#options.atomsOf(bit).entries()) {
      if ((fields & plan.mask & ~set) !== 0) continue
      if ((fields & changed) === 0) {
        values[index] = option.values[i] as number
        continue
      }
      if (seen === undefined)
        seen = this.#world.seen(new Map(edits).set(this.#pointer(bit), option.value))
      if (seen !== null) values[index] = code(valueOfAtom(atom, seen))
    }
    return values
  }

  #possible(values: Values, { outcome, levelMax }: CounterfactualTarget): boolean {
    if (++this.#looks > LOOKS_MAX) {
      this.#reruns.cut = true
      return false
    }
    const strictness = strictnessOf(outcome)
    return this.#forecast.atLeast(values, strictness, levelMax) <= strictness
  }

  #edits(order: readonly number[], chosen: readonly Option[]): Edits {
    return new Map(
      chosen.map(({ value }, i): [string, JsonValue | undefined] => [
        this.#pointer(order[i] as number),
        value,
      ]),
    )
  }

  #pointer(bit: number): string {
    return this.#table.fields[bit]?.pointer ?? ''
  }
}

interface Plan {
  readonly order: readonly number[]
  readonly mask: number
  readonly target: CounterfactualTarget
}

interface Branch {
  readonly values: Values
  readonly chosen: readonly Option[]
  readonly cost: number
}

interface Step {
  readonly bit: number
  readonly option: Option
  readonly edits: Edits
  readonly changed: number
}

const inFieldOrder = (found: Found): Found => {
  const pairs = found.bits
    .map((bit, i) => ({ bit, option: found.options[i] as Option }))
    .sort((a, b) => a.bit - b.bit)
  return {
    ...found,
    bits: pairs.map(({ bit }) => bit),
    options: pairs.map(({ option }) => option),
  }
}

const severalOf = (mask: number): boolean => (mask & (mask - 1)) !== 0

const setsOf = (from: readonly number[], size: number): readonly (readonly number[])[] => {
  if (size === 0) return [[]]
  return from.flatMap((first, i) =>
    setsOf(from.slice(i + 1), size - 1).map((rest) => [first, ...rest]),
  )
}

const ordersOf = (bits: readonly number[]): readonly (readonly number[])[] =>
  bits.length <= 1
    ? [bits]
    : bits.flatMap((first) =>
        ordersOf(bits.filter((bit) => bit !== first)).map((rest) => [first, ...rest]),
      )
