import type { DecisionMade } from '@writ/domain'
import type { StoredEntry } from '@writ/event-log'
import type { JsonObject } from '@writ/kernel'
import { needsReview } from '../review/decision-review.ts'
import { currentEntry } from '../shared/current-entry.ts'
import type { DecisionView } from '../use-cases.ts'

/** Where a decision stands, and who it is about in the caller's own words. */
export interface ViewPlace {
  readonly id: string
  readonly request?: { readonly subject: { readonly type: string; readonly id: string } }
  /** Null for a dry run. */
  readonly log: {
    readonly ledger: string
    readonly position: number
    readonly hash: string
    readonly prev: string
  } | null
}

/**
 * A decision on the wire (DESIGN §7): a pure view of its entry, so that a repeat answers the same. The caller's own
 * subject id is echoed; the entry holds the issued one.
 */
export const decisionView = (
  { inputs, decided, engine }: DecisionMade,
  place: ViewPlace,
): DecisionView => {
  const { policy, variant } = inputs
  return {
    id: place.id,
    domain: inputs.domain,
    action: inputs.action,
    subject: { ...(place.request?.subject ?? inputs.subject) },
    mode: place.log === null ? 'dry-run' : 'live',
    outcome: decided.outcome,
    autonomyLevel: decided.autonomyLevel,
    neededLevel: decided.neededLevel,
    effectiveAt: decided.effectiveAt,
    ...(decided.vetoUntil === undefined ? {} : { vetoUntil: decided.vetoUntil }),
    codes: decided.codes,
    reasons: decided.voices
      .filter((voice) => voice.decisive === true)
      .map(({ kind, id, code, message, path }) => ({
        kind,
        id,
        code,
        message: message ?? code,
        ...(path === undefined ? {} : { path }),
      })),
    policy:
      policy === null
        ? null
        : {
            name: policy.name,
            version: policy.version,
            variant: variant?.id ?? null,
            ref: `${policy.name}@${policy.version}${variant === null ? '' : `.${variant.id}`}`,
            digest: policy.digest,
          },
    assignment:
      variant === null
        ? null
        : {
            mode: variant.mode,
            reason: variant.reason,
            propensity: variant.propensity,
            propensities: { ...variant.propensities },
            weightsVersion: variant.weightsVersion,
          },
    // An escalated or held decision is asked to people under its own id, in the same append.
    ...(needsReview(decided) && place.log !== null ? { review: { id: place.id } } : {}),
    degraded: [],
    latencyMs: engine.ms,
    log: place.log === null ? null : { ...place.log },
  } as unknown as JsonObject
}

/** The view of a stored decision; `subject` echoes the caller's own id where it is known. */
export const storedDecisionView = (
  stored: StoredEntry,
  subject?: { readonly type: string; readonly id: string },
): DecisionView => {
  const entry = currentEntry(stored)
  const { ledger, position, prev } = entry
  return decisionView(entry.data as unknown as DecisionMade, {
    id: entry.id,
    ...(subject === undefined ? {} : { request: { subject } }),
    log: { ledger, position, hash: stored.hash, prev },
  })
}
