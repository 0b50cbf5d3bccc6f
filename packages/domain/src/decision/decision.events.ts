import type { JsonObject } from '@writ/kernel'
import type { Decided } from '@writ/policy-engine'

/** How the variant came about. Routing comes later; every reply and event carries it from the first day. */
export interface Assignment {
  readonly mode: 'fixed' | 'sticky' | 'bandit'
  readonly reason: string
  readonly propensity: number
  readonly propensities: Readonly<Record<string, number>>
  /** 0 = no weights were set. */
  readonly weightsVersion: number
}

export interface PinnedPolicy {
  readonly name: string
  readonly version: string
  readonly digest: string
}

/** Everything the pure steps read: with these the same engine gives the same `decided` for ever. */
export interface DecisionInputs {
  readonly domain: string
  readonly action: string
  /** Personal fields are absent here and sealed. */
  readonly request: JsonObject
  readonly subject: { readonly type: string; readonly id: string }
  readonly at: string
  readonly control: {
    readonly epoch: number
    readonly counter: number
    readonly systemCounter: number
    /** Ceilings from controls, strictest switch included. */
    readonly caps: readonly { readonly source: string; readonly level: string }[]
  }
  readonly policy: PinnedPolicy | null
  readonly variant: ({ readonly id: string } & Assignment) | null
  /** Left out while empty: features, snapshots and similar cases come with memory. */
  readonly features?: JsonObject
}

export interface EngineIdentity {
  readonly name: string
  readonly version: string
  /** `sha256:<hex>` over the sources of the engine. */
  readonly source: string
  readonly tzdata: string
}

export interface DecisionMade {
  readonly inputs: DecisionInputs
  readonly decided: Decided
  readonly engine: EngineIdentity & {
    /** Milliseconds of steps 3 to 8, three decimals. Never compared on replay. */
    readonly ms: number
  }
}

export const decisionStream = (id: string): string => `decision:${id}`
