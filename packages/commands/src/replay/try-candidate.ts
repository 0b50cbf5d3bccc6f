import { type DecisionInputs, judge } from '@writ/domain'
import { Problem, propertyAt } from '@writ/kernel'
import {
  bindRequest,
  controlVariantOf,
  type Decided,
  type LoadedPolicy,
  personalPointers,
  variantsOf,
} from '@writ/policy-engine'
import { covers } from './request-facts.ts'

/** Why a case cannot be judged by a policy, in words that hold no value of the request. */
export class NotReplayable {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** @throws Error where the engine itself fails: never a thing to guess about */
export const judgeAgain = (
  policy: LoadedPolicy | null,
  inputs: DecisionInputs,
): Decided | NotReplayable => {
  if (policy === null) return judge(null, inputs, { raw: inputs.request })
  const bound = bindRequest(policy, inputs.action, inputs.request)
  if (bound instanceof Problem) return new NotReplayable(unfit(policy, inputs, bound))
  return judge(policy, inputs, { raw: inputs.request, bound })
}

/**
 * What a candidate makes of a recorded case: the same request, subject, time, caps and features, under its own
 * conditions and parameters. What nobody recorded is not made up: a feature or evidence that only the candidate asks
 * for makes the case not replayable.
 *
 * @param recorded the policy that decided; null where none did or it is not at hand
 */
export const tryCandidate = (
  candidate: { readonly policy: LoadedPolicy; readonly variant: string | undefined },
  recorded: LoadedPolicy | null,
  inputs: DecisionInputs,
): Decided | NotReplayable => {
  const { policy } = candidate
  if (!policy.actions.has(inputs.action)) return new NotReplayable('unknown-action')
  const unknown = unknownFact(policy, recorded, inputs)
  if (unknown !== undefined) return new NotReplayable(unknown)
  const id = candidate.variant ?? variantFor(policy, inputs.variant?.id)
  return judgeAgain(policy, {
    ...inputs,
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    variant: id === null ? null : { ...ASSIGNED, propensities: { [id]: 1 }, id },
  })
}

/** Chosen by whoever asked for the replay; no draw is repeated. */
const ASSIGNED = { mode: 'fixed', reason: 'replay', propensity: 1, weightsVersion: 0 } as const

const variantFor = (policy: LoadedPolicy, recorded: string | undefined): string | null =>
  recorded !== undefined && variantsOf(policy).includes(recorded)
    ? recorded
    : controlVariantOf(policy)

/** A feature or evidence that the candidate declares, the policy that decided did not, and the inputs lack. */
const unknownFact = (
  candidate: LoadedPolicy,
  recorded: LoadedPolicy | null,
  { action, ...inputs }: DecisionInputs,
): string | undefined => {
  const before = recorded?.document.actions[action]
  const known = new Set([
    ...Object.keys(before?.features ?? {}),
    ...Object.keys(inputs.features ?? {}),
  ])
  const wanted = candidate.document.actions[action]
  const feature = Object.keys(wanted?.features ?? {}).find((name) => !known.has(name))
  if (feature !== undefined) return `new-feature ${feature}`
  const evidence = wanted?.evidence?.find(
    ({ id }) => before?.evidence?.every((one) => one.id !== id) ?? true,
  )
  return evidence === undefined ? undefined : `new-evidence ${evidence.id}`
}

/** The first field that does not fit. Below a personal field only that field is named: names inside it may be data. */
const unfit = (policy: LoadedPolicy, inputs: DecisionInputs, problem: Problem): string => {
  const pointer = problem.fields.errors?.[0]?.pointer
  if (pointer === undefined) return problem.code
  const personal = personalPointers(policy, inputs.action).find((outer) => covers(outer, pointer))
  const missing = propertyAt(inputs.request, pointer) === undefined
  return `${missing ? 'new-field' : 'unfit-field'} ${personal ?? pointer}`
}
