import { type Static, Type } from '@sinclair/typebox'
import {
  ActionName,
  anyObject,
  CorrelationId,
  closed,
  Digest,
  DomainName,
  Hash,
  Ledger,
  nullable,
  oneOf,
  Position,
  ReasonCode,
  Subject,
  Time,
  Uuid,
} from './scalars.ts'

export const AUTONOMY_LEVELS = ['AL0', 'AL1', 'AL2', 'AL3'] as const
export const DECISION_OUTCOMES = ['approved', 'denied', 'escalated', 'held', 'blocked'] as const
export const DECISION_MODES = ['live', 'dry-run'] as const

export const DecisionRequest = closed(
  {
    action: ActionName,
    subject: Subject,
    request: anyObject({
      description:
        "What is asked, in the shape that the policy's action demands. Nothing is coerced.",
    }),
    correlationId: Type.Optional(CorrelationId),
    mode: Type.Optional(
      oneOf(DECISION_MODES, { description: 'A dry run answers without writing. Default live.' }),
    ),
  },
  {
    title: 'DecisionRequest',
    description: 'May this be done?',
    examples: [
      {
        action: 'discount',
        subject: { type: 'customer', id: 'c-42' },
        request: { discount: 0.08, margin: 0.31 },
      },
    ],
  },
)

export const DecisionReason = Type.Object(
  {
    kind: Type.String({ examples: ['rule'] }),
    id: Type.String({ examples: ['within-band'] }),
    code: ReasonCode,
    message: Type.String(),
  },
  { title: 'DecisionReason', additionalProperties: true, description: 'One voice that mattered.' },
)

export const DecisionPolicy = closed(
  {
    name: Type.String(),
    version: Type.String(),
    variant: nullable(Type.String()),
    ref: Type.String({ examples: ['finance-constitution@1.1.0.B'] }),
    digest: Digest,
  },
  { title: 'DecisionPolicy', description: 'The policy version and variant that judged.' },
)

const Share = Type.Number({ minimum: 0, maximum: 1 })

export const DecisionAssignment = Type.Object(
  {
    mode: Type.String({ examples: ['bandit'] }),
    reason: Type.String({ examples: ['weights'] }),
    propensity: Share,
    propensities: Type.Record(Type.String(), Share),
    weightsVersion: nullable(Type.Integer({ minimum: 0 })),
  },
  {
    title: 'DecisionAssignment',
    additionalProperties: true,
    description: 'How the variant was chosen.',
  },
)

export const DecisionLog = closed(
  { ledger: Ledger, position: Position, hash: Hash, prev: Hash },
  {
    title: 'DecisionLog',
    description: 'Where the decision stands in the log. Null for a dry run.',
  },
)

/** The answer of DESIGN §7. Open at the top: later releases may add fields, never change one. */
export const Decision = Type.Object(
  {
    id: Uuid,
    domain: DomainName,
    action: ActionName,
    subject: Subject,
    mode: oneOf(DECISION_MODES),
    outcome: oneOf(DECISION_OUTCOMES),
    autonomyLevel: oneOf(AUTONOMY_LEVELS, {
      description: 'Level the system acted at: AL0 whenever it did not approve by itself.',
    }),
    neededLevel: nullable(oneOf(AUTONOMY_LEVELS, { description: 'Lowest band that matched.' })),
    effectiveAt: nullable(Time),
    vetoUntil: Type.Optional(Time),
    codes: Type.Array(ReasonCode, { description: 'Codes of all decisive voices, sorted.' }),
    reasons: Type.Array(DecisionReason),
    policy: nullable(DecisionPolicy),
    assignment: nullable(DecisionAssignment),
    review: Type.Optional(
      closed(
        {
          id: Uuid,
          status: Type.Optional(
            oneOf(['open', 'granted', 'declined', 'expired', 'withdrawn'], {
              description: 'Only where the decision is read later.',
            }),
          ),
        },
        { description: 'What people are asked about an escalated or held decision.' },
      ),
    ),
    degraded: Type.Array(Type.String(), { description: 'Inputs that were missing or late.' }),
    latencyMs: Type.Number({ minimum: 0, description: 'Recorded time of the decision itself.' }),
    log: nullable(DecisionLog),
  },
  {
    title: 'Decision',
    additionalProperties: true,
    description: 'The recorded answer: a pure view of its log entry, so a repeat answers the same.',
  },
)

export const DomainPath = closed({ domain: DomainName })
export const DecisionPath = closed({ id: Uuid })

export type DecisionRequest = Static<typeof DecisionRequest>
export type Decision = Static<typeof Decision>
