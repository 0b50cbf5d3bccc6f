import { Type } from '@sinclair/typebox'
import { AUTONOMY_LEVELS } from './decisions.ts'
import { READ_PAGE_DEFAULT, READ_PAGE_MAX, REASON_CHARS_MAX } from './limits.ts'
import {
  ActionName,
  closed,
  Digest,
  DomainName,
  nullable,
  oneOf,
  Position,
  Time,
  Uuid,
} from './scalars.ts'

export const DriftAlarmPath = closed({ alarmId: Uuid })

export const DriftQuery = closed({
  domain: Type.Optional(DomainName),
  state: Type.Optional(oneOf(['open', 'cleared'])),
  after: Type.Optional(
    Type.String({ maxLength: 200, description: 'The `next` of the page before; unread by you.' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: READ_PAGE_MAX,
      description: `Most items to return. Default ${READ_PAGE_DEFAULT}.`,
    }),
  ),
})

const Count = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Span = closed({ first: Position, last: Position, decisions: Count })

const Measure = closed(
  {
    mix: Type.String({ description: 'outcome, level, rule, override, veto or missing-evidence.' }),
    n: closed({ reference: Count, current: Count }),
    psi: Type.Number({ minimum: 0, description: 'Population stability index.' }),
    test: Type.String(),
    statistic: Type.Number({ minimum: 0 }),
    df: Count,
    p: Share,
    adjustedP: Type.Number({ description: 'By Holm over the mixes of this check.' }),
    shares: Type.Array(closed({ category: Type.String(), from: Share, to: Share })),
    alarm: Type.Boolean({ description: 'This mix is why the alarm was raised.' }),
  },
  { title: 'DriftMeasure' },
)

const When = closed({ at: Time, by: Type.String({ description: 'Id of the actor.' }) })

export const DriftAlarms = closed(
  {
    position: Type.Integer({ minimum: 0, description: 'The read model had folded up to here.' }),
    items: Type.Array(
      closed(
        {
          id: Uuid,
          state: oneOf(['open', 'cleared']),
          domain: DomainName,
          action: nullable(ActionName),
          policyDigest: Digest,
          measures: Type.Array(Measure),
          windows: closed({ reference: Span, current: Span }),
          falseAlarmRate: Share,
          loweredTo: nullable(oneOf(AUTONOMY_LEVELS)),
          raised: When,
          cleared: nullable(closed({ at: Time, by: Type.String(), reason: Type.String() })),
          position: Position,
        },
        { title: 'DriftAlarm' },
      ),
    ),
    next: Type.Optional(Type.String({ description: 'Give it back as `after` for the next page.' })),
  },
  { title: 'DriftAlarms', description: 'Alarms, open and cleared, the newest first.' },
)

export const DriftClearing = closed(
  { reason: Type.String({ minLength: 1, maxLength: REASON_CHARS_MAX }) },
  {
    title: 'DriftClearing',
    description: 'What a person found. The ceiling stays where it is. No personal data.',
    examples: [{ reason: 'the new price list of March' }],
  },
)

export const DriftCleared = closed(
  { alarmId: Uuid, domain: DomainName, status: oneOf(['cleared']), position: Position },
  { title: 'DriftCleared', description: 'The alarm is closed; its ceiling stays.' },
)
