import { Type } from '@sinclair/typebox'
import { AUTONOMY_LEVELS, DECISION_OUTCOMES } from './decisions.ts'
import { REASON_CHARS_MAX } from './limits.ts'
import { PAGING } from './read-models.ts'
import { closed, Digest, DomainName, nullable, oneOf, Position, Time, Uuid } from './scalars.ts'

export const SHADOW_STATUSES = ['running', 'date', 'stale', 'stopped'] as const
export const SHADOW_SEVERITIES = ['testing', 'audit'] as const
/** Most differences that one report shows. */
export const SHADOW_DIFFERENCES_MAX = 1_000

const CLASSES = [
  ...['same', 'reason-only', 'tightened', 'loosened', 'loosened-over-guardrail'],
  ...['level-up', 'level-down', 'error', 'not-replayable'],
] as const

export const ShadowPath = closed({ id: Uuid })

export const ShadowRequest = closed(
  {
    candidate: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'name@version or name@version.VARIANT of a published policy.',
      examples: ['finance-constitution@1.1.0.B'],
    }),
    until: Type.Unsafe<string>({ ...Time, description: 'When it ends; at most 90 days ahead.' }),
    severity: Type.Optional(oneOf(SHADOW_SEVERITIES, { description: 'Default: testing.' })),
    domain: Type.Optional(DomainName),
  },
  {
    title: 'ShadowRequest',
    description: 'A candidate that is to judge live decisions beside the policy that makes them.',
    examples: [
      {
        candidate: 'finance-constitution@1.1.0.B',
        until: '2026-03-08T12:00:00Z',
        severity: 'testing',
      },
    ],
  },
)

export const ShadowStop = closed(
  { reason: Type.String({ minLength: 1, maxLength: REASON_CHARS_MAX }) },
  { title: 'ShadowStop', description: 'Why the run is stopped. No personal data.' },
)

export const ShadowQuery = closed({
  state: Type.Optional(oneOf(SHADOW_STATUSES)),
  domain: Type.Optional(DomainName),
  ...PAGING,
})

export const ShadowReportQuery = closed({
  differences: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: SHADOW_DIFFERENCES_MAX,
      description: 'Most differences to show, the newest first. Default 50.',
    }),
  ),
})

const pinned = { name: Type.String(), version: Type.String(), digest: Digest }
const Candidate = closed({ ...pinned, variant: nullable(Type.String()) })
const Count = Type.Integer({ minimum: 0 })
const because = oneOf(['date', 'stale', 'stopped'])

const run = {
  id: Uuid,
  status: oneOf(SHADOW_STATUSES, { description: 'running, or why it ended.' }),
  domain: DomainName,
  candidate: Candidate,
  live: closed(pinned, { description: 'What decides; when another version does, the run ends.' }),
  from: Type.Integer({ minimum: 0, description: 'Decisions after this position are judged.' }),
  until: Time,
  severity: oneOf(SHADOW_SEVERITIES),
}

const end = {
  because,
  at: Type.Integer({ minimum: 0, description: 'Head of the ledger when it ended.' }),
  liveDigest: nullable(Digest),
  reason: nullable(Type.String()),
}

export const ShadowRun = closed(
  { ...run, startedBy: Type.String(), ended: nullable(closed(end)) },
  { title: 'ShadowRun', description: 'A run as its own stream tells it.' },
)

const listed = {
  ...run,
  started: closed({ at: Time, by: Type.String() }),
  evaluated: Type.Integer({ minimum: 0, description: 'Decisions judged.' }),
  classes: Type.Record(Type.String(), Count),
  ended: nullable(closed({ ...end, time: Time, by: Type.String() })),
}
const FoldedTo = Type.Integer({ minimum: 0, description: 'The read model had folded up to here.' })

export const Shadows = closed(
  {
    position: FoldedTo,
    items: Type.Array(closed({ ...listed, position: Position }, { title: 'ListedShadow' })),
    next: Type.Optional(Type.String()),
  },
  { title: 'Shadows', description: 'Shadow runs, those started last first.' },
)

const verdict = { outcome: oneOf(DECISION_OUTCOMES), autonomyLevel: oneOf(AUTONOMY_LEVELS) }
const Share = Type.Number({ minimum: 0, maximum: 1 })
const { classes: _, ...counted } = listed

export const ShadowReport = closed(
  {
    position: FoldedTo,
    ...counted,
    shares: Type.Array(
      closed({
        class: oneOf(CLASSES),
        decisions: Count,
        share: Share,
        low: Share,
        high: Share,
      }),
      { description: 'Every class of change, with the ends of its 95 % Wilson interval.' },
    ),
    matrix: Type.Array(
      closed({ live: closed(verdict), verdict: closed(verdict), decisions: Count }),
      { description: 'What was decided against what the candidate says.' },
    ),
    errors: Type.Array(closed({ kind: Type.String(), code: Type.String(), decisions: Count })),
    first: nullable(Position),
    last: nullable(Position),
    differences: Type.Array(
      closed({
        decision: Uuid,
        href: Type.String({ description: 'Where the decision is read.' }),
        position: Position,
        class: oneOf(CLASSES),
        live: closed(verdict),
        verdict: nullable(
          closed({
            ...verdict,
            neededLevel: nullable(oneOf(AUTONOMY_LEVELS)),
            codes: Type.Array(Type.String()),
          }),
        ),
        error: nullable(closed({ kind: Type.String(), code: Type.String() })),
        changed: Type.Array(Type.String(), { description: 'Conditions, as `kind id`.' }),
      }),
      { description: 'Judgements that differ, of the newest decisions first.' },
    ),
  },
  { title: 'ShadowReport', description: 'What a candidate made of live decisions so far.' },
)
