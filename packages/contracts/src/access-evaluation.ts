import { type Static, Type } from '@sinclair/typebox'
import { anyObject, closed, oneOf, Subject } from './scalars.ts'

/** Most evaluations in one request. Unit: evaluations. Each may be a durable write of its own. */
export const EVALUATIONS_MAX = 50

const Properties = Type.Optional(anyObject())

const AccessSubject = closed(
  { ...Subject.properties, properties: Properties },
  { description: 'Who wants to act. Recorded as on behalf of whom; the actor is the credential.' },
)
const AccessAction = closed(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,62}[./][a-z][a-z0-9-]{0,62}$',
      description: 'Domain and action, as `finance.discount` or `finance/discount`.',
      examples: ['finance.discount'],
    }),
    properties: Properties,
  },
  { description: 'What is to be done.' },
)
const AccessResource = closed(
  { ...Subject.properties, properties: Properties },
  { description: 'What it is done to: the subject of the decision.' },
)

const parts = { subject: AccessSubject, action: AccessAction, resource: AccessResource }

export const AccessEvaluationRequest = closed(
  { ...parts, context: Properties },
  {
    title: 'AccessEvaluationRequest',
    description:
      'May this be done? Properties of action and resource and the context together make the request of the policy.',
    examples: [
      {
        subject: { type: 'agent', id: 'pricing-bot' },
        action: { name: 'finance.discount', properties: { discount: 0.08, margin: 0.31 } },
        resource: { type: 'customer', id: 'c-42' },
      },
    ],
  },
)

export const EVALUATION_SEMANTICS = [
  'execute_all',
  'deny_on_first_deny',
  'permit_on_first_permit',
] as const

export const AccessEvaluationsRequest = closed(
  {
    subject: Type.Optional(AccessSubject),
    action: Type.Optional(AccessAction),
    resource: Type.Optional(AccessResource),
    context: Properties,
    evaluations: Type.Array(
      closed({
        subject: Type.Optional(AccessSubject),
        action: Type.Optional(AccessAction),
        resource: Type.Optional(AccessResource),
        context: Properties,
      }),
      { minItems: 1, maxItems: EVALUATIONS_MAX },
    ),
    options: Type.Optional(
      closed({ evaluations_semantic: Type.Optional(oneOf(EVALUATION_SEMANTICS)) }),
    ),
  },
  {
    title: 'AccessEvaluationsRequest',
    description: 'Several at once; parts at the top stand for those that an evaluation leaves out.',
  },
)

export const AccessEvaluation = closed(
  {
    decision: Type.Boolean({ description: 'May it start now? True for an approval in effect.' }),
    context: Type.Optional(anyObject({ description: 'Why, and where the decision is recorded.' })),
  },
  { title: 'AccessEvaluation', description: 'The answer of AuthZEN.' },
)

export const AccessEvaluations = closed(
  { evaluations: Type.Array(AccessEvaluation) },
  { title: 'AccessEvaluations', description: 'Answers in the order of the questions.' },
)

export type AccessEvaluationRequest = Static<typeof AccessEvaluationRequest>
export type AccessEvaluationsRequest = Static<typeof AccessEvaluationsRequest>
export type AccessEvaluation = Static<typeof AccessEvaluation>
