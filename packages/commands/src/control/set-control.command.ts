import { flagStream, KILL_SWITCH_STREAM } from '@writ/domain'
import { type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { requestIdentity } from '../shared/idempotency.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import type { ActionFlagCommand, ControlReceipt, KillSwitchCommand } from '../use-cases.ts'
import { scopeOf } from './control-scope.ts'

/**
 * Sets the kill switch. When this returns, no decision that it forbids can commit any more, in any process: each append
 * compares the control counter that this entry has moved (DESIGN §2).
 */
export const setKillSwitch =
  (deps: Deps) =>
  (context: CommandContext, command: KillSwitchCommand): Promise<ControlReceipt | Problem> => {
    const { state, reason } = command
    return setControl(deps, context, {
      route: 'PUT /controls/kill-switch',
      body: command as unknown as JsonValue,
      type: 'KillSwitchSet',
      stream: KILL_SWITCH_STREAM,
      data: { state, scope: scopeOf(command) as unknown as JsonObject, reason },
    })
  }

/** Switches an action on or off; every action is off until somebody switches it on. */
export const setActionFlag =
  (deps: Deps) =>
  (
    context: CommandContext,
    { domain, action, state, reason }: ActionFlagCommand,
  ): Promise<ControlReceipt | Problem> =>
    setControl(deps, context, {
      route: `PUT /controls/flags/${domain}/${action}`,
      body: { state, reason },
      type: 'ActionFlagSet',
      stream: flagStream(domain, action),
      data: { domain, action, state, reason },
    })

const setControl = async (
  deps: Deps,
  context: CommandContext,
  control: {
    readonly route: string
    readonly body: JsonValue
    readonly type: 'KillSwitchSet' | 'ActionFlagSet'
    readonly stream: string
    readonly data: JsonObject
  },
): Promise<ControlReceipt | Problem> => {
  const { ledger, actor } = context.caller
  const { route, body, type, stream, data } = control
  const identity = requestIdentity(deps, context, { route, body })
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: [{ event: newEvent(deps, context, { type, stream, data }) }],
    ...(identity === undefined ? {} : { idempotency: identity }),
  })
  if (result instanceof Problem) return result
  if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
  const replayed = result.status === 'duplicate'
  const position = replayed ? result.firstPosition : (result.places[0]?.position ?? 0)
  const { token } = await deps.controls.fresh(ledger)
  return { status: 'set', position, counter: token.counter, replayed }
}

/** Every control in force, system-wide ones first. */
export const controls =
  (deps: Deps) =>
  async ({ ledger }: CommandContext['caller']): Promise<JsonObject> => {
    const { token, system, ledger: own } = await deps.controls.fresh(ledger)
    const plain = <T>(items: Iterable<T>): JsonValue => [...items] as unknown as JsonValue
    return {
      token: { ...token },
      system: { switches: plain(system.switches.values()) },
      switches: plain(own.switches.values()),
      flags: plain(own.flags.values()),
      ceilings: plain(own.ceilings.values()),
      activePolicies: plain([...own.active].map(([domain, policy]) => ({ domain, ...policy }))),
    }
  }
