import { type Static, Type } from '@sinclair/typebox'
import { anyObject, closed, name, Time, Uuid } from './scalars.ts'

export const OutcomeRequest = closed(
  {
    metric: Type.Optional(
      name("What was measured. Default: the policy's first reward metric.", 'won'),
    ),
    values: Type.Optional(
      anyObject({ description: 'What came of it.', examples: [{ won: true, margin: 0.27 }] }),
    ),
    occurredAt: Type.Optional(Time),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'Number of this statement about the metric; the next one corrects the one before.',
      }),
    ),
    retract: Type.Optional(
      Type.Boolean({ description: 'Takes the outcome back; history is kept.' }),
    ),
  },
  {
    title: 'OutcomeRequest',
    minProperties: 1,
    description: 'What came of a decision: may be late, repeated, corrected, retracted.',
    examples: [
      { metric: 'won', values: { won: true, margin: 0.27 }, occurredAt: '2026-03-20T09:00:00Z' },
    ],
  },
)

export const OutcomeReceipt = anyObject({
  title: 'OutcomeReceipt',
  description: 'The outcome as recorded.',
})

export const Outcomes = anyObject({
  title: 'Outcomes',
  description: 'The current outcome of each metric and the history behind it.',
})

export const OutcomePath = closed({ decisionId: Uuid })

export type OutcomeRequest = Static<typeof OutcomeRequest>
