import { Problem, pointerTo } from '@writ/kernel'
import type { CompiledAction, CompiledCondition } from '../compiled-action.ts'
import { decide } from '../decide.ts'
import { isoDurationMs } from '../duration.ts'
import { loadPolicy } from '../load-policy.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import type { BandDocument, GuardrailDocument, PolicyDocument } from '../policy-document.ts'
import type { Decided } from '../types.ts'
import { looseningAround } from './loosening-around.ts'
import { boundBy, decideInput } from './probe-input.ts'
import { type ComparedAction, compareActions } from './probe-pairs.ts'

/** One change that lets something pass which was stopped before, or reach a level it did not reach. */
export interface Loosening {
  /** Into the later document; into the earlier where the part is gone. */
  readonly pointer: string
  readonly what: string
}

/**
 * Changes for which two people are needed: guardrails that are gone or may catch less, overrides that need less, higher
 * ceilings, bands that are new or accept more. Errs on the side of naming a change: a guardrail whose condition differs
 * is named unless every combination of boundary values shows that it still catches what it caught.
 *
 * @throws Error  a document does not load; only published ones are compared
 */
export const looseningOf = (
  before: PolicyDocument,
  after: PolicyDocument,
): readonly Loosening[] => {
  const [old, now] = [before, after].map((document) => {
    const policy = loadPolicy(JSON.stringify(document))
    if (policy instanceof Problem) throw new Error(`a policy does not load: ${policy.detail}`)
    return policy
  }) as [LoadedPolicy, LoadedPolicy]
  return looseningBetween(old, now, compareActions(old, now))
}

export const looseningBetween = (
  before: LoadedPolicy,
  after: LoadedPolicy,
  compared: readonly ComparedAction[],
): readonly Loosening[] => [
  ...[...after.actions.values()].flatMap((action) => {
    const old = before.actions.get(action.name)
    const probes = compared.find((each) => each.action === action.name)
    if (!old || !probes) return newAction(action)
    const seen = decidedByBoth(before, after, probes)
    return [
      ...guardrailLoosening(old, action, seen),
      ...ceilingLoosening(old, action),
      ...bandLoosening(old, action, seen),
    ]
  }),
  ...looseningAround(before, after),
]

/** A new action may act where nobody could ask before. */
const newAction = ({ name, ceiling }: CompiledAction): readonly Loosening[] =>
  ceiling === 'AL0'
    ? []
    : [
        {
          pointer: pointerTo('/actions', name),
          what: `the action ${name} is new, up to ${ceiling}`,
        },
      ]

interface Seen {
  readonly both: readonly (readonly [Decided, Decided])[]
  /** Not every combination was tried. */
  readonly sampled: boolean
}

const decidedByBoth = (
  before: LoadedPolicy,
  after: LoadedPolicy,
  { action, pairs, sampled }: ComparedAction,
): Seen => {
  const both = pairs.flatMap(({ input, variants }) => {
    const [old, now] = [before, after].map((policy, i) => {
      const bound = boundBy(policy, action, input)
      return bound && decide(policy, decideInput(action, variants[i] ?? null, input, bound))
    })
    return old && now ? [[old, now] as const] : []
  })
  return { both, sampled }
}

const EFFECTS = ['escalate', 'deny', 'halt']

const guardrailLoosening = (
  before: CompiledAction,
  after: CompiledAction,
  seen: Seen,
): readonly Loosening[] =>
  (before.document.guardrails ?? []).flatMap((old, i) => {
    const at = pointerTo('/actions', before.name)
    const index = (after.document.guardrails ?? []).findIndex(({ id }) => id === old.id)
    const now = after.document.guardrails?.[index]
    if (!now) {
      return [{ pointer: `${at}/guardrails/${i}`, what: `the guardrail ${old.id} is gone` }]
    }
    const pointer = `${at}/guardrails/${index}`
    const name = `the guardrail ${old.id}`
    const loosening: Loosening[] = []
    const note = (part: string, what: string) =>
      void loosening.push({ pointer: `${pointer}/${part}`, what: `${name} ${what}` })
    if (EFFECTS.indexOf(now.effect) < EFFECTS.indexOf(old.effect)) {
      note('effect', `says ${now.effect} instead of ${old.effect}`)
    }
    if (isOverrideLooser(old, now)) note('override', 'can be overridden more easily')
    if (now.readsVariantParams === true && old.readsVariantParams !== true) {
      note('readsVariantParams', 'may be moved by a variant')
    }
    const changed =
      meaningOf(before, before.guardrails[i]) !== meaningOf(after, after.guardrails[index])
    const what = passesMore(old.id, seen, changed)
    if (what) note('when', what)
    return loosening
  })

/** Nothing said about overriding means that nobody may. */
const isOverrideLooser = (before: GuardrailDocument, after: GuardrailDocument): boolean => {
  const { override: old = 'never' } = before
  const { override: now = 'never' } = after
  if (now === 'never') return false
  return old === 'never' || now.role !== old.role || now.approvals < old.approvals
}

/** The condition's text with that of the derived values behind it. */
const meaningOf = (action: CompiledAction, condition: CompiledCondition | undefined): string => {
  const parts = new Set([condition?.compiled.source ?? ''])
  for (const part of parts) {
    for (const [, id] of part.matchAll(/\bderived\.(\w+)/g)) {
      const source = action.derived.find((each) => each.id === id)?.compiled.source
      if (source !== undefined) parts.add(source)
    }
  }
  return [...parts].join('\n')
}

const passesMore = (id: string, { both, sampled }: Seen, changed: boolean): string | null => {
  const passes = both.some(
    ([old, now]) => old.values.guardrails?.[id] !== false && now.values.guardrails?.[id] === false,
  )
  if (passes) return 'lets pass what it caught before'
  if (!changed) return null
  if (both.length === 0) return 'has another condition, and no input fits both versions'
  return sampled ? 'has another condition, and not every combination could be tried' : null
}

const ceilingLoosening = (before: CompiledAction, after: CompiledAction): readonly Loosening[] => {
  const at = pointerTo('/actions', after.name)
  const what = `the ceiling of ${after.name} is ${after.ceiling} instead of ${before.ceiling}`
  const undoable = `${after.name} counts as reversible and no longer waits for its veto window`
  return [
    ...(after.ceiling > before.ceiling ? [{ pointer: `${at}/autonomy/ceiling`, what }] : []),
    ...(before.irreversible && !after.irreversible
      ? [{ pointer: `${at}/effect`, what: undoable }]
      : []),
  ]
}

const bandLoosening = (
  before: CompiledAction,
  after: CompiledAction,
  seen: Seen,
): readonly Loosening[] =>
  after.document.autonomy.bands.flatMap((now, i) => {
    const pointer = `${pointerTo('/actions', after.name)}/autonomy/bands/${i}`
    const index = before.document.autonomy.bands.findIndex(({ level }) => level === now.level)
    const old = before.document.autonomy.bands[index]
    if (!old) return [{ pointer, what: `the band ${now.level} is new` }]
    const loosening: Loosening[] = limitLoosening(pointer, old, now)
    const changed = meaningOf(before, before.bands[index]) !== meaningOf(after, after.bands[i])
    const what = acceptsMore(now.level, seen, changed)
    if (what) loosening.push({ pointer: `${pointer}/when`, what: `the band ${now.level} ${what}` })
    return loosening
  })

const limitLoosening = (pointer: string, old: BandDocument, now: BandDocument): Loosening[] => {
  const loosening: Loosening[] = []
  const [before = 0, after = 0] = [old, now].map(
    ({ vetoWindow }) => isoDurationMs(vetoWindow ?? '') ?? 0,
  )
  if (after < before) {
    loosening.push({
      pointer: `${pointer}/vetoWindow`,
      what: `the veto window of ${now.level} is shorter`,
    })
  }
  if ((now.limits?.perDay ?? Infinity) > (old.limits?.perDay ?? Infinity)) {
    loosening.push({
      pointer: `${pointer}/limits/perDay`,
      what: `the limit of ${now.level} is higher`,
    })
  }
  return loosening
}

const acceptsMore = (level: string, { both, sampled }: Seen, changed: boolean): string | null => {
  const accepts = both.some(
    ([old, now]) => old.values.bands[level] !== true && now.values.bands[level] === true,
  )
  if (accepts) return 'accepts what it refused before'
  if (!changed) return null
  if (both.length === 0) return 'has another condition, and no input fits both versions'
  return sampled ? 'has another condition, and not every combination could be tried' : null
}
