import type { LoadedPolicy } from '../loaded-policy.ts'
import type { Decided, DecideInput } from '../types.ts'
import { type Speech, speech } from '../voices.ts'
import type { AutonomyLevel } from '../words.ts'
import { type AtomTable, tableOf } from './atom-table.ts'
import type { Change, Counterfactual, CounterfactualTarget, Search } from './explanation.ts'
import { Forecast, strictnessOf } from './forecast.ts'
import type { Option } from './options.ts'
import { touches } from './request-fields.ts'
import { scaleOf } from './scale.ts'
import { type Found, Reruns, reaches, Searcher } from './search.ts'
import { type Edits, World } from './world.ts'

/** Changes of one counterfactual, at most: nobody weighs more at once (policy.md §6). */
export const CHANGES_MAX = 3
/** Whole decisions re-run for one explanation, at most (policy.md §6). */
export const RERUNS_MAX = 256

export interface CounterfactualOptions {
  /** Default: the next better outcomes. */
  readonly targets?: readonly CounterfactualTarget[]
  readonly changesMax?: number
  readonly rerunsMax?: number
  /** How many to list, over all targets. Default 3. */
  readonly wanted?: number
  /** Whether the reader may see personal values: then personal fields may be changed and drawn from. */
  readonly personal?: boolean
  /** Keeps back what would tell a threshold of a sensitive rule or guardrail. */
  readonly hideSensitive?: boolean
}

export interface Counterfactuals extends Search {
  readonly list: readonly Counterfactual[]
}

/**
 * The smallest changes of actionable fields after which the same policy, asked the same way, answers better. Each was
 * decided again as a whole: bound by the schema, guardrails, rules, bands, ceilings. Nothing about the subject,
 * features, evidence, controls or the time is changed. Bounded: at most `rerunsMax` decisions are re-run.
 *
 * Source: Wachter, Mittelstadt, Russell 2017; policy.md §6.
 *
 * @throws Error  on the same inputs as `decide`
 */
export const counterfactuals = (
  policy: LoadedPolicy,
  input: DecideInput,
  options: CounterfactualOptions = {},
): Counterfactuals => {
  const table = tableOf(policy, input.action)
  const world = new World(policy, input, table.fields)
  const { changesMax = CHANGES_MAX, rerunsMax = RERUNS_MAX, wanted = 3, personal = false } = options
  const reruns = new Reruns(world, rerunsMax)
  const current = reruns.of(new Map())
  if (current === null) return { list: [], tried: 0, exhausted: true, withheld: 0 }
  const usable = table.fields.flatMap((field, bit) => (field.personal && !personal ? [] : [bit]))
  const forecast = new Forecast(table, input, standingOf(table, current))
  const searcher = new Searcher(world, table, { forecast, reruns })
  const finder = new Finder(world, table, reruns)
  const list: Counterfactual[] = []
  let withheld = 0
  for (const target of options.targets ?? betterThan(current)) {
    // A lesser improvement is worth telling only where the better one cannot be had.
    if (list.length + withheld > 0 && options.targets === undefined) break
    if (usable.length === 0) break
    const found = searcher.search(target, { usable, changesMax, wanted: wanted - list.length })
    for (const each of finder.sorted(found)) {
      if (list.length === wanted) break
      if (!finder.isNeeded(each, target)) continue
      const hidden =
        each.options.some((option) => option.personal && !personal) ||
        each.options.some((option) => option.sensitive && options.hideSensitive === true)
      if (hidden) withheld++
      else list.push(finder.told(each, target))
    }
  }
  return { list, tried: reruns.count, exhausted: reruns.cut, withheld }
}

const LEVELS: readonly AutonomyLevel[] = ['AL0', 'AL1', 'AL2', 'AL3']

/** The next better outcomes: approved, else a person decides; for an approval, a lower needed level. */
export const betterThan = ({
  outcome,
  autonomyLevel,
}: Pick<Decided, 'outcome' | 'autonomyLevel'>): readonly CounterfactualTarget[] => {
  if (outcome === 'approved') {
    const lower = LEVELS[LEVELS.indexOf(autonomyLevel) - 1]
    return lower === undefined || lower === 'AL0' ? [] : [{ outcome, levelMax: lower }]
  }
  const approved = { outcome: 'approved' } as const
  return strictnessOf(outcome) > strictnessOf('escalated')
    ? [approved, { outcome: 'escalated' }]
    : [approved]
}

/** What was said and no change of an actionable field can unsay. */
const standingOf = (table: AtomTable, { voices }: Decided): readonly Speech[] => {
  const { evidence = [] } = table.action.document
  const isFixed = (reads: ReadonlySet<string>): boolean =>
    !table.fields.some(({ path }) => [...reads].some((read) => touches(read, path)))
  return voices
    .filter(({ kind, id }) => {
      if (kind === 'params' || kind === 'policy' || kind === 'subject-map') return true
      if (kind === 'derive') return isFixed(table.reads.ofDerived(id))
      return (
        kind === 'evidence' &&
        evidence.some((each) => each.id === id && each.requiredWhen === undefined)
      )
    })
    .map((voice) => speech(voice))
}

/** Checks and words what the search found. */
class Finder {
  readonly #world: World
  readonly #table: AtomTable
  readonly #reruns: Reruns

  constructor(world: World, table: AtomTable, reruns: Reruns) {
    this.#world = world
    this.#table = table
    this.#reruns = reruns
  }

  /** Fewest changes, then the smallest, then by pointer: the same list each time. */
  sorted(found: readonly Found[]): readonly Found[] {
    const key = (each: Found): string => each.bits.map((bit) => this.#pointer(bit)).join(' ')
    return found.toSorted(
      (a, b) => a.bits.length - b.bits.length || a.cost - b.cost || (key(a) < key(b) ? -1 : 1),
    )
  }

  /** Whether each change is: without it the target is not reached. */
  isNeeded({ bits, options }: Found, target: CounterfactualTarget): boolean {
    if (bits.length === 1) return true
    return bits.every((_, out) => {
      const rest = this.#edits(
        bits.filter((__, i) => i !== out),
        options.filter((__, i) => i !== out),
      )
      const without = this.#reruns.of(rest)
      // Null is a request that does not fit its schema, or the end of the re-runs: then nothing is promised.
      return without === null ? !this.#reruns.cut : !reaches(without, target)
    })
  }

  told(found: Found, { outcome }: CounterfactualTarget): Counterfactual {
    const { bits, options, decided } = found
    const changes = bits
      .map((_, i) => this.#change(found, i))
      .toSorted((a, b) => (a.field < b.field ? -1 : 1))
    if (options.length !== changes.length) throw new Error('a change was lost')
    return { target: outcome, level: decided.autonomyLevel, changes, verified: true }
  }

  #change(found: Found, i: number): Change {
    const pointer = this.#pointer(found.bits[i] as number)
    const from = this.#world.valueAt(pointer)
    const to = found.options[i]?.value
    return {
      field: pointer,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      relation: to === undefined ? 'absent' : this.#relation(found, i),
    }
  }

  /** `<=` or `>=` where one step further is decided alike, so that the value is seen to be a bound and not a point. */
  #relation(found: Found, i: number): Change['relation'] {
    const bit = found.bits[i] as number
    const field = this.#table.fields[bit]
    const value = found.options[i]?.value
    if (field === undefined || field.schema.type === 'array') return '=='
    if (field.schema.type === 'string' && field.schema.format !== 'date-time') return '=='
    const from = this.#world.valueAt(field.pointer)
    const scale = scaleOf(field, from)
    const [start, end] = [scale?.placeOf(from) ?? null, scale?.placeOf(value) ?? null]
    if (scale === null || start === null || end === null) return '=='
    const further = end < start ? end - 1n : end + 1n
    if (further < scale.low || further > scale.high) return '=='
    const options = found.options.map((option, j) =>
      j === i ? { ...option, value: scale.valueAt(further) } : option,
    )
    const beyond = this.#reruns.of(this.#edits(found.bits, options))
    const alike =
      beyond?.outcome === found.decided.outcome &&
      beyond.autonomyLevel === found.decided.autonomyLevel
    if (!alike) return '=='
    return end < start ? '<=' : '>='
  }

  #edits(bits: readonly number[], options: readonly Option[]): Edits {
    return new Map(bits.map((bit, i) => [this.#pointer(bit), options[i]?.value]))
  }

  #pointer(bit: number): string {
    return this.#table.fields[bit]?.pointer ?? ''
  }
}
