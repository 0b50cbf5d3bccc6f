import { type Static, Type } from '@sinclair/typebox'
import { BODY_BYTES_MAX, POLICY_NAME_CHARS_MAX, POLICY_VERSION_CHARS_MAX } from './limits.ts'
import { PolicyCoverage, PolicyDiffReply, PolicyGate, PolicyProbes } from './policy-diff.ts'
import { closed, Digest, DomainName, oneOf, Position, Time } from './scalars.ts'

export const POLICY_STATUSES = [
  'draft',
  'validated',
  'approved',
  'active',
  'superseded',
  'revoked',
] as const

/** A policy as text inside JSON, for clients that send nothing else. */
export const PolicySource = closed(
  {
    source: Type.String({ minLength: 1, maxLength: BODY_BYTES_MAX, description: 'The YAML text.' }),
  },
  { title: 'PolicySource', description: 'A policy as YAML text.' },
)

/** A policy as a JSON document; its own checks give places and lines, so nothing but the name is asked here. */
export const PolicyDocument = Type.Unsafe<{ readonly policy: string }>({
  title: 'PolicyDocument',
  type: 'object',
  required: ['policy'],
  properties: { policy: { type: 'string' } },
  description: 'A policy as a JSON document.',
})

export const PolicyJson = Type.Union([PolicySource, PolicyDocument], { title: 'PolicyJson' })

export const PolicyYaml = Type.String({
  title: 'PolicyYaml',
  description: 'A policy as YAML.',
  examples: ['policy: finance-constitution\nversion: 1.1.0\n'],
})

const summary = {
  name: Type.String({ examples: ['finance-constitution'] }),
  version: Type.String({ examples: ['1.1.0'] }),
  domain: DomainName,
  digest: Digest,
  status: oneOf(POLICY_STATUSES),
  variants: Type.Array(Type.String()),
  publishedAt: Type.String({ format: 'date-time' }),
  publishedBy: Type.String(),
  position: Position,
  activateAt: Type.Optional(Time),
}

const note = Type.Optional(
  Type.String({ description: 'What else there is to know, such as what a draft lacks.' }),
)

export const PolicySummary = closed(summary, {
  title: 'PolicySummary',
  description: 'One immutable version of a policy.',
})

export const PolicyList = closed(
  {
    policies: Type.Array(
      closed({
        ...summary,
        card: Type.Optional(
          closed(
            { owner: Type.String(), riskTier: Type.String(), nextReview: Type.String() },
            { description: 'Of active versions.' },
          ),
        ),
        reviewOverdue: Type.Optional(
          Type.Boolean({ description: 'The day its card names for the next review has passed.' }),
        ),
      }),
    ),
  },
  { title: 'PolicyList', description: 'Every published version.' },
)

export const PolicyDetail = closed(
  { ...summary, document: Type.Unknown({ description: 'The document as published.' }) },
  { title: 'PolicyDetail', description: 'One version of a policy with its document.' },
)

export const PolicyActivation = closed(
  { ...summary, note },
  { title: 'PolicyActivation', description: 'Where the version stands now.' },
)

export const PolicyPublication = closed(
  { ...summary, note },
  { title: 'PolicyPublication', description: 'The version as it was published.' },
)

export const ActivationRequest = Type.Union(
  [
    closed({
      at: Type.Optional({ ...Time, description: 'When it is to take effect; absent: now.' }),
    }),
    Type.Null(),
  ],
  { title: 'ActivationRequest', description: 'When to activate.' },
)

export const PolicyReport = closed(
  {
    valid: Type.Literal(true),
    name: Type.String(),
    version: Type.String(),
    domain: DomainName,
    digest: Digest,
    actions: Type.Array(Type.String()),
    variants: Type.Array(Type.String()),
    tests: Type.Integer({ minimum: 0, description: 'Tests inside the policy; all passed.' }),
    passed: Type.Boolean({ description: 'Whether every gate before activation is passed.' }),
    gates: Type.Array(PolicyGate),
    coverage: PolicyCoverage,
    probes: PolicyProbes,
    diff: Type.Optional(PolicyDiffReply),
  },
  {
    title: 'PolicyReport',
    description:
      'A policy that loads and passes its own tests, with what every gate found; one that does not is a problem.',
  },
)

/** Loose on purpose: what is no name or version is answered by the use case, as an unknown reference. */
export const PolicyPath = closed({
  name: Type.String({ minLength: 1, maxLength: POLICY_NAME_CHARS_MAX }),
  version: Type.String({ minLength: 1, maxLength: POLICY_VERSION_CHARS_MAX }),
})

export type PolicySource = Static<typeof PolicySource>
export type PolicyJson = Static<typeof PolicyJson>
