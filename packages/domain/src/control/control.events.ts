import type { AutonomyLevel } from '@writ/policy-engine'

/** What a control applies to: the whole ledger, one domain, or one action of it. The strictest that applies wins. */
export type ControlScope =
  | { readonly kind: 'ledger' }
  | { readonly kind: 'domain'; readonly domain: string }
  | { readonly kind: 'action'; readonly domain: string; readonly action: string }

/**
 * `off` nothing is switched off; `human-only` decisions are capped at AL0; `stop-execution` as human-only, and what
 * waits to take effect is cancelled; `freeze-policies` no publishing and no activation; `halt` no live decision at all.
 */
export type KillSwitchState = 'off' | 'human-only' | 'stop-execution' | 'freeze-policies' | 'halt'

export type FlagState = 'on' | 'shadow' | 'off'

export interface KillSwitchSet {
  readonly type: 'KillSwitchSet'
  readonly data: {
    readonly state: KillSwitchState
    readonly scope: ControlScope
    readonly reason: string
  }
}

export interface ActionFlagSet {
  readonly type: 'ActionFlagSet'
  readonly data: {
    readonly domain: string
    readonly action: string
    readonly state: FlagState
    readonly reason: string
  }
}

export interface PolicyVersionActivated {
  readonly type: 'PolicyVersionActivated'
  readonly data: {
    readonly name: string
    readonly version: string
    readonly domain: string
    readonly digest: string
    readonly publishedBy: string
    /** From when on it is valid, where that was agreed beforehand; null: from its recording (ADR-0011). */
    readonly effectiveFrom: string | null
    /** Who approved it, other than its author. Empty where one person did both, as in development. */
    readonly approvedBy: readonly string[]
  }
}

/** A version that may not decide any more. Where it was active its domain has no policy, so people decide. */
export interface PolicyVersionRevoked {
  readonly type: 'PolicyVersionRevoked'
  readonly data: {
    readonly name: string
    readonly version: string
    readonly domain: string
    readonly digest: string
    readonly reason: string
  }
}

/** Who keeps a ceiling down. Each has one of its own for a scope, so that lifting one never lifts another's. */
export type CeilingSource = 'people' | 'drift'

/** The highest level at which the system may act in a scope; AL3 is no limit. The lowest of all ceilings counts. */
export interface CeilingSet {
  readonly type: 'CeilingSet'
  readonly data: {
    readonly scope: ControlScope
    readonly level: AutonomyLevel
    readonly source: CeilingSource
    readonly reason: string
    /** The review that granted it, where it was raised; null where it was lowered. */
    readonly reviewId: string | null
  }
}

/** Every event that moves a ledger's control counter (DESIGN §2). */
export type ControlEvent =
  | KillSwitchSet
  | ActionFlagSet
  | CeilingSet
  | PolicyVersionActivated
  | PolicyVersionRevoked

export const KILL_SWITCH_STREAM = 'control:kill-switch'

export const flagStream = (domain: string, action: string): string =>
  `control:flag.${domain}.${action}`

export const ceilingStream = (scope: ControlScope): string => {
  switch (scope.kind) {
    case 'ledger':
      return 'control:ceiling'
    case 'domain':
      return `control:ceiling.${scope.domain}`
    case 'action':
      return `control:ceiling.${scope.domain}.${scope.action}`
  }
}
