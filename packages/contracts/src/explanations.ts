import { type Static, Type } from '@sinclair/typebox'
import { AUTONOMY_LEVELS, DECISION_OUTCOMES } from './decisions.ts'
import { closed, Digest, nullable, oneOf, Uuid } from './scalars.ts'

/** Who reads: the person it is about, who runs the system, or who examines it. */
export const AUDIENCES = ['subject', 'operator', 'auditor'] as const

export const ExplanationQuery = closed({
  audience: Type.Optional(
    oneOf(AUDIENCES, {
      description:
        'subject: no clauses of sensitive rules. operator (default): personal values masked. auditor: needs log:audit.',
    }),
  ),
})

const Level = oneOf(AUTONOMY_LEVELS)
const Outcome = oneOf(DECISION_OUTCOMES)
const ReasonCode = Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', examples: ['OUTSIDE_BAND'] })
const Pointer = Type.String({
  description: 'JSON Pointer into the request.',
  examples: ['/discount'],
})
const Fields = Type.Array(Pointer, { description: 'Fields of the request that it reads.' })
const Sensitive = Type.Optional(
  Type.Literal(true, { description: 'Marked sensitive: subjects see no clauses of it.' }),
)
const Verdict = Type.Union([Type.Boolean(), Type.Literal('error')], {
  description: 'An error is never false: it is a voice for caution.',
})
const Value = (description: string) => Type.Unknown({ description })

export const ExplainedAtom = closed(
  {
    source: Type.String({ examples: ['request.discount <= params.maxDiscount'] }),
    value: Verdict,
    left: Type.Optional(Value('Left side, as far as the audience may see it.')),
    right: Type.Optional(Value('Right side, as far as the audience may see it.')),
    fields: Fields,
    actionable: Type.Boolean({
      description: 'Whether it reads a field that the asker may change.',
    }),
  },
  { title: 'ExplainedAtom', description: 'One clause of a condition, with both sides.' },
)

const Atoms = Type.Optional(Type.Array(ExplainedAtom))

export const ExplainedCondition = closed(
  {
    id: Type.String({ examples: ['within-band'] }),
    value: Verdict,
    fields: Fields,
    sensitive: Sensitive,
    when: Type.Optional(Type.String()),
    atoms: Atoms,
    error: Type.Optional(Type.String({ description: 'Why it has no value; holds no input.' })),
  },
  { title: 'ExplainedCondition', description: 'One condition of the policy, clause by clause.' },
)

const Conditions = Type.Array(ExplainedCondition)

export const ExplainedVoice = closed(
  {
    kind: Type.String({ examples: ['rule'] }),
    id: Type.String({ examples: ['outside-band'] }),
    says: oneOf(['approve', 'escalate', 'hold', 'deny', 'halt']),
    code: ReasonCode,
    message: Type.Optional(Type.String()),
    path: Type.Optional(Type.String()),
    decisive: Type.Optional(Type.Literal(true)),
  },
  {
    title: 'ExplainedVoice',
    description: 'A part of the decision that spoke; the strictest wins.',
  },
)

export const ExplainedCeiling = closed(
  { source: Type.String({ examples: ['policy'] }), level: Level, binding: Type.Boolean() },
  { title: 'ExplainedCeiling', description: 'A cap of the level and where it came from.' },
)

export const ExplainedPolicy = closed(
  {
    name: Type.String(),
    version: Type.String(),
    variant: nullable(Type.String()),
    ref: Type.String({ examples: ['finance-constitution@1.1.0.B'] }),
    digest: Digest,
    params: Type.Record(Type.String(), Type.Unknown(), {
      description: 'In force, the overlay of the variant included.',
    }),
    overlay: Type.Record(
      Type.String(),
      closed({ base: Value('Of the file.'), value: Value('Of the variant.') }),
      { description: 'What the variant changed.' },
    ),
  },
  { title: 'ExplainedPolicy' },
)

export const NearMiss = closed(
  { id: Type.String(), sensitive: Sensitive, fields: Fields, atoms: Atoms },
  { title: 'NearMiss', description: 'A rule or band, with the clauses that failed.' },
)

export const Obstacle = closed(
  {
    kind: Type.String(),
    id: Type.String(),
    code: ReasonCode,
    message: Type.String(),
    sensitive: Sensitive,
    fields: Fields,
    atoms: Atoms,
  },
  {
    title: 'Obstacle',
    description: 'A voice against the better outcome, with the clauses behind it.',
  },
)

const Beyond = closed(
  {
    kind: oneOf(['ceiling', 'evidence', 'feature', 'voice', 'variant', 'field', 'policy']),
    id: Type.String(),
    message: Type.String(),
  },
  { title: 'BeyondTheRequest', description: 'What no change of the request would move.' },
)

export const WhyNot = closed(
  {
    target: Outcome,
    levelMax: Type.Optional(Level),
    against: Type.Array(Obstacle),
    rules: Type.Array(NearMiss, {
      description: 'Rules that would have approved, the nearest first.',
    }),
    bands: Type.Array(NearMiss, { description: 'Bands that could have carried it, lowest first.' }),
    beyond: Type.Array(Beyond),
  },
  { title: 'WhyNot', description: 'What stands between this outcome and the next better one.' },
)

export const Counterfactual = closed(
  {
    target: Outcome,
    level: Level,
    changes: Type.Array(
      closed({
        field: Pointer,
        from: Type.Optional(Value('Left out where the field is absent.')),
        to: Type.Optional(Value('Left out where the field is to be absent.')),
        relation: oneOf(['<=', '>=', '==', 'absent']),
      }),
      { minItems: 1, maxItems: 3 },
    ),
    verified: Type.Literal(true, { description: 'The whole decision was re-run with it.' }),
  },
  { title: 'Counterfactual', description: 'A smallest change that leads to another outcome.' },
)

export const DecisionExplanation = closed(
  {
    decision: Uuid,
    audience: oneOf(AUDIENCES),
    replayable: Type.Boolean({ description: 'False where personal inputs were erased.' }),
    replay: closed({
      verdict: oneOf(['same', 'different', 'engine-changed', 'not-replayable']),
      reason: Type.Optional(Type.String()),
    }),
    outcome: Outcome,
    autonomyLevel: Level,
    neededLevel: nullable(Level),
    codes: Type.Array(ReasonCode),
    ceilings: Type.Array(ExplainedCeiling),
    policy: nullable(ExplainedPolicy),
    voices: Type.Array(ExplainedVoice),
    trace: closed({ guardrails: Conditions, rules: Conditions, bands: Conditions }),
    errors: Type.Array(
      closed({
        kind: oneOf(['guardrail', 'rule', 'band']),
        id: Type.String(),
        reason: Type.String(),
      }),
    ),
    nearestRule: nullable(NearMiss),
    whyNot: nullable(WhyNot),
    counterfactuals: Type.Array(Counterfactual),
    search: closed({
      tried: Type.Integer({ minimum: 0, description: 'Whole decisions that were re-run.' }),
      exhausted: Type.Boolean({ description: 'A bound ended the search: there may be more.' }),
      withheld: Type.Integer({ minimum: 0, description: 'Found, but not for this audience.' }),
    }),
  },
  {
    title: 'DecisionExplanation',
    description: 'Why a decision was taken, for one audience, and what would have changed it.',
  },
)

export type DecisionExplanation = Static<typeof DecisionExplanation>
