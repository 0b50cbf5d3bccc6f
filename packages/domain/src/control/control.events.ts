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
    /** Who published it: the second named person is the actor of this event. */
    readonly publishedBy: string
  }
}

/** Every event that moves a ledger's control counter (DESIGN §2). Ceilings and revocations follow with their rules. */
export type ControlEvent = KillSwitchSet | ActionFlagSet | PolicyVersionActivated

export const KILL_SWITCH_STREAM = 'control:kill-switch'

export const flagStream = (domain: string, action: string): string =>
  `control:flag.${domain}.${action}`
