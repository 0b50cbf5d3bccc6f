import { must, type Runtime } from '@writ/cli'
import type { CommandContext, DriftCounter } from '@writ/commands'
import type { Act } from './scenario.ts'

/** Two windows as a read model would have counted them: level and outcome have moved by 20 points. */
const COUNTED: DriftCounter = {
  decisions: async () => ({ position: 60, decisions: 2_000 }),
  windows: async () => ({
    position: 60,
    reference: {
      ...{ first: 1, last: 30, decisions: 1_000 },
      counts: {
        level: new Map([
          ['AL1', 400],
          ['AL2', 600],
        ]),
      },
    },
    current: {
      ...{ first: 31, last: 60, decisions: 1_000 },
      counts: {
        level: new Map([
          ['AL1', 600],
          ['AL2', 400],
        ]),
      },
    },
  }),
}

/** An alarm, which lowers the ceiling in the same append, and a person who clears it. */
export const driftActs = ({ useCases }: Runtime, person: CommandContext): readonly Act[] => {
  let alarm = ''
  return [
    [
      'DriftAlarmRaised.1',
      async () => {
        const windows = { by: 'blocks', current: 1_000, reference: 1_000 } as const
        const command = { domain: 'service', windows, raise: true }
        const { open } = must(await useCases.checkDrift(person, command, COUNTED))
        alarm = open?.alarmId ?? ''
      },
    ],
    [
      'DriftAlarmCleared.1',
      async () =>
        must(await useCases.clearDriftAlarm(person, alarm, { reason: 'a new price list' })),
    ],
  ]
}
