import { type JsonObject, pointerTo } from '@writ/kernel'
import type { CompiledAction } from '../compiled-action.ts'
import { isoDurationMs } from '../duration.ts'
import { instantOf, instantText } from '../instant.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { exampleOf, type ProbeField, probeFields } from './probe-fields.ts'
import { HintCollector, type HintsByPath } from './probe-hints.ts'
import {
  boundBy,
  inputOfTest,
  keyOfInput,
  type ProbeInput,
  TEST_SUBJECT,
  type Variation,
  varied,
} from './probe-input.ts'
import { findThresholds } from './probe-thresholds.ts'
import { probeValues } from './probe-values.ts'
import type { ActionProbes } from './report.ts'

/** Most inputs tried for one action. */
export const PROBES_MAX = 4096
/** Conditions evaluated for one action over all inputs and variants, some tenths of a second. */
const EVALUATIONS_MAX = 200_000
/** Fewer inputs than these would show nothing. */
const PROBES_MIN = 256

/** The day on which inputs stand that no test dates. */
const SOME_DAY = '2026-01-01T12:00:00.000Z'

export interface ProbeCases {
  readonly inputs: readonly ProbeInput[]
  /** True where all combinations would have been too many. */
  readonly sampled: boolean
  readonly variants: readonly (string | null)[]
  readonly fields: ActionProbes['fields']
  /** What each dimension may be, for searches of one's own. */
  readonly dimensions: readonly (readonly Variation[])[]
}

/**
 * Inputs around every threshold of an action, the same ones each time: the requests of the golden tests, then all
 * combinations of the values of note, or, where those are too many, an even sample of them.
 */
export const probeCases = (policy: LoadedPolicy, action: CompiledAction): ProbeCases => {
  const variants = variantsOf(policy)
  const bases = basesOf(policy, action)
  const [first] = bases as [ProbeInput]
  const fields = fieldsOf(policy, action, { variants, bases })
  const values = fields.map((field) => probeValues(field, first.at))
  const dimensions = [
    ...fields.map((field, i) => variationsOf(field, values[i]?.values ?? [])),
    ...evidenceVariations(action, first.at),
  ].filter((dimension) => dimension.length > 0)
  const conditions = action.guardrails.length + action.rules.length + action.bands.length
  const affordable = Math.floor(EVALUATIONS_MAX / (Math.max(1, conditions) * variants.length))
  const most = Math.min(PROBES_MAX, Math.max(PROBES_MIN, affordable))
  const { inputs, sampled } = combined(bases, dimensions, most)
  return {
    inputs: inputs.filter((input) => boundBy(policy, action.name, input) !== null),
    sampled,
    variants,
    fields: fields.map(({ pointer }, i) => ({
      pointer,
      values: dimensions[i]?.length ?? 0,
      clamped: values[i]?.clamped ?? 0,
    })),
    dimensions,
  }
}

/** A policy with variants decides by one of them; the control variant has the parameters of the file. */
const variantsOf = ({ document }: LoadedPolicy): readonly (string | null)[] =>
  document.variants?.list.map(({ id }) => id) ?? [null]

const basesOf = (policy: LoadedPolicy, action: CompiledAction): readonly ProbeInput[] => {
  const [only] = policy.actions.keys()
  const tests = (policy.document.tests ?? []).filter(
    (test) => (test.action ?? only) === action.name,
  )
  const [dated] = tests
  const at = dated?.at ?? SOME_DAY
  const plain: ProbeInput = {
    request: exampleOf(action.document.request, at) as JsonObject,
    at,
    subject: TEST_SUBJECT,
    features: {},
    evidence: {},
  }
  const bases = [...tests.map(inputOfTest), plain]
  const distinct = new Map(bases.map((base) => [keyOfInput(base), base]))
  return [...distinct.values()].filter((base) => boundBy(policy, action.name, base) !== null)
}

const fieldsOf = (
  policy: LoadedPolicy,
  action: CompiledAction,
  {
    variants,
    bases,
  }: { readonly variants: ProbeCases['variants']; readonly bases: readonly ProbeInput[] },
): readonly ProbeField[] => {
  const hints: HintsByPath = new Map()
  const base = action.params.get(null) as object
  const collectors = variants.map(
    (variant) => new HintCollector(hints, action.params.get(variant) ?? base, base),
  )
  for (const collector of collectors) {
    for (const expr of expressionsOf(action)) collector.collect(expr)
  }
  const fields = probeFields(action, hints, bases[0]?.at ?? SOME_DAY)
  for (const [i, collector] of collectors.entries()) {
    findThresholds(policy, action, variants[i] ?? null, { bases, fields, collector })
  }
  return fields
}

const expressionsOf = (action: CompiledAction) => [
  ...action.evidence.flatMap(({ compiled }) => (compiled ? [compiled.expr] : [])),
  ...action.derived.map(({ compiled }) => compiled.expr),
  ...[...action.guardrails, ...action.rules, ...action.bands].map(({ compiled }) => compiled.expr),
]

const variationsOf = (
  { pointer, holders, absentBy }: ProbeField,
  values: ReturnType<typeof probeValues>['values'],
): readonly Variation[] => [
  ...values.map((value) => ({ set: pointer, value, holders })),
  ...absentBy.map((absent) => ({ remove: absent })),
]

/** Evidence there, at the end of its life, a millisecond beyond it, and missing. */
const evidenceVariations = (
  action: CompiledAction,
  at: string,
): readonly (readonly Variation[])[] =>
  (action.document.evidence ?? []).map(({ id, maxAge }) => {
    const pointer = pointerTo('/evidence', id)
    const now = instantOf(at) ?? 0
    const oldest = now - (isoDurationMs(maxAge) ?? 0)
    const signed = [now, oldest, oldest - 1].map((ms) => `${instantText(ms)}`)
    return [
      ...signed.map((time) => ({ set: `${pointer}/at`, value: time, holders: [] })),
      { remove: pointer },
    ]
  })

interface Combined {
  readonly inputs: readonly ProbeInput[]
  readonly sampled: boolean
}

const combined = (
  bases: readonly ProbeInput[],
  dimensions: readonly (readonly Variation[])[],
  most: number,
): Combined => {
  const sizes = dimensions.map(({ length }) => length)
  const all = sizes.reduce((product, size) => product * size, 1)
  const gathered = new Gathered(most)
  const [first] = bases as [ProbeInput]
  if (all + bases.length <= most) {
    for (const base of bases) gathered.add(base)
    for (let i = 0; i < all; i++) gathered.add(atIndex(first, dimensions, digitsOf(i, sizes)))
    return { inputs: gathered.inputs, sampled: false }
  }
  // A fifth for what the author thought of, then one value moved, then two, then everything at once.
  for (const base of evenly(bases, Math.floor(most / 5))) gathered.add(base)
  const near = evenly(bases, 12)
  const moves = dimensions.flatMap((values, d) => values.map((value) => ({ d, value })))
  for (const { a: base, b } of evenPairs(near, moves, gathered.room(0.4))) {
    gathered.add(varied(base, b.value))
  }
  for (const { a, b } of evenPairs(moves, moves, gathered.room(0.5))) {
    const base = near[(a.d * 7 + b.d) % near.length] ?? first
    if (a.d < b.d) gathered.add(varied(varied(base, a.value), b.value))
  }
  for (let i = 0, tries = 4 * most; i < tries && gathered.room(1) > 0; i++) {
    const base = near[i % near.length] ?? first
    gathered.add(atIndex(base, dimensions, scatteredDigits(i, sizes)))
  }
  return { inputs: gathered.inputs, sampled: true }
}

/** Distinct inputs, up to a number. */
class Gathered {
  readonly inputs: ProbeInput[] = []
  readonly #seen = new Set<string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  add(input: ProbeInput): void {
    const key = keyOfInput(input)
    if (this.inputs.length >= this.#most || this.#seen.has(key)) return
    this.#seen.add(key)
    this.inputs.push(input)
  }

  /** A share of the places that are left. */
  room(share: number): number {
    return Math.floor((this.#most - this.inputs.length) * share)
  }
}

const atIndex = (
  base: ProbeInput,
  dimensions: readonly (readonly Variation[])[],
  digits: readonly number[],
): ProbeInput =>
  dimensions.reduce((input, values, d) => varied(input, values[digits[d] ?? 0] as Variation), base)

const digitsOf = (index: number, sizes: readonly number[]): readonly number[] => {
  let rest = index
  return sizes.map((size) => {
    const digit = rest % size
    rest = Math.floor(rest / size)
    return digit
  })
}

/** Even coverage without randomness: each dimension steps by the square root of a prime of its own. */
const scatteredDigits = (i: number, sizes: readonly number[]): readonly number[] =>
  sizes.map((size, d) => Math.floor(((i * Math.sqrt(primeAt(d))) % 1) * size))

const primes = [2]

const primeAt = (index: number): number => {
  for (let n = (primes.at(-1) ?? 2) + 1; primes.length <= index; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  }
  return primes[index] ?? 2
}

const evenly = <T>(list: readonly T[], most: number): readonly T[] =>
  list.length <= most
    ? list
    : Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)] as T)

/** Up to so many pairs, spread over all of them. */
function* evenPairs<A, B>(as: readonly A[], bs: readonly B[], most: number) {
  const all = as.length * bs.length
  for (let i = 0; i < Math.min(all, most); i++) {
    const index = all <= most ? i : Math.floor((i * all) / most)
    yield { a: as[Math.floor(index / bs.length)] as A, b: bs[index % bs.length] as B }
  }
}
