import type { LoadedPolicy } from '../loaded-policy.ts'
import { probeCases } from './probe-cases.ts'
import { keyOfInput, type ProbeInput } from './probe-input.ts'

/** A probe and the variants under which the earlier and the later version decide it. */
export interface ProbePair {
  readonly input: ProbeInput
  readonly variants: readonly [before: string | null, after: string | null]
}

export interface ComparedAction {
  readonly action: string
  readonly pairs: readonly ProbePair[]
  readonly sampled: boolean
}

/** The probes of both versions for every action that both have. */
export const compareActions = (
  before: LoadedPolicy,
  after: LoadedPolicy,
): readonly ComparedAction[] =>
  [...after.actions.values()].flatMap((action) => {
    const old = before.actions.get(action.name)
    if (!old) return []
    const cases = [probeCases(before, old), probeCases(after, action)] as const
    const inputs = new Map(
      cases.flatMap(({ inputs }) => inputs.map((input) => [keyOfInput(input), input] as const)),
    )
    const variants = pairedVariants(before, after)
    const pairs = [...inputs.values()].flatMap((input) =>
      variants.map((pair) => ({ input, variants: pair })),
    )
    return [{ action: action.name, pairs, sampled: cases.some(({ sampled }) => sampled) }]
  })

/** Each variant of the later version against its namesake, or else against the file's own parameters. */
const pairedVariants = (
  before: LoadedPolicy,
  after: LoadedPolicy,
): readonly ProbePair['variants'][] => {
  const old = new Set(before.document.variants?.list.map(({ id }) => id))
  const now = after.document.variants?.list.map(({ id }) => id) ?? []
  if (now.length === 0) return [[null, null]]
  return now.map((id) => [old.has(id) ? id : null, id] as const)
}
