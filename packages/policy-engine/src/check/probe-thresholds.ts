import { activationOf } from '../activation.ts'
import type { CompiledAction } from '../compiled-action.ts'
import { type Expr, readsOf, visit } from '../expr.ts'
import type { Atom, AtomTree } from '../expr-atoms.ts'
import { instantOf, instantText } from '../instant.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { ofRank, rankOf } from '../numbers/double-rank.ts'
import { judgeOf } from '../verdict.ts'
import type { Verdict } from '../words.ts'
import type { ProbeField } from './probe-fields.ts'
import { type HintCollector, pathIn } from './probe-hints.ts'
import { boundBy, decideInput, type ProbeInput, varied } from './probe-input.ts'
import { rangeOf } from './probe-values.ts'

/** Evaluations spent per action on thresholds that no literal or parameter states. */
const EVALUATIONS_MAX = 20_000
/** Inputs around which they are sought. */
const BASES_MAX = 6
const YEAR_MS = 366 * 86_400_000

/**
 * Thresholds that follow from other fields or from arithmetic: `request.days > request.balance`,
 * `request.amount * 100 > derived.limit`. Around each base input the field is moved until the clause turns, then halved
 * down to the two neighbouring values between which it does. What is found is added to the field's hints.
 */
export const findThresholds = (
  policy: LoadedPolicy,
  action: CompiledAction,
  variant: string | null,
  search: {
    readonly bases: readonly ProbeInput[]
    readonly fields: readonly ProbeField[]
    readonly collector: HintCollector
  },
): void => {
  const finder = new ThresholdFinder(policy, action, variant)
  for (const { expr, atom } of clausesOf(action)) {
    const reads = inputsOf(expr, action)
    if (isPlain(expr, search.collector)) continue
    for (const field of search.fields) {
      if (!reads.has(field.path) || !isOrdered(field)) continue
      for (const base of search.bases.slice(0, BASES_MAX)) finder.seek(atom, field, base)
    }
  }
}

interface Clause {
  readonly expr: Expr
  readonly atom: Atom
}

const clausesOf = (action: CompiledAction): readonly Clause[] =>
  [...action.guardrails, ...action.rules, ...action.bands].flatMap(({ compiled }) =>
    clausesIn(compiled.expr, compiled.atoms),
  )

/** Expression and atoms are split at the same places, so they are walked together. */
const clausesIn = (expr: Expr, tree: AtomTree): readonly Clause[] => {
  if (tree.op === 'atom') return [{ expr, atom: tree.atom }]
  if (tree.op === 'not' && expr.kind === 'not') return clausesIn(expr.of, tree.of)
  if (tree.op === 'choice' && expr.kind === 'choice') {
    return [
      ...clausesIn(expr.test, tree.test),
      ...clausesIn(expr.yes, tree.yes),
      ...clausesIn(expr.no, tree.no),
    ]
  }
  if ((tree.op === 'and' || tree.op === 'or') && expr.kind === 'logic') {
    return [...clausesIn(expr.left, tree.left), ...clausesIn(expr.right, tree.right)]
  }
  throw new Error('a condition and its atoms differ in shape')
}

/** Whether the clause states its threshold: a field against literals or parameters. */
const isPlain = (expr: Expr, collector: HintCollector): boolean => {
  if (expr.kind !== 'binary') return pathIn(expr) !== null
  const sides = [expr.left, expr.right]
  return (
    sides.every((side) => pathIn(side) !== null || collector.constant(side) !== undefined) &&
    sides.some((side) => collector.constant(side) !== undefined)
  )
}

/** Inputs that an expression reads, through derived values too. */
const inputsOf = (expr: Expr, action: CompiledAction): ReadonlySet<string> => {
  const found = new Set<string>()
  const parts = new Set<Expr>([expr])
  for (const part of parts) {
    visit(part, (node) => {
      const path = pathIn(node)
      if (path) found.add(path.join('.'))
    })
    for (const read of readsOf(part)) {
      const derived = action.derived.find(({ id }) => read === `derived.${id}`)
      if (derived) parts.add(derived.compiled.expr)
    }
  }
  return found
}

const isOrdered = ({ schema }: ProbeField): boolean =>
  schema.type === 'integer' || schema.type === 'number' || schema.format === 'date-time'

class ThresholdFinder {
  readonly #policy: LoadedPolicy
  readonly #action: CompiledAction
  readonly #variant: string | null
  #left = EVALUATIONS_MAX

  constructor(policy: LoadedPolicy, action: CompiledAction, variant: string | null) {
    this.#policy = policy
    this.#action = action
    this.#variant = variant
  }

  seek(atom: Atom, field: ProbeField, base: ProbeInput): void {
    const scale = scaleOf(field, base)
    const valueAt = (place: bigint): Verdict => {
      this.#left--
      const value = scale.valueAt(place)
      const { holders, pointer } = field
      return this.#judge(atom, varied(base, { set: pointer, value, holders }))
    }
    const places = [scale.low, ...[...field.hints.numbers].map(scale.placeOf), scale.high]
      .filter((place) => place >= scale.low && place <= scale.high)
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    const found: number[] = []
    for (let i = 1; i < places.length && this.#left > 0; i++) {
      const turn = this.#turn(places[i - 1] as bigint, places[i] as bigint, valueAt)
      if (turn !== null) found.push(scale.numberAt(turn))
    }
    for (const number of found) field.hints.numbers.add(number)
  }

  /** The last place before the clause turns; null where it does not. An error is no side to turn to. */
  #turn(from: bigint, to: bigint, valueAt: (place: bigint) => Verdict): bigint | null {
    let [low, high] = [from, to]
    const before = valueAt(low)
    const after = valueAt(high)
    if (before === after || before === 'error' || after === 'error') return null
    while (high - low > 1n && this.#left > 0) {
      const middle = low + (high - low) / 2n
      if (valueAt(middle) === before) low = middle
      else high = middle
    }
    return low
  }

  #judge(atom: Atom, input: ProbeInput): Verdict {
    const bound = boundBy(this.#policy, this.#action.name, input)
    if (bound === null) return 'error'
    const given = decideInput(this.#action.name, this.#variant, input, bound)
    const activation = activationOf(this.#policy, this.#action, given, () => {})
    return judgeOf({ op: 'atom', atom })(activation)
  }
}

/** The values of a field as whole numbers in a row. */
interface Scale {
  readonly low: bigint
  readonly high: bigint
  readonly placeOf: (value: number) => bigint
  readonly numberAt: (place: bigint) => number
  readonly valueAt: (place: bigint) => number | string
}

const scaleOf = ({ schema }: ProbeField, { at }: ProbeInput): Scale => {
  if (schema.type === 'string') {
    const now = instantOf(at) ?? 0
    return {
      low: BigInt(now - 10 * YEAR_MS),
      high: BigInt(now + 10 * YEAR_MS),
      placeOf: (ms) => BigInt(Math.round(ms)),
      numberAt: Number,
      valueAt: (place) => instantText(Number(place)),
    }
  }
  const { low, high } = rangeOf(schema)
  if (schema.type === 'integer') {
    const placeOf = (value: number) => BigInt(Math.round(value))
    return { low: placeOf(low), high: placeOf(high), placeOf, numberAt: Number, valueAt: Number }
  }
  const finite = (value: number) => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE)
  return {
    low: rankOf(finite(low)),
    high: rankOf(finite(high)),
    placeOf: rankOf,
    numberAt: ofRank,
    valueAt: ofRank,
  }
}
