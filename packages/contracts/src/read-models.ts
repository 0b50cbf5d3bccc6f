import { Type } from '@sinclair/typebox'
import { AUTONOMY_LEVELS, DECISION_OUTCOMES } from './decisions.ts'
import {
  METRIC_CHARS_MAX,
  POLICY_NAME_CHARS_MAX,
  POLICY_VERSION_CHARS_MAX,
  READ_PAGE_DEFAULT,
  READ_PAGE_MAX,
} from './limits.ts'
import {
  ActionName,
  anyObject,
  closed,
  Digest,
  DomainName,
  EXTERNAL_ID,
  name,
  nullable,
  oneOf,
  Position,
  Stream,
  Subject,
  Time,
  Uuid,
} from './scalars.ts'

/** Pages of read models: newest first, by an opaque cursor. */
export const PAGING = {
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
}

const PolicyName = Type.String({ minLength: 1, maxLength: POLICY_NAME_CHARS_MAX })
const PolicyVersion = Type.String({ minLength: 1, maxLength: POLICY_VERSION_CHARS_MAX })
const Variant = Type.String({ minLength: 1, maxLength: 64 })
const Metric = Type.String({ minLength: 1, maxLength: METRIC_CHARS_MAX })
const Count = Type.Integer({ minimum: 0 })
const Counts = Type.Record(Type.String(), Count)
const When = closed({ at: Time, by: Type.String({ description: 'Id of the actor.' }) })
/** How far the read model had folded the ledger when it was read; also in `Writ-Position`. */
const FoldedTo = Type.Integer({ minimum: 0, description: 'The read model had folded up to here.' })
const Next = Type.Optional(
  Type.String({ description: 'Give it back as `after` for the next page.' }),
)

export const DecisionQuery = closed({
  domain: Type.Optional(DomainName),
  action: Type.Optional(ActionName),
  outcome: Type.Optional(oneOf(DECISION_OUTCOMES)),
  level: Type.Optional(oneOf(AUTONOMY_LEVELS)),
  subject: Type.Optional(
    Type.Unsafe<string>({ ...Stream, description: 'Whom or what it was about, `type:id`.' }),
  ),
  policy: Type.Optional(PolicyName),
  policyVersion: Type.Optional(PolicyVersion),
  variant: Type.Optional(Variant),
  from: Type.Optional(Time),
  until: Type.Optional(Time),
  ...PAGING,
})

export const DecisionList = closed(
  {
    position: FoldedTo,
    items: Type.Array(
      closed(
        {
          id: Uuid,
          position: Position,
          domain: DomainName,
          action: ActionName,
          subject: Subject,
          mode: Type.String(),
          outcome: oneOf(DECISION_OUTCOMES),
          autonomyLevel: oneOf(AUTONOMY_LEVELS),
          neededLevel: nullable(oneOf(AUTONOMY_LEVELS)),
          codes: Type.Array(Type.String()),
          effectiveAt: nullable(Time),
          vetoUntil: nullable(Time),
          policy: nullable(
            closed({
              name: PolicyName,
              version: PolicyVersion,
              variant: nullable(Variant),
              digest: Digest,
            }),
          ),
          decidedAt: Time,
          recordedAt: Time,
          vetoed: Type.Optional(When),
          overridden: Type.Optional(When),
        },
        { title: 'ListedDecision' },
      ),
    ),
    next: Next,
  },
  { title: 'DecisionList', description: 'Decisions, the newest first.' },
)

export const OutcomeClocks = closed({
  asOf: Type.Optional(
    Type.Unsafe<string>({
      ...Time,
      description: 'What had happened by then. Default: everything.',
    }),
  ),
  knownAt: Type.Optional(
    Type.Unsafe<string>({
      ...Time,
      description: 'What was recorded by then. Default: everything.',
    }),
  ),
})

const OutcomeVersion = closed(
  {
    id: Uuid,
    decisionId: Uuid,
    metric: Metric,
    revision: Type.Integer({ minimum: 1 }),
    values: anyObject(),
    retracted: Type.Boolean(),
    occurredAt: Time,
    recordedAt: Time,
    position: Position,
  },
  { title: 'OutcomeVersion', description: 'One version of an outcome, with both clocks.' },
)

export const OutcomeHistory = closed(
  {
    position: FoldedTo,
    decisionId: Uuid,
    effective: Type.Array(OutcomeVersion, { description: 'The one that counted, of each metric.' }),
    history: Type.Array(OutcomeVersion, { description: 'What was known, by arrival.' }),
  },
  {
    title: 'OutcomeHistory',
    description: 'What came of a decision, as of a time, as known at a time.',
  },
)

export const VariantPath = closed({ policy: PolicyName })
export const VariantQuery = closed({
  asOf: Type.Optional(Time),
  policyVersion: Type.Optional(PolicyVersion),
  metric: Type.Optional(Metric),
  decisionOutcome: Type.Optional(oneOf(DECISION_OUTCOMES)),
})

export const VariantStatistics = closed(
  {
    position: FoldedTo,
    asOf: Time,
    items: Type.Array(
      closed({
        policyVersion: PolicyVersion,
        metric: Metric,
        variant: nullable(Variant),
        successes: Count,
        failures: Count,
        pending: Count,
        excluded: Count,
        matured: closed({ successes: Count, failures: Count }),
        alpha: Type.Integer({ minimum: 1 }),
        beta: Type.Integer({ minimum: 1 }),
      }),
    ),
  },
  {
    title: 'VariantStatistics',
    description: 'What came of each variant; alpha and beta are derived from the counts.',
  },
)

export const EntityPath = closed({
  type: name('What kind of thing or person it is.', 'customer'),
  id: Type.String({ pattern: `^${EXTERNAL_ID}$`, description: "The caller's own id of it." }),
})
export const FeaturesQuery = closed({ asOf: Type.Optional(Time) })
export const Features = closed(
  {
    position: FoldedTo,
    entity: Subject,
    asOf: Time,
    windows: Type.Array(
      closed({
        days: Type.Integer({ minimum: 1 }),
        from: Type.String(),
        to: Type.String(),
        decisions: Count,
        byOutcome: Counts,
        byLevel: Counts,
        events: Count,
        byType: Counts,
        outcomes: Count,
        byMetric: Counts,
        sums: anyObject(),
        rates: anyObject(),
      }),
    ),
  },
  { title: 'Features', description: 'Counts, sums and rates of one entity, by window of days.' },
)

export const AutonomyQuery = closed({
  from: Time,
  until: Time,
  by: Type.Optional(oneOf(['hour', 'day'])),
  domain: Type.Optional(DomainName),
  policy: Type.Optional(PolicyName),
  policyVersion: Type.Optional(PolicyVersion),
})
export const Autonomy = closed(
  {
    position: FoldedTo,
    by: oneOf(['hour', 'day']),
    items: Type.Array(
      closed({
        start: Time,
        domain: DomainName,
        policy: nullable(Type.String()),
        decisions: Count,
        byLevel: Counts,
        byOutcome: Counts,
      }),
    ),
  },
  { title: 'Autonomy', description: 'How decisions spread over levels and outcomes, in time.' },
)

export const ActivationPath = closed({ domain: DomainName })
export const ActivationQuery = closed({
  at: Type.Optional(Time),
  knownAt: Type.Optional(Time),
  ...PAGING,
})
export const Activations = closed(
  {
    position: FoldedTo,
    items: Type.Array(
      closed({
        domain: DomainName,
        name: nullable(PolicyName),
        version: nullable(PolicyVersion),
        digest: nullable(Digest),
        activated: When,
        approvedBy: Type.Array(Type.String()),
        from: Time,
        publishedBy: nullable(Type.String()),
        position: Position,
        until: nullable(Time),
      }),
    ),
    next: Next,
  },
  { title: 'Activations', description: 'Which policy governed a domain, and until when.' },
)

export const ControlHistoryQuery = closed({ domain: Type.Optional(DomainName), ...PAGING })
export const ControlHistory = closed(
  {
    position: FoldedTo,
    items: Type.Array(
      closed({
        type: Type.String(),
        scope: nullable(Type.String()),
        domain: nullable(Type.String()),
        action: nullable(Type.String()),
        state: nullable(Type.String()),
        reason: nullable(Type.String()),
        policy: nullable(closed({ name: PolicyName, version: PolicyVersion, digest: Digest })),
        position: Position,
        at: Time,
        by: closed({ type: Type.String(), id: Type.String() }),
      }),
    ),
    next: Next,
  },
  { title: 'ControlHistory', description: 'Every change of a control, the newest first.' },
)

export const ReviewQuery = closed({
  state: Type.Optional(oneOf(['open', 'granted', 'declined', 'expired', 'withdrawn'])),
  ...PAGING,
})
export const Reviews = closed(
  { position: FoldedTo, items: Type.Array(anyObject()), next: Next },
  { title: 'Reviews', description: 'Human work, open and closed, the newest first.' },
)
