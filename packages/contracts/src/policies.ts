import { type Static, Type } from '@sinclair/typebox'
import { BODY_BYTES_MAX, POLICY_NAME_CHARS_MAX, POLICY_VERSION_CHARS_MAX } from './limits.ts'
import { closed, Digest, DomainName, oneOf, Position } from './scalars.ts'

export const POLICY_STATUSES = ['published', 'active', 'superseded'] as const

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
}

export const PolicySummary = closed(summary, {
  title: 'PolicySummary',
  description: 'One immutable version of a policy.',
})

export const PolicyList = closed(
  { policies: Type.Array(PolicySummary) },
  { title: 'PolicyList', description: 'Every published version.' },
)

export const PolicyDetail = closed(
  { ...summary, document: Type.Unknown({ description: 'The document as published.' }) },
  { title: 'PolicyDetail', description: 'One version of a policy with its document.' },
)

export const PolicyActivation = closed(
  {
    ...summary,
    note: Type.Optional(
      Type.String({ description: 'What the activation means for running decisions.' }),
    ),
  },
  { title: 'PolicyActivation', description: 'The version that is active now.' },
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
  },
  {
    title: 'PolicyReport',
    description: 'A policy that passes its checks. One that fails is a problem.',
  },
)

/** Loose on purpose: what is no name or version is answered by the use case, as an unknown reference. */
export const PolicyPath = closed({
  name: Type.String({ minLength: 1, maxLength: POLICY_NAME_CHARS_MAX }),
  version: Type.String({ minLength: 1, maxLength: POLICY_VERSION_CHARS_MAX }),
})

export type PolicySource = Static<typeof PolicySource>
export type PolicyJson = Static<typeof PolicyJson>
