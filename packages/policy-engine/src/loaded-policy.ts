import type { CompiledAction } from './compiled-action.ts'
import type { ExprProgram } from './expr.ts'
import type { PolicyDocument } from './policy-document.ts'

/** A policy that passed every check, compiled once. Immutable. Make one with `loadPolicy`. */
export interface LoadedPolicy {
  readonly name: string
  readonly version: string
  readonly domain: string
  /** `sha256:<hex>` over the canonical JSON of the document: the policy's identity. */
  readonly digest: string
  readonly document: PolicyDocument
  readonly actions: ReadonlyMap<string, CompiledAction>
  readonly rewards: readonly CompiledReward[]
}

/** What counts as success of an approved decision, judged when its outcome is known. */
export interface CompiledReward {
  readonly metric: string
  /** ISO 8601 text as the policy has it. */
  readonly window: string
  readonly windowMs: number
  /** What no outcome by the window's end means. */
  readonly silence: 'failure' | 'none'
  readonly success: ExprProgram
}
