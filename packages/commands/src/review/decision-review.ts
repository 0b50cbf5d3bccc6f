import type { DecisionMade, ReviewStage } from '@writ/domain'
import type { NewEvent } from '@writ/event-log'
import { canonicalJson, type JsonObject, type JsonValue, sha256Hex } from '@writ/kernel'
import { type Decided, isoDurationMs, type LoadedPolicy } from '@writ/policy-engine'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { reviewOpened } from './review-question.ts'

/** Who is asked where the policy names nobody: without a policy, or by a rule without a path. */
const ANYBODY: readonly ReviewStage[] = [
  { roles: ['reviewer'], quorum: 1, withinMs: 3 * 24 * 3_600_000 },
]

/** Does this decision wait for people? */
export const needsReview = ({ outcome }: Decided): boolean =>
  outcome === 'escalated' || outcome === 'held'

/**
 * The question that an escalated or held decision puts to people. It goes into the log in the same append, so there is
 * no such decision without one, and it has the decision's id (ADR-0011).
 */
export const decisionReview = (
  deps: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  {
    made,
    event,
    policy,
  }: {
    readonly made: DecisionMade
    readonly event: NewEvent
    readonly policy: LoadedPolicy | null
  },
): NewEvent => {
  const { inputs, decided } = made
  const escalation = policy?.document.escalation
  const path = pathOf(decided, policy, inputs.action)
  const stages = path === undefined ? undefined : escalation?.paths[path]
  return reviewOpened(deps, context, {
    kind: 'decision',
    id: event.id,
    at: inputs.at,
    causationId: event.id,
    about: {
      decisionId: event.id,
      // What the entry says, personal values by their commitments: what is approved is this and nothing else.
      content: contentDigest(event),
      outcome: decided.outcome,
      proposed: 'approved',
      policy: inputs.policy?.digest ?? null,
      subject: { ...inputs.subject },
    },
    domain: inputs.domain,
    action: inputs.action,
    subject: inputs.subject,
    decisionId: event.id,
    path: stages === undefined ? null : (path ?? null),
    stages:
      stages?.map(({ roles, quorum = 1, within }) => ({
        roles,
        quorum,
        withinMs: isoDurationMs(within) ?? 0,
      })) ?? ANYBODY,
    // Who asks does not answer, unless the policy says in so many words that nobody is left out.
    exclude: (escalation?.exclude ?? ['requester']).includes('requester')
      ? [context.caller.actor.id]
      : [],
    onTimeout: escalation?.onTimeout ?? 'deny',
  })
}

/** The first decisive voice that names a path; else the path of the rules' default. */
const pathOf = (
  { voices }: Decided,
  policy: LoadedPolicy | null,
  action: string,
): string | undefined =>
  voices.find(({ decisive, path }) => decisive === true && path !== undefined)?.path ??
  policy?.document.actions[action]?.rules.default.path

const contentDigest = ({ data, commitments }: NewEvent): string =>
  `sha256:${sha256Hex(
    canonicalJson({ data, commitments: commitments ?? {} } as unknown as JsonObject as JsonValue),
  )}`
