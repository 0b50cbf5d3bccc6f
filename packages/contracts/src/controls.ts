import { type Static, Type } from '@sinclair/typebox'
import { REASON_CHARS_MAX } from './limits.ts'
import { ActionName, closed, DomainName, oneOf, Position } from './scalars.ts'

export const KILL_SWITCH_STATES = [
  'off',
  'human-only',
  'halt',
  'freeze-policies',
  'stop-execution',
] as const
export const ACTION_FLAG_STATES = ['on', 'shadow', 'off'] as const
export const CONTROL_STATUSES = ['set', 'release-requested', 'unchanged'] as const

const Reason = Type.String({
  minLength: 1,
  maxLength: REASON_CHARS_MAX,
  description: 'Why, for those who read the log later. No personal data.',
  examples: ['margin feed is wrong since 09:10'],
})

export const KillSwitchRequest = closed(
  {
    state: oneOf(KILL_SWITCH_STATES, {
      description:
        'off: all runs; human-only: everything is escalated; halt: no decision is made; ' +
        'freeze-policies: no version is published or activated; stop-execution: nothing is carried out.',
    }),
    scope: Type.Optional(
      Type.Union([
        Type.Literal('tenant'),
        closed({ domain: DomainName, action: Type.Optional(ActionName) }),
      ]),
    ),
    reason: Reason,
  },
  {
    title: 'KillSwitchRequest',
    description: 'One person stops at once; releasing takes two.',
    examples: [
      { state: 'halt', scope: { domain: 'finance' }, reason: 'margin feed is wrong since 09:10' },
    ],
  },
)

export const ActionFlagRequest = closed(
  {
    state: oneOf(ACTION_FLAG_STATES, {
      description: 'on: decided; shadow: decided and recorded, never acted upon; off: refused.',
    }),
    reason: Reason,
  },
  {
    title: 'ActionFlagRequest',
    examples: [{ state: 'shadow', reason: 'trial of the new bands until Friday' }],
  },
)

export const ControlReceipt = closed(
  {
    status: oneOf(CONTROL_STATUSES, {
      description: 'release-requested: waits for a second person.',
    }),
    position: Position,
    counter: Type.Integer({ minimum: 0, description: 'Control counter of the ledger after this.' }),
  },
  {
    title: 'ControlReceipt',
    description: 'Once you read `set`, no decision of the old state can commit any more.',
  },
)

/** Open: new kinds of controls may come. */
export const Controls = Type.Object(
  {
    switches: Type.Array(Type.Unknown()),
    flags: Type.Array(Type.Unknown()),
    activePolicies: Type.Array(Type.Unknown()),
  },
  {
    title: 'Controls',
    additionalProperties: true,
    description: 'Kill switches, action flags and active policy versions as they stand.',
  },
)

export const ActionFlagPath = closed({ domain: DomainName, action: ActionName })

export type KillSwitchRequest = Static<typeof KillSwitchRequest>
export type ActionFlagRequest = Static<typeof ActionFlagRequest>
