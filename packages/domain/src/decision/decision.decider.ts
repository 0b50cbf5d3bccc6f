import {
  type BoundRequest,
  type Ceiling,
  type Decided,
  type DecideInput,
  decide,
  decideWithoutPolicy,
  type LoadedPolicy,
} from '@writ/policy-engine'
import type { KillSwitchState } from '../control/control.events.ts'
import type { DecisionInputs } from './decision.events.ts'

/**
 * Steps 5 and 7 of a decision: recorded inputs in, verdict out. Pure, so that anybody can run it again in ten years.
 *
 * @param request the whole request, personal fields included; `inputs.request` holds what may be stored in the clear
 */
export const judge = (
  policy: LoadedPolicy | null,
  inputs: DecisionInputs,
  request: { readonly raw: DecisionInputs['request']; readonly bound?: BoundRequest },
): Decided => {
  if (policy === null) return decideWithoutPolicy({ at: inputs.at, ceilings: ceilingsOf(inputs) })
  return decide(policy, decideInputOf(inputs, request))
}

/** Recorded inputs as the engine takes them: for judging, and for explaining what was judged. */
export const decideInputOf = (
  inputs: DecisionInputs,
  request: { readonly raw: DecisionInputs['request']; readonly bound?: BoundRequest },
): DecideInput => ({
  action: inputs.action,
  variant: inputs.variant?.id ?? null,
  request: request.raw,
  ...(request.bound === undefined ? {} : { bound: request.bound }),
  subject: inputs.subject,
  at: inputs.at,
  features: inputs.features ?? {},
  ceilings: ceilingsOf(inputs),
})

const ceilingsOf = ({ control }: DecisionInputs): readonly Ceiling[] =>
  control.caps as readonly Ceiling[]

/** What a kill switch says about the level of a decision; `halt` never gets this far. */
export const killSwitchCaps = (state: KillSwitchState): readonly Ceiling[] =>
  state === 'human-only' || state === 'stop-execution'
    ? [{ source: `kill-switch:${state}`, level: 'AL0' }]
    : []

/** A limit that is used up lets a request still be decided, one level lower (DESIGN §6). */
export const limitCap = (name: string): Ceiling => ({ source: `limit:${name}`, level: 'AL2' })
