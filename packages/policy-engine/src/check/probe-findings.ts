import type { CompiledAction } from '../compiled-action.ts'
import type { Voice } from '../words.ts'
import type { FindingCode } from './finding-codes.ts'
import { type Probed, type ProbedCondition, verdictIn } from './probe-results.ts'
import type { ProbedAction } from './probe-run.ts'
import type { ProbeExample } from './report.ts'

/** A finding before its place in the text is known. */
export interface BareFinding {
  readonly code: FindingCode
  readonly pointer: string
  readonly message: string
  readonly example?: ProbeExample
  /** Characters into the expression at the pointer. */
  readonly offset?: number
}

/** What the probes of one action say about its conditions. */
export const probeFindings = (probed: ProbedAction): readonly BareFinding[] => [
  ...probed.conditions.flatMap((each) => firingFindings(probed, each)),
  ...probed.conditions.flatMap((each) => errorFindings(probed, each)),
  ...derivedFindings(probed),
  ...shadowedRules(probed),
  ...meetingRules(probed),
  ...bandFindings(probed),
  ...firstMatch(probed),
]

const nameOf = ({ kind, id }: Pick<ProbedCondition, 'kind' | 'id'>): string => `${kind} ${id}`

const firingFindings = (
  { results, summary }: ProbedAction,
  condition: ProbedCondition,
): readonly BareFinding[] => {
  const { kind, id, pointer } = condition
  const counts = summary.conditions.find((each) => each.kind === kind && each.id === id)
  if (!counts || results.length === 0) return []
  const { fired, not, error } = counts
  const of = `of ${results.length} decisions on probes`
  if (fired === 0 && error === 0) {
    const verb = kind === 'band' ? 'matches' : 'fires on'
    return [
      { code: 'never-fires', pointer, message: `the ${nameOf(condition)} ${verb} none ${of}` },
    ]
  }
  if (not > 0 || fired === 0) return []
  if (kind === 'band') {
    const message = `the ${nameOf(condition)} matches every probe`
    return [{ code: 'band-always-matches', pointer, message }]
  }
  const message = `the ${nameOf(condition)} fires on all ${of}`
  return [{ code: 'always-fires', pointer, message }]
}

const errorFindings = (
  probed: ProbedAction,
  condition: ProbedCondition,
): readonly BareFinding[] => {
  const errs = probed.results.filter(({ decided }) => verdictIn(condition, decided) === 'error')
  const missing = (each: Probed) => condition.mayMiss.some((read) => !isGiven(each, read))
  const unexpected = errs.find((each) => !missing(each))
  const expected = errs.find(missing)
  const { pointer } = condition
  if (unexpected) {
    const message = `the ${nameOf(condition)} cannot be evaluated on an input that fits the schema`
    return [{ code: 'condition-errs', pointer, message, example: probed.exampleOf(unexpected) }]
  }
  if (!expected) return []
  const message = `the ${nameOf(condition)} counts as in error where ${condition.mayMiss.join(', ')} is missing`
  return [{ code: 'errs-when-missing', pointer, message, example: probed.exampleOf(expected) }]
}

/** Whether a feature is in the input, or evidence in it and valid. */
const isGiven = ({ input, decided }: Probed, read: string): boolean => {
  const [root, name = ''] = read.split('.')
  if (root === 'features') return Object.hasOwn(input.features, name)
  const invalid = decided.voices.some((voice) => voice.kind === 'evidence' && voice.id === name)
  return Object.hasOwn(input.evidence, name) && !invalid
}

const derivedFindings = (probed: ProbedAction): readonly BareFinding[] => {
  const { action, results } = probed
  return action.derived.flatMap(({ id, compiled }, i) => {
    const reads = /\b(?:features|evidence)\./.test(compiled.source)
    const errs = results.find(({ decided }) =>
      decided.voices.some((voice) => voice.kind === 'derive' && voice.id === id),
    )
    if (!errs || reads) return []
    const pointer = `/actions/${action.name}/derive/${i}/expr`
    const message = `the derived value ${id} cannot be computed on an input that fits the schema`
    return [{ code: 'condition-errs' as const, pointer, message, example: probed.exampleOf(errs) }]
  })
}

/** Rules that fire, but never among the decisive voices. */
const shadowedRules = (probed: ProbedAction): readonly BareFinding[] =>
  probed.conditions.flatMap((condition) => {
    if (condition.kind !== 'rule') return []
    const fired = probed.results.filter(({ decided }) => verdictIn(condition, decided) === true)
    const decisive = ({ decided }: Probed) =>
      decided.voices.some(
        ({ kind, id, decisive }) => kind === 'rule' && id === condition.id && decisive,
      )
    const [example] = fired
    if (!example || fired.some(decisive)) return []
    const message = `the ${nameOf(condition)} never decides: ${overrulers(probed.action, fired)} always overrules it`
    const { pointer } = condition
    return [
      { code: 'rule-shadowed' as const, pointer, message, example: probed.exampleOf(example) },
    ]
  })

/** Who decided instead, most often first; under `first`, the rules before it. */
const overrulers = ({ hit }: CompiledAction, fired: readonly Probed[]): string => {
  const counts = new Map<string, number>()
  for (const { decided } of fired) {
    for (const voice of decided.voices.filter((each) => each.decisive)) {
      const name = overrulerName(voice)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  const names = [...counts].toSorted(([, a], [, b]) => b - a).map(([name]) => name)
  const shown = names.slice(0, 3).join(' or ')
  return hit === 'first' ? `an earlier match (${shown})` : shown
}

const overrulerName = ({ kind, id, code }: Voice): string =>
  ['guardrail', 'rule'].includes(kind) ? `the ${kind} ${id}` : code

/** Pairs of rules that fire together where only one may, or where they contradict. */
const meetingRules = (probed: ProbedAction): readonly BareFinding[] => {
  const { hit } = probed.action
  if (hit === 'first') return []
  const rules = probed.conditions.filter(({ kind }) => kind === 'rule')
  const says = new Map(probed.action.rules.map(({ id, holds }) => [id, holds.quiet.says]))
  const met = new Map<string, BareFinding>()
  for (const each of probed.results) {
    const firing = rules.filter((rule) => verdictIn(rule, each.decided) === true)
    for (const [i, a] of firing.entries()) {
      for (const b of firing.slice(i + 1)) {
        const key = `${a.id} ${b.id}`
        if (met.has(key)) continue
        const words = [says.get(a.id), says.get(b.id)]
        const contradict = words.includes('approve') && words.includes('deny')
        if (hit !== 'unique' && !contradict) continue
        met.set(key, meeting(a, b, { hit, example: probed.exampleOf(each) }))
      }
    }
  }
  return [...met.values()]
}

const meeting = (
  a: ProbedCondition,
  b: ProbedCondition,
  { hit, example }: { readonly hit: string; readonly example: ProbeExample },
): BareFinding => {
  const { pointer } = b
  if (hit === 'unique') {
    const message = `the rules ${a.id} and ${b.id} match one input although hit is unique`
    return { code: 'rules-overlap', pointer, message, example }
  }
  const message = `of the rules ${a.id} and ${b.id} one approves what the other denies; the denial wins`
  return { code: 'rules-contradict', pointer, message, example }
}

const bandFindings = (probed: ProbedAction): readonly BareFinding[] => {
  const bands = probed.conditions.filter(({ kind }) => kind === 'band')
  const notNested = bands.flatMap((wide, j) =>
    bands.slice(0, j).flatMap((narrow) => {
      const example = probed.results.find(
        ({ decided }) => verdictIn(narrow, decided) === true && verdictIn(wide, decided) === false,
      )
      if (!example) return []
      const message = `the band ${wide.id} refuses what the narrower band ${narrow.id} accepts`
      const { pointer } = wide
      const code = 'bands-not-nested' as const
      return [{ code, pointer, message, example: probed.exampleOf(example) }]
    }),
  )
  const neverNeeded = bands.flatMap((band) => {
    const matches = probed.results.some(({ decided }) => verdictIn(band, decided) === true)
    const needed = probed.results.some(({ decided }) => decided.neededLevel === band.id)
    if (!matches || needed) return []
    const message = `the band ${band.id} is never needed: a lower band always matches, too`
    return [{ code: 'band-never-needed' as const, pointer: band.pointer, message }]
  })
  return [...notNested, ...neverNeeded]
}

const firstMatch = ({ action }: ProbedAction): readonly BareFinding[] => {
  if (action.hit !== 'first') return []
  const pointer = `/actions/${action.name}/rules/hit`
  const message = 'the first rule that matches decides: a change of their order changes decisions'
  return [{ code: 'first-match', pointer, message }]
}
