import type { AutonomyLevel, Ceiling } from '@writ/policy-engine'
import type {
  ActionFlagSet,
  CeilingSet,
  CeilingSource,
  ControlEvent,
  ControlScope,
  FlagState,
  KillSwitchSet,
  KillSwitchState,
} from './control.events.ts'

export interface ActivePolicy {
  readonly name: string
  readonly version: string
  readonly digest: string
}

/** Control state of one ledger, folded up to `counter`. Immutable: each event gives a new one. */
export interface ControlState {
  readonly counter: number
  readonly switches: ReadonlyMap<string, KillSwitchSet['data']>
  readonly flags: ReadonlyMap<string, ActionFlagSet['data']>
  /** Active policy by domain. */
  readonly active: ReadonlyMap<string, ActivePolicy>
  /** By domain, the version that was revoked while it was active: what the next one is compared with. */
  readonly revoked: ReadonlyMap<string, ActivePolicy>
  /** By scope and source; those at AL3 limit nothing and are kept all the same, for people to see. */
  readonly ceilings: ReadonlyMap<string, CeilingSet['data']>
}

export const NO_CONTROLS: ControlState = {
  counter: 0,
  switches: new Map(),
  flags: new Map(),
  active: new Map(),
  revoked: new Map(),
  ceilings: new Map(),
}

/** The state after one more control event; `counter` is that event's number. */
export const withControl = (
  state: ControlState,
  counter: number,
  event: ControlEvent,
): ControlState => {
  switch (event.type) {
    case 'KillSwitchSet':
      return {
        ...state,
        counter,
        switches: put(state.switches, scopeKey(event.data.scope), event.data),
      }
    case 'ActionFlagSet':
      return {
        ...state,
        counter,
        flags: put(state.flags, flagKey(event.data.domain, event.data.action), event.data),
      }
    case 'PolicyVersionActivated': {
      const { name, version, digest } = event.data
      return {
        ...state,
        counter,
        active: put(state.active, event.data.domain, { name, version, digest }),
        revoked: without(state.revoked, event.data.domain),
      }
    }
    case 'PolicyVersionRevoked': {
      const { domain, digest } = event.data
      const was = state.active.get(domain)
      if (was?.digest !== digest) return { ...state, counter }
      const revoked = put(state.revoked, domain, was)
      return { ...state, counter, active: without(state.active, domain), revoked }
    }
    case 'CeilingSet':
      return {
        ...state,
        counter,
        ceilings: put(state.ceilings, ceilingKey(event.data), event.data),
      }
    default:
      return unknownControl(event)
  }
}

/** Mild to strict. `freeze-policies` stops policies, not decisions, so it ranks just above off. */
const STRICTNESS: readonly KillSwitchState[] = [
  'off',
  'freeze-policies',
  'human-only',
  'stop-execution',
  'halt',
]

/** The strictest switch that applies to an action, over the states of several scopes (system first, then ledger). */
export const killSwitchFor = (
  states: readonly ControlState[],
  at: { readonly domain: string; readonly action: string },
): KillSwitchState => {
  if (states.every((state) => state.switches.size === 0)) return 'off'
  const keys = ['ledger', `domain ${at.domain}`, `action ${at.domain} ${at.action}`]
  const set = states.flatMap((state) => keys.map((key) => state.switches.get(key)?.state ?? 'off'))
  return set.reduce((a, b) => (STRICTNESS.indexOf(b) > STRICTNESS.indexOf(a) ? b : a), 'off')
}

/** True where any switch freezes publishing and activation: set for the whole ledger, or for the policy's domain. */
export const policiesFrozen = (states: readonly ControlState[], domain: string): boolean =>
  states.some((state) =>
    ['ledger', `domain ${domain}`].some((key) => {
      const set = state.switches.get(key)?.state
      return set === 'freeze-policies' || set === 'halt'
    }),
  )

/** The ceilings that hold for an action, each with its source; those of AL3 are left out, for they hold nobody down. */
export const ceilingsFor = (
  states: readonly ControlState[],
  at: { readonly domain: string; readonly action: string },
): readonly Ceiling[] => {
  if (states.every((state) => state.ceilings.size === 0)) return []
  return states.flatMap(({ ceilings }) =>
    [...ceilings.values()]
      .filter(({ scope, level }) => level !== 'AL3' && coveredBy(scope, at))
      .map(({ source, level }) => ({ source: `ceiling:${source}`, level })),
  )
}

/** The level that one source allows in exactly this scope; AL3 where it has said nothing. */
export const ceilingOf = (
  state: ControlState,
  at: { readonly scope: ControlScope; readonly source: CeilingSource },
): AutonomyLevel => state.ceilings.get(ceilingKey(at))?.level ?? 'AL3'

const coveredBy = (
  scope: ControlScope,
  { domain, action }: { readonly domain: string; readonly action: string },
): boolean =>
  scope.kind === 'ledger' ||
  (scope.domain === domain && (scope.kind === 'domain' || scope.action === action))

const ceilingKey = ({
  scope,
  source,
}: {
  readonly scope: ControlScope
  readonly source: CeilingSource
}): string => `${source} ${scopeKey(scope)}`

/** Denied by default: an action nobody switched on is off. */
export const flagOf = (state: ControlState, domain: string, action: string): FlagState =>
  state.flags.get(flagKey(domain, action))?.state ?? 'off'

export const scopeKey = (scope: ControlScope): string => {
  switch (scope.kind) {
    case 'ledger':
      return 'ledger'
    case 'domain':
      return `domain ${scope.domain}`
    case 'action':
      return `action ${scope.domain} ${scope.action}`
  }
}

export const flagKey = (domain: string, action: string): string => `${domain} ${action}`

const put = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> =>
  new Map(map).set(key, value)

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> =>
  map.has(key) ? new Map([...map].filter(([each]) => each !== key)) : map

const unknownControl = (event: never): never => {
  // Folding on without it could let a decision pass that a newer release has forbidden.
  throw new Error(`this release does not know the control event ${(event as ControlEvent).type}`)
}
