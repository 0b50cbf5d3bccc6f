import { type Static, Type } from '@sinclair/typebox'
import { POLICY_NAME_CHARS_MAX, POLICY_VERSION_CHARS_MAX } from './limits.ts'
import { anyObject, closed, Digest, nullable, oneOf } from './scalars.ts'

const GATES = [
  ...['readable', 'shape', 'types', 'profile', 'cost', 'tests', 'engines', 'coverage'],
  ...['probes', 'card', 'diff'],
] as const

const CHANGE_CLASSES = [
  ...['same', 'reason-only', 'tightened', 'loosened', 'loosened-over-guardrail'],
  ...['level-up', 'level-down', 'error', 'not-replayable'],
] as const

const count = Type.Integer({ minimum: 0 })

/** An input with which something was shown; only the parts that conditions read are there. */
const Example = closed(
  {
    action: Type.String(),
    variant: nullable(Type.String()),
    request: anyObject(),
    at: Type.Optional(Type.String()),
    subject: Type.Optional(anyObject()),
    features: Type.Optional(anyObject()),
    evidence: Type.Optional(anyObject()),
  },
  { title: 'PolicyProbeExample' },
)

export const PolicyFinding = closed(
  {
    code: Type.String({ description: 'See docs/reference/policy-check.md.' }),
    severity: oneOf(['error', 'warning', 'note']),
    pointer: Type.String({ description: 'RFC 6901 pointer into the policy.' }),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    message: Type.String(),
    suggestion: Type.Optional(Type.String({ description: 'What may have been meant.' })),
    excerpt: Type.Optional(Type.String({ description: 'The line and, below it, a caret.' })),
    example: Type.Optional(Example),
  },
  { title: 'PolicyFinding' },
)

export const PolicyGate = closed(
  {
    gate: oneOf(GATES),
    status: oneOf(['passed', 'failed', 'warned', 'skipped']),
    findings: Type.Array(PolicyFinding),
    note: Type.Optional(Type.String({ description: 'Why it was skipped, or how far it looked.' })),
  },
  { title: 'PolicyGate' },
)

const share = closed({ total: count, covered: count })

export const PolicyCoverage = closed(
  {
    tests: closed({ total: count, failed: count }),
    guardrails: share,
    rules: share,
    bands: share,
  },
  { title: 'PolicyCoverage', description: 'What the golden tests fire, leave and reach.' },
)

export const PolicyProbes = closed(
  {
    total: count,
    comparedByEngines: count,
    actions: Type.Array(
      closed({
        action: Type.String(),
        probes: count,
        sampled: Type.Boolean({ description: 'Not every combination was tried.' }),
        variants: Type.Array(nullable(Type.String())),
        fields: Type.Array(closed({ pointer: Type.String(), values: count, clamped: count })),
        conditions: Type.Array(
          closed({
            kind: oneOf(['guardrail', 'rule', 'band']),
            id: Type.String(),
            fired: count,
            not: count,
            error: count,
          }),
        ),
        outcomes: Type.Record(Type.String(), count),
        levels: Type.Record(Type.String(), count),
      }),
    ),
  },
  { title: 'PolicyProbes', description: 'What boundary values of the request showed.' },
)

const versionName = closed({ name: Type.String(), version: Type.String(), digest: Digest })

const decided = nullable(
  closed({ outcome: Type.String(), level: Type.String(), codes: Type.Array(Type.String()) }),
)

const text = nullable(Type.String())

export const PolicyDiffReply = closed(
  {
    before: versionName,
    after: versionName,
    structural: Type.Array(
      closed({
        change: oneOf(['added', 'removed', 'changed']),
        kind: Type.String({ examples: ['guardrail', 'param'] }),
        id: Type.String(),
        pointer: Type.String(),
        properties: Type.Array(closed({ name: Type.String(), before: text, after: text })),
        atoms: Type.Optional(
          closed({ added: Type.Array(Type.String()), removed: Type.Array(Type.String()) }),
        ),
      }),
    ),
    semantic: closed({
      compared: count,
      sampled: Type.Boolean(),
      changes: Type.Array(
        closed({
          changeClass: oneOf(CHANGE_CLASSES),
          count,
          examples: Type.Array(closed({ input: Example, before: decided, after: decided })),
        }),
      ),
    }),
    loosening: Type.Array(closed({ pointer: Type.String(), what: Type.String() }), {
      description: 'Why two people must approve the step; empty where one suffices.',
    }),
  },
  {
    title: 'PolicyDiff',
    description: 'What differs between two versions, in text and in decisions on boundary values.',
  },
)

export const PolicyDiffPath = closed({
  name: Type.String({ minLength: 1, maxLength: POLICY_NAME_CHARS_MAX }),
  version: Type.String({ minLength: 1, maxLength: POLICY_VERSION_CHARS_MAX }),
  other: Type.String({ minLength: 1, maxLength: POLICY_VERSION_CHARS_MAX }),
})

export type PolicyDiffReply = Static<typeof PolicyDiffReply>
