import { type Static, Type } from '@sinclair/typebox'
import { METRIC_CHARS_MAX } from './limits.ts'
import { anyObject, closed, Position, Time, Uuid } from './scalars.ts'

const Metric = Type.String({
  pattern: `^[A-Za-z_][A-Za-z0-9_]{0,${METRIC_CHARS_MAX - 1}}$`,
  description: 'What was measured. Default `outcome`.',
  examples: ['won'],
})

export const OutcomeRequest = closed(
  {
    metric: Type.Optional(Metric),
    values: Type.Optional(
      anyObject({ description: 'What came of it.', examples: [{ won: true, margin: 0.27 }] }),
    ),
    occurredAt: Type.Optional(Time),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          "The sender's number of this statement about the metric; the highest counts. Default: the next one.",
      }),
    ),
    retract: Type.Optional(
      Type.Boolean({ description: 'Takes the outcome back; history is kept.' }),
    ),
  },
  {
    title: 'OutcomeRequest',
    // An outcome says something, or takes something back.
    anyOf: [{ required: ['values'] }, { required: ['retract'] }],
    description: 'What came of a decision: may be late, repeated, corrected, retracted.',
    examples: [
      { metric: 'won', values: { won: true, margin: 0.27 }, occurredAt: '2026-03-20T09:00:00Z' },
    ],
  },
)

export const OutcomeReceipt = closed(
  {
    id: Uuid,
    decisionId: Uuid,
    metric: Type.String(),
    revision: Type.Integer({ minimum: 1 }),
    values: anyObject(),
    retracted: Type.Boolean(),
    occurredAt: Time,
    position: Position,
  },
  { title: 'OutcomeReceipt', description: 'One outcome as recorded.' },
)

export const Outcomes = closed(
  {
    decisionId: Uuid,
    effective: Type.Array(OutcomeReceipt, { description: 'The one that counts, of each metric.' }),
    history: Type.Array(OutcomeReceipt, { description: 'Everything recorded, by arrival.' }),
  },
  { title: 'Outcomes', description: 'What came of a decision, and the history behind it.' },
)

export const OutcomePath = closed({ decisionId: Uuid })

export type OutcomeRequest = Static<typeof OutcomeRequest>
